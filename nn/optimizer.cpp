// Optimisers: groups, and state by number.
#include <xtape/nn/optimizer.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/optimizer_impl.hpp>

#include <fmt/format.h>

#include <set>

namespace xtape::nn {

template <Real T>
std::vector<BasicParamGroup<T>> decay_groups(const std::vector<BasicTensor<T>>& parameters,
                                             double weight_decay) {
  BasicParamGroup<T> decayed{{}, weight_decay}, others{{}, 0.0};
  for (const auto& x : parameters) (x.dimension() >= 2 ? decayed : others).parameters.push_back(x);
  return {std::move(decayed), std::move(others)};
}

template <Real T>
BasicOptimizer<T>::BasicOptimizer(const char* name, std::vector<BasicParamGroup<T>> groups, Here at)
    : groups_(std::move(groups)) {
  std::set<const Storage*> seen;
  for (std::size_t g = 0; g < groups_.size(); ++g)
    for (const auto& x : groups_[g].parameters) {
      if (!x.node() || !x.node()->is_leaf())
        raise<GraphError>(
            fmt::format("{}: the parameter {} was {}; give leaves, on which requires_grad_() was called",
                        name, to_string(x.shape()),
                        x.node() ? fmt::format("made by {}", x.node()->op) : "a constant"),
            at);
      if (seen.insert(x.storage().get()).second) slots_.push_back({x, g});
    }
}

template <Real T>
void BasicOptimizer<T>::zero_grad() {
  for (const auto& slot : slots_) slot.parameter.zero_grad();
}

template <Real T>
std::vector<BasicTensor<T>> BasicOptimizer<T>::zeros_for_parameters() const {
  std::vector<BasicTensor<T>> tensors;
  for (const auto& slot : slots_) tensors.push_back(zeros_like(slot.parameter));
  return tensors;
}

template <Real T>
void add_numbered(StateDict& state, const std::string& name, const std::vector<BasicTensor<T>>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) state.add(fmt::format("{}.{}", name, i), tensors[i]);
}

template <Real T>
std::vector<BasicTensor<T>> numbered(const StateDict& state, const std::string& name,
                                     const std::vector<BasicTensor<T>>& like, Here at) {
  std::vector<BasicTensor<T>> tensors;
  for (std::size_t i = 0; i < like.size(); ++i) {
    const auto numbered_name = fmt::format("{}.{}", name, i);
    const AnyArray* found = state.find(numbered_name);
    if (!found || shape_of(*found) != like[i].shape())
      raise<ValueError>(fmt::format("optimizer: {} {} for a parameter of shape {}", numbered_name,
                                    found ? "has shape " + to_string(shape_of(*found)) : "is missing",
                                    to_string(like[i].shape())),
                        at);
    tensors.push_back(as_tensor<T>(*found, numbered_name, at).clone());
  }
  return tensors;
}

template std::vector<BasicParamGroup<float>> decay_groups(const std::vector<Tensor>&, double);
template std::vector<BasicParamGroup<double>> decay_groups(const std::vector<Tensor64>&, double);
template class BasicOptimizer<float>;
template class BasicOptimizer<double>;
template void add_numbered(StateDict&, const std::string&, const std::vector<Tensor>&);
template void add_numbered(StateDict&, const std::string&, const std::vector<Tensor64>&);
template std::vector<Tensor> numbered(const StateDict&, const std::string&, const std::vector<Tensor>&, Here);
template std::vector<Tensor64> numbered(const StateDict&, const std::string&, const std::vector<Tensor64>&,
                                        Here);

}  // namespace xtape::nn
