// What leaves and watched results carry beside their node.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct Node::Extras {
  AnyTensor grad;        // of a leaf, or of a result that retain_grad() asked for
  bool retains = false;  // retain_grad() was called
  std::vector<std::pair<std::uint64_t, std::function<AnyTensor(const AnyTensor&)>>> hooks;
  std::uint64_t next_hook = 0;
};

}  // namespace xtape
