// checkpoint: a function whose inner values are computed again for its gradient instead of being kept.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <tuple>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// What checkpoint() runs: a callable of N tensors that returns one, and the place of the call.
template <Real T, std::size_t N>
class Checkpointed {
 public:
  template <class F>
    requires requires(F& f, const std::array<BasicTensor<T>, N>& x) {
      { std::apply(f, x) } -> std::convertible_to<BasicTensor<T>>;
    }
  Checkpointed(F f, Here at = Here::now())
      : run_([f = std::move(f)](const std::vector<AnyTensor>& inputs) mutable -> AnyTensor {
          std::array<BasicTensor<T>, N> x;
          for (std::size_t i = 0; i < N; ++i) x[i] = BasicTensor<T>(inputs[i]);
          return BasicTensor<T>(std::apply(f, x));
        }),
        at_(at) {}

  const std::function<AnyTensor(const std::vector<AnyTensor>&)>& run() const { return run_; }
  Here at() const { return at_; }

 private:
  std::function<AnyTensor(const std::vector<AnyTensor>&)> run_;
  Here at_;
};

namespace detail {
AnyTensor checkpoint(const std::function<AnyTensor(const std::vector<AnyTensor>&)>& f,
                     std::vector<AnyTensor> inputs, Here at);
}

/// f(x...), of which only the inputs are kept: the backward pass runs f again to get what its gradients
/// read. Less memory for about a third more time. Gradients reach whatever f reads, inputs and tensors that
/// it captured alike, by backward() and by grad(), to any order; random numbers are the same in both runs.
/// f is copied and must do the same each time it is called; what it refers to must live until the backward
/// pass. Where nothing is recorded this is a plain call of f. Throws GraphError from the backward pass where
/// a value that f reads was written since, and where the second run gives another result than the first.
/// torch.utils.checkpoint.checkpoint.
template <Real T, class... X>
  requires(std::same_as<X, BasicTensor<T>> && ...)
BasicTensor<T> checkpoint(std::type_identity_t<Checkpointed<T, 1 + sizeof...(X)>> f, const BasicTensor<T>& x,
                          const X&... others) {
  return BasicTensor<T>(detail::checkpoint(f.run(), {x, others...}, f.at()));
}

}  // namespace xtape
