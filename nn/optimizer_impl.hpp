// The state of optimisers: one tensor for each parameter, under numbered names.
#pragma once

#include <string>
#include <vector>

#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// Adds "name.0", "name.1", ...
template <Real T>
void add_numbered(StateDict& state, const std::string& name, const std::vector<BasicTensor<T>>& tensors);

/// Copies of "name.0", "name.1", ... as T, one for each of `like` and of its shape. Throws ValueError.
template <Real T>
std::vector<BasicTensor<T>> numbered(const StateDict& state, const std::string& name,
                                     const std::vector<BasicTensor<T>>& like, Here at);

}  // namespace xtape::nn
