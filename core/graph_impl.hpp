// Reading the record without walking it.
#pragma once

#include <cstdint>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::detail {

/// The sequence number that the next node gets.
std::uint64_t next_sequence();

/// Every node that y's record reaches, newest first.
std::vector<Ref<Node>> reachable_nodes(const AnyTensor& y);

/// What the ops recorded since `first` read from before: the nodes older than `first` that y's record
/// reaches without passing through another such node, and leaves of any age. Newest first.
std::vector<Ref<Node>> inputs_of_record(const AnyTensor& y, std::uint64_t first);

}  // namespace xtape::detail
