// Recording: how an op tells the tape what it made and how gradients flow back. Library ops and ops of users
// are written with the same two functions, record() and wrt().
#pragma once

#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include <xtape/core/saved.hpp>
#include <xtape/core/tensor.hpp>

namespace xtape {

/// A gradient function without its types: what a node calls.
class GradFunction {
 public:
  virtual ~GradFunction() = default;

  /// Fills gx[i] for each input i of this function with needs[i]; y has a value where reads_output().
  virtual void run(const AnyTensor& gy, const AnyTensor& y, const bool* needs, AnyTensor* gx) = 0;
  /// True where run() reads y.
  virtual bool reads_output() const = 0;
  /// Adds the gradient into destination instead, or returns false where the op has no such way.
  virtual bool add_into(const AnyTensor&, AnyTensor&) { return false; }
};

/// One or several inputs of an op and the function that gives their gradients; empty where none is needed.
class Wrt {
 public:
  Wrt() = default;
  Wrt(std::vector<Node::Input> inputs, std::size_t saved_bytes)
      : inputs_(std::move(inputs)), saved_bytes_(saved_bytes) {}

 private:
  friend AnyTensor record_any(OpName, AnyTensor, Wrt*, std::size_t);
  std::vector<Node::Input> inputs_;
  std::size_t saved_bytes_ = 0;
};

namespace detail {

template <class F, class Y>
inline constexpr bool takes_output = std::is_invocable_v<F&, const Y&, const Y&>;

template <Real T, Real Y, class F, class Into>
class OneGradient final : public GradFunction {
 public:
  OneGradient(F f, Into into) : f_(std::move(f)), into_(std::move(into)) {}

  void run(const AnyTensor& gy, const AnyTensor& y, const bool*, AnyTensor* gx) override {
    if constexpr (takes_output<F, BasicTensor<Y>>)
      *gx = BasicTensor<T>(f_(BasicTensor<Y>(gy), BasicTensor<Y>(y)));
    else
      *gx = BasicTensor<T>(f_(BasicTensor<Y>(gy)));
  }
  bool reads_output() const override { return takes_output<F, BasicTensor<Y>>; }
  bool add_into(const AnyTensor& gy, AnyTensor& destination) override {
    if constexpr (std::is_same_v<Into, std::nullptr_t>) {
      return false;
    } else {
      Buffer<T> buffer(destination.storage(), destination.shape());
      into_(BasicTensor<Y>(gy), buffer);
      return true;
    }
  }

 private:
  F f_;
  [[no_unique_address]] Into into_;
};

template <Real T, std::size_t N, class F>
class ManyGradients final : public GradFunction {
 public:
  using Needs = std::array<bool, N>;
  static constexpr bool with_output =
      std::is_invocable_v<F&, const BasicTensor<T>&, const BasicTensor<T>&, const Needs&>;

  explicit ManyGradients(F f) : f_(std::move(f)) {}

  void run(const AnyTensor& gy, const AnyTensor& y, const bool* needs, AnyTensor* gx) override {
    Needs wanted;
    std::copy_n(needs, N, wanted.begin());
    std::array<BasicTensor<T>, N> result;
    if constexpr (with_output)
      result = f_(BasicTensor<T>(gy), BasicTensor<T>(y), wanted);
    else
      result = f_(BasicTensor<T>(gy), wanted);
    for (std::size_t i = 0; i < N; ++i) gx[i] = std::move(result[i]);
  }
  bool reads_output() const override { return with_output; }

 private:
  F f_;
};

/// How many inputs one gradient function may serve.
inline constexpr std::size_t max_inputs_in_one_function = 16;

/// True where x needs a gradient and this thread records.
inline bool records(const AnyTensor& x) { return grad_enabled() && x.requires_grad(); }

}  // namespace detail

/// The gradient of a result for its input x. f(gy), or f(gy, y) where it reads the result, returns the
/// vector-Jacobian product in x's shape, made with public ops so that it has gradients of its own. What f
/// keeps of the inputs goes through saved(). Where x needs no gradient, f is dropped at once.
/// into(gy, destination), where given, adds the same gradient into a Buffer that holds what came before; it
/// runs only where gradients are not themselves recorded. Y is the result's element type where it is not x's.
template <class Y = void, Real T, class F, class Into = std::nullptr_t>
Wrt wrt(const BasicTensor<T>& x, F f, Into into = nullptr) {
  using Result = std::conditional_t<std::is_void_v<Y>, T, Y>;
  const std::size_t bytes = detail::take_saved_bytes();
  if (!detail::records(x)) return {};
  std::vector<Node::Input> inputs(1);
  inputs[0].parent = x.node();
  inputs[0].function =
      std::make_unique<detail::OneGradient<T, Result, F, Into>>(std::move(f), std::move(into));
  return Wrt(std::move(inputs), bytes);
}

/// The gradients for N inputs that share work: f(gy, needs) or f(gy, y, needs) returns an array of N tensors,
/// of which those with needs[i] are read.
template <Real T, std::size_t N, class F>
Wrt wrt(const BasicTensor<T> (&xs)[N], F f) {
  static_assert(N <= detail::max_inputs_in_one_function);
  const std::size_t bytes = detail::take_saved_bytes();
  std::vector<Node::Input> inputs(N);
  bool any = false;
  for (std::size_t i = 0; i < N; ++i)
    if (detail::records(xs[i])) {
      inputs[i].parent = xs[i].node();
      any = true;
    }
  if (!any) return {};
  inputs[0].function = std::make_unique<detail::ManyGradients<T, N, F>>(std::move(f));
  inputs[0].count = N;
  return Wrt(std::move(inputs), bytes);
}

/// Attaches a node to y where any input needs a gradient.
AnyTensor record_any(OpName op, AnyTensor y, Wrt* wrts, std::size_t count);

/// The result of an op, recorded: y's values, made by `op` at `at`, with a wrt() for each differentiable
/// input. Where none of them needs a gradient the result is a constant. Inputs of the op that carry no
/// gradient are simply not named.
template <Real T, class... W>
BasicTensor<T> record(OpName op, BasicTensor<T> y, W... wrts) {
  Wrt list[] = {std::move(wrts)..., Wrt()};
  return BasicTensor<T>(record_any(op, std::move(y), list, sizeof...(W)));
}
template <Real T, class... W>
BasicTensor<T> record(OpName op, Buffer<T> y, W... wrts) {
  return record(op, BasicTensor<T>(std::move(y)), std::move(wrts)...);
}
/// The same for an op with any number of inputs.
template <Real T>
BasicTensor<T> record(OpName op, Buffer<T> y, std::vector<Wrt> wrts) {
  return BasicTensor<T>(record_any(op, BasicTensor<T>(std::move(y)), wrts.data(), wrts.size()));
}

}  // namespace xtape
