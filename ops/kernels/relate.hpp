// Truth values from pairs, with broadcasting: comparisons of numbers, and, or and not of masks.
#pragma once

#include <span>
#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/select.hpp>

namespace xtape::kernels {

/// y = Relation{}(a, b), y contiguous of `shape`. Relation is one of the comparisons of <functional> for
/// float and double; std::bit_and<bool>, std::bit_or<bool> or std::bit_xor<bool> for bool.
template <class Relation, class E>
void relate(bool* y, Strided<E> a, Strided<E> b, std::span<const index_t> shape);

template <class Relation, class E>
void relate_naive(bool* y, Strided<E> a, Strided<E> b, std::span<const index_t> shape);

}  // namespace xtape::kernels
