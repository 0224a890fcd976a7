// checkpoint: a function whose inner values are computed again for its gradient instead of being kept.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <tuple>
#include <vector>

#include <xtape/core/call_site.hpp>
#include <xtape/core/tensor.hpp>

namespace xtape {

namespace detail {

using AnyFunction = std::function<AnyTensor(const std::vector<AnyTensor>&)>;

AnyTensor checkpoint(const AnyFunction& f, std::vector<AnyTensor> inputs, Here at);

}  // namespace detail

/// What checkpoint() runs: a callable of N tensors that returns one, and the place of the call. Modules,
/// which are not copied, are referred to.
template <Real T, std::size_t N>
class Checkpointed {
 public:
  template <class F>
    requires requires(F& f, const std::array<BasicTensor<T>, N>& x) {
      { std::apply(f, x) } -> std::convertible_to<BasicTensor<T>>;
    }
  Checkpointed(F&& f, Here at = Here::now()) : at_(at) {
    using Own = std::remove_cvref_t<F>;
    if constexpr (std::copy_constructible<Own>) {
      run_ = [f = Own(std::forward<F>(f))](const std::vector<AnyTensor>& x) mutable { return call(f, x); };
    } else {
      static_assert(std::is_lvalue_reference_v<F>, "what cannot be copied must live until the backward pass");
      run_ = [&f, at](const std::vector<AnyTensor>& x) {
        const CallSite site(at);
        return call(f, x);
      };
    }
  }

  const detail::AnyFunction& run() const { return run_; }
  Here at() const { return at_; }

 private:
  template <class F>
  static AnyTensor call(F& f, const std::vector<AnyTensor>& inputs) {
    std::array<BasicTensor<T>, N> x;
    for (std::size_t i = 0; i < N; ++i) x[i] = BasicTensor<T>(inputs[i]);
    return BasicTensor<T>(std::apply(f, x));
  }

  detail::AnyFunction run_;
  Here at_;
};

/// f(x...), of which only the inputs are kept: the backward pass runs f again to get what its gradients
/// read. Less memory for about a third more time. Gradients reach whatever f reads, inputs and tensors that
/// it captured alike, by backward() and by grad(), to any order; random numbers are the same in both runs.
/// f may be a module. It must do the same each time it is called, and what it refers to must live until the
/// backward pass. Where nothing is recorded this is a plain call of f. Throws GraphError from the backward
/// pass where a value that f reads was written since, and where the second run gives another result than the
/// first. torch.utils.checkpoint.checkpoint.
template <Real T, class... X>
  requires(std::same_as<X, BasicTensor<T>> && ...)
BasicTensor<T> checkpoint(std::type_identity_t<Checkpointed<T, 1 + sizeof...(X)>> f, const BasicTensor<T>& x,
                          const X&... others) {
  return BasicTensor<T>(detail::checkpoint(f.run(), {x, others...}, f.at()));
}

}  // namespace xtape
