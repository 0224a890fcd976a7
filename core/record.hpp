// Recording: how an op tells the tape what it made and how gradients flow back. Library ops and ops of users
// are written with the same two functions, record() and wrt().
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/core/saved.hpp>
#include <xtape/core/tensor.hpp>

namespace xtape {

/// A gradient function without its types: what a node calls.
class GradFunction : public Recycled {
 public:
  virtual ~GradFunction() = default;

  /// Fills gx[i] for each input i of this function with needs[i]; y has a value where reads_output(). Both gy
  /// and y are BasicTensors of the result's element type.
  virtual void run(const AnyTensor& gy, const AnyTensor& y, const bool* needs, AnyTensor* gx) = 0;
  /// True where run() reads y.
  virtual bool reads_output() const = 0;
  /// Adds the gradient into destination instead, or returns false where the op has no such way.
  virtual bool add_into(const AnyTensor& /*gy*/, AnyTensor& /*destination*/) { return false; }
};

/// One or several inputs of an op and the function that gives their gradients; empty where none is needed.
class Wrt {
 public:
  Wrt() = default;
  /// A function for results of this type. The first of the parents may be null, as others may, where it
  /// serves several inputs.
  Wrt(std::unique_ptr<GradFunction> function, Ref<Node> parent, std::size_t saved_bytes, DType result)
      : saved_bytes_(saved_bytes), result_(result) {
    inputs_.emplace_back(std::move(parent), std::move(function));
  }

  /// Names the next input that the function serves.
  void add(Ref<Node> parent) { inputs_.emplace_back(std::move(parent), nullptr); }

 private:
  friend void record_any(const OpName&, AnyTensor&, std::span<Wrt* const>);
  void move_into(Node& node, const AnyTensor& y);

  SmallVector<Node::Input, 1> inputs_;  // the first has the function
  std::size_t saved_bytes_ = 0;
  DType result_ = DType::float32;
};

namespace detail {

template <class F, class Y>
inline constexpr bool takes_output = std::is_invocable_v<F&, const Y&, const Y&>;

/// True where f itself adds its gradient into a buffer, too.
template <class F, Real T, Real Y>
inline constexpr bool adds_into =
    requires(F& f, const BasicTensor<Y>& gy, Buffer<T>& destination) { f.add_into(gy, destination); };

/// x, which is a BasicTensor<T>, as one.
template <Real T>
const BasicTensor<T>& typed(const AnyTensor& x) {
  return static_cast<const BasicTensor<T>&>(x);
}

template <Real T, Real Y, class F, class Into>
class OneGradient final : public GradFunction {
 public:
  template <class G, class I>
  OneGradient(G&& f, I&& into) : f_(std::forward<G>(f)), into_(std::forward<I>(into)) {}

  void run(const AnyTensor& gy, const AnyTensor& y, const bool*, AnyTensor* gx) override {
    if constexpr (takes_output<F, BasicTensor<Y>>)
      *gx = BasicTensor<T>(f_(typed<Y>(gy), typed<Y>(y)));
    else
      *gx = BasicTensor<T>(f_(typed<Y>(gy)));
  }
  bool reads_output() const override { return takes_output<F, BasicTensor<Y>>; }
  bool add_into(const AnyTensor& gy, AnyTensor& destination) override {
    if constexpr (!std::is_same_v<Into, std::nullptr_t>) {
      Buffer<T> buffer(destination.storage(), destination.shape());
      into_(typed<Y>(gy), buffer);
      return true;
    } else if constexpr (adds_into<F, T, Y>) {
      Buffer<T> buffer(destination.storage(), destination.shape());
      f_.add_into(typed<Y>(gy), buffer);
      return true;
    } else {
      return false;
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

  explicit ManyGradients(F&& f) : f_(std::move(f)) {}

  void run(const AnyTensor& gy, const AnyTensor& y, const bool* needs, AnyTensor* gx) override {
    Needs wanted;
    std::copy_n(needs, N, wanted.begin());
    std::array<BasicTensor<T>, N> result;
    if constexpr (with_output)
      result = f_(typed<T>(gy), typed<T>(y), wanted);
    else
      result = f_(typed<T>(gy), wanted);
    for (std::size_t i = 0; i < N; ++i) gx[i] = std::move(result[i]);
  }
  bool reads_output() const override { return with_output; }

 private:
  F f_;
};

/// True where x needs a gradient and this thread records.
inline bool records(const AnyTensor& x) { return grad_enabled() && x.requires_grad(); }

}  // namespace detail

/// The gradient of a result for its input x. f(gy), or f(gy, y) where it reads the result, returns the
/// vector-Jacobian product in x's shape, made with public ops so that it has gradients of its own. What f
/// keeps of the inputs goes through saved(). Where x needs no gradient, f is dropped at once.
/// into(gy, destination), where given, or f.add_into, adds the same gradient into a Buffer that holds what
/// came before; it runs only where gradients are not themselves recorded. Y is the result's element type
/// where it is not x's; record() throws GraphError where the result has another.
template <class Y = void, Real T, class F, class Into = std::nullptr_t>
Wrt wrt(const BasicTensor<T>& x, F&& f, Into&& into = nullptr) {
  using Result = std::conditional_t<std::is_void_v<Y>, T, Y>;
  const std::size_t bytes = detail::take_saved_bytes();
  if (!detail::records(x)) return {};
  using Function = detail::OneGradient<T, Result, std::decay_t<F>, std::decay_t<Into>>;
  return Wrt(std::make_unique<Function>(std::forward<F>(f), std::forward<Into>(into)), x.node(), bytes,
             dtype_of<Result>);
}

/// The gradients for N inputs that share work: f(gy, needs) or f(gy, y, needs) returns an array of N tensors,
/// of which those with needs[i] are read.
template <Real T, std::size_t N, class F>
Wrt wrt(const BasicTensor<T> (&xs)[N], F f) {
  const std::size_t bytes = detail::take_saved_bytes();
  if (std::none_of(xs, xs + N, detail::records)) return {};
  const auto parent = [](const BasicTensor<T>& x) { return detail::records(x) ? x.node() : nullptr; };
  Wrt result(std::make_unique<detail::ManyGradients<T, N, F>>(std::move(f)), parent(xs[0]), bytes,
             dtype_of<T>);
  for (std::size_t i = 1; i < N; ++i) result.add(parent(xs[i]));
  return result;
}

/// Makes y the result of op: attaches a node where any input needs a gradient.
void record_any(const OpName& op, AnyTensor& y, std::span<Wrt* const> wrts);

/// The result of an op, recorded: y's values, made by `op` at `at`, with a wrt() for each differentiable
/// input. Where none of them needs a gradient the result is a constant. Inputs of the op that carry no
/// gradient are simply not named.
template <Real T, class... W>
BasicTensor<T> record(OpName op, BasicTensor<T> y, W... wrts) {
  const std::array<Wrt*, sizeof...(W)> list = {&wrts...};
  record_any(op, y, list);
  return y;
}
template <Real T, class... W>
BasicTensor<T> record(OpName op, Buffer<T> y, W... wrts) {
  BasicTensor<T> result(std::move(y));
  const std::array<Wrt*, sizeof...(W)> list = {&wrts...};
  record_any(op, result, list);
  return result;
}
/// The same for an op with any number of inputs.
template <Real T>
BasicTensor<T> record(OpName op, Buffer<T> y, std::vector<Wrt> wrts) {
  BasicTensor<T> result(std::move(y));
  std::vector<Wrt*> list;
  for (Wrt& wrt : wrts) list.push_back(&wrt);
  record_any(op, result, list);
  return result;
}

}  // namespace xtape
