// Tensor: a value with a shape, and the node that tells how it was made.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include <xtape/core/array.hpp>
#include <xtape/core/grad_mode.hpp>
#include <xtape/core/node.hpp>

namespace xtape {

class Wrt;

/// A tensor of either element type: what the engine hands around. A default-made one is "no gradient".
class AnyTensor : public ArrayBase {
 public:
  AnyTensor() = default;
  AnyTensor(const ArrayBase& values, DType dtype) : ArrayBase(values), dtype_(dtype) {}
  AnyTensor(ArrayBase&& values, DType dtype, Ref<Node> node = nullptr)
      : ArrayBase(std::move(values)), node_(std::move(node)), dtype_(dtype) {}

  bool has_value() const { return static_cast<bool>(storage_); }
  DType dtype() const { return dtype_; }
  const Ref<Node>& node() const { return node_; }

  /// True where ops on this tensor are recorded: it is a leaf that requires a gradient, or made from one.
  bool requires_grad() const { return node_ && node_->needs_grad(); }
  /// True for tensors that no recorded op made.
  bool is_leaf() const { return !node_ || node_->is_leaf(); }
  /// The op that made it, or null for a constant or leaf.
  const char* op_name() const { return is_leaf() ? nullptr : node_->op; }

 protected:
  friend void record_any(const OpName&, AnyTensor&, std::span<Wrt* const>);
  Ref<Node> node_;
  DType dtype_ = DType::float32;
};

/// Takes a hook off again.
class HookHandle {
 public:
  HookHandle(Ref<Node> node, std::uint64_t id) : node_(std::move(node)), id_(id) {}
  /// Removes the hook; a second call does nothing.
  void remove();

 private:
  Ref<Node> node_;
  std::uint64_t id_;
};

struct BackwardOptions {
  bool retain_graph = false;  ///< keep what the walk needs, so that the graph can be walked again
};

template <Real T>
class Operand;

namespace detail {

/// What comparison operators stand for; see ops/comparison.hpp.
template <class Relation, Real T>
Mask compare(const Operand<T>& a, const Operand<T>& b);

}  // namespace detail

/// An array of T that can carry a gradient. A handle: copies share values and history, which never change
/// but through mutable_data(). Operators and functions on tensors that require a gradient record themselves;
/// backward() walks the record.
template <Real T>
class BasicTensor : public AnyTensor {
 public:
  using value_type = T;

  /// The empty array of shape (0,).
  BasicTensor() { dtype_ = dtype_of<T>; }
  /// A scalar of shape ().
  template <class V>
    requires std::is_arithmetic_v<V>
  BasicTensor(V value) : BasicTensor(scalar(static_cast<T>(value))) {}
  /// Braces of depth one to five: Tensor x = {{1, 2}, {3, 4}}. Throws ShapeError where rows differ.
  BasicTensor(Nested<T, 1> values);
  BasicTensor(Nested<T, 2> values);
  BasicTensor(Nested<T, 3> values);
  BasicTensor(Nested<T, 4> values);
  BasicTensor(Nested<T, 5> values);
  /// The values of any xtensor expression, converted to T.
  template <XExpression X>
  BasicTensor(const X& expression);
  /// A constant of these values.
  BasicTensor(const Buffer<T>& values) : AnyTensor(values, dtype_of<T>) {}
  BasicTensor(Buffer<T>&& values) : AnyTensor(std::move(values), dtype_of<T>) {}
  /// The typed face of an AnyTensor, whose dtype must be T's.
  explicit BasicTensor(const AnyTensor& any) : AnyTensor(any) {}
  explicit BasicTensor(AnyTensor&& any) : AnyTensor(std::move(any)) {}

  const T* data() const { return storage_ ? static_cast<const T*>(storage_->data()) : nullptr; }
  /// The only element. Throws ShapeError where there is not exactly one.
  T item(Here at = Here::now()) const;
  /// One element, x.at({1, -1}). Throws IndexError.
  T at(std::initializer_list<index_t> index, Here place = Here::now()) const {
    return data()[element_offset(shape_, index, place)];
  }
  /// The values as a const xtensor adaptor that owns a share of the storage; nothing is copied.
  template <class = void>
  auto array() const;

  /// Makes a constant a leaf that takes gradients, or freezes and unfreezes a leaf; all handles of the leaf
  /// follow. Returns the tensor. Throws GraphError for the result of an op. torch.Tensor.requires_grad_.
  BasicTensor& requires_grad_(bool required = true, Here at = Here::now()) &;
  BasicTensor requires_grad_(bool required = true, Here at = Here::now()) &&;

  /// Adds d(this)/d(leaf) into .grad() of every leaf that requires one. This must be a scalar, or gy gives
  /// the gradient of the final result with respect to it, in this tensor's shape. If anything throws, no
  /// leaf's gradient has changed. torch.Tensor.backward.
  void backward(BackwardOptions options = {}, Here at = Here::now()) const;
  template <std::convertible_to<BasicTensor> Gradient>
  void backward(const Gradient& gy, BackwardOptions options = {}, Here at = Here::now()) const {
    backward_from(gy, options, at);
  }

  /// The gradient that backward() left in this leaf, or in a result that retain_grad() asked for.
  /// Throws GraphError where there is none; has_grad() tells.
  BasicTensor grad(Here at = Here::now()) const;
  bool has_grad() const;
  /// Drops the gradient, so that the next backward() starts from zero.
  void zero_grad() const;
  /// Sets the gradient, of this tensor's shape. Throws ShapeError, or GraphError for a constant.
  void set_grad(const BasicTensor& grad, Here at = Here::now()) const;
  /// Asks backward() to keep the gradient of this result of an op, after its hooks; like a leaf's, it adds
  /// up. Throws GraphError for a constant. torch.Tensor.retain_grad.
  void retain_grad(Here at = Here::now()) const;
  /// Calls hook(gradient) when this tensor's gradient is complete, in backward() and grad(). The hook may
  /// return another gradient of the same shape, which then takes its place, or nothing; several run in the
  /// order in which they came. Throws GraphError for a constant. torch.Tensor.register_hook.
  template <class Hook>
  HookHandle register_hook(Hook hook, Here at = Here::now()) const {
    return add_hook(
        [hook = std::move(hook)](const AnyTensor& gradient) mutable -> AnyTensor {
          if constexpr (std::is_void_v<std::invoke_result_t<Hook&, const BasicTensor&>>) {
            hook(BasicTensor(gradient));
            return gradient;
          } else {
            return hook(BasicTensor(gradient));
          }
        },
        at);
  }

  /// The same values as a constant; the storage is shared. torch.Tensor.detach.
  BasicTensor detach() const { return BasicTensor(AnyTensor(*this, dtype_of<T>)); }
  /// A copy with storage of its own; gradients pass through. torch.Tensor.clone.
  BasicTensor clone(Here at = Here::now()) const;
  /// The values as U; gradients pass through, converted back. numpy.ndarray.astype.
  template <Real U>
  BasicTensor<U> astype(Here at = Here::now()) const;

  /// The one way to change values, for optimisers and loaders: every handle sees the change, and gradients
  /// that kept the old values refuse to run. Throws GraphError while ops are recorded (use a NoGrad scope)
  /// and for the result of a recorded op.
  T* mutable_data(Here at = Here::now());
  /// Overwrites the values with those of a tensor of the same shape; rules as mutable_data().
  void assign(const BasicTensor& values, Here at = Here::now());

  /// Elementwise, with NumPy's broadcasting; see ops/arithmetic.hpp.
  friend BasicTensor operator+(const Operand<T>& a, const Operand<T>& b) { return add(a, b); }
  friend BasicTensor operator-(const Operand<T>& a, const Operand<T>& b) { return sub(a, b); }
  friend BasicTensor operator*(const Operand<T>& a, const Operand<T>& b) { return mul(a, b); }
  friend BasicTensor operator/(const Operand<T>& a, const Operand<T>& b) { return div(a, b); }
  friend BasicTensor operator-(const Operand<T>& x) { return neg(x); }
  /// x = x + y: the handle moves on to the result, the old values stay as they are.
  friend BasicTensor& operator+=(BasicTensor& x, const Operand<T>& y) {
    return x = add(Operand<T>(x, y.at()), y);
  }
  friend BasicTensor& operator-=(BasicTensor& x, const Operand<T>& y) {
    return x = sub(Operand<T>(x, y.at()), y);
  }
  friend BasicTensor& operator*=(BasicTensor& x, const Operand<T>& y) {
    return x = mul(Operand<T>(x, y.at()), y);
  }
  friend BasicTensor& operator/=(BasicTensor& x, const Operand<T>& y) {
    return x = div(Operand<T>(x, y.at()), y);
  }

  /// Elementwise, broadcast; see ops/comparison.hpp. There is no ==, which containers and tests would take
  /// for one answer about the whole: equal() gives a Mask.
  friend Mask operator<(const Operand<T>& a, const Operand<T>& b) {
    return detail::compare<std::less<>>(a, b);
  }
  friend Mask operator<=(const Operand<T>& a, const Operand<T>& b) {
    return detail::compare<std::less_equal<>>(a, b);
  }
  friend Mask operator>(const Operand<T>& a, const Operand<T>& b) {
    return detail::compare<std::greater<>>(a, b);
  }
  friend Mask operator>=(const Operand<T>& a, const Operand<T>& b) {
    return detail::compare<std::greater_equal<>>(a, b);
  }

 private:
  static BasicTensor scalar(T value);
  void backward_from(const BasicTensor& gy, BackwardOptions options, Here at) const;
  HookHandle add_hook(std::function<AnyTensor(const AnyTensor&)> hook, Here at) const;
};

using Tensor = BasicTensor<float>;
using Tensor64 = BasicTensor<double>;

extern template class BasicTensor<float>;
extern template class BasicTensor<double>;

/// One side of an operator: a tensor, a number or an xtensor expression, and the place of the operator. A
/// parameter only: it points to the caller's tensor, which may end with the expression.
template <Real T>
class Operand {
 public:
  Operand(const BasicTensor<T>& x, Here at = Here::now()) : tensor_(&x), at_(at) {}
  template <class V>
    requires std::is_arithmetic_v<V>
  Operand(V value, Here at = Here::now()) : number_(static_cast<T>(value)), is_number_(true), at_(at) {}
  template <XExpression X>
  Operand(const X& expression, Here at = Here::now()) : values_(BasicTensor<T>(expression)), at_(at) {}

  bool is_number() const { return is_number_; }
  T number() const { return number_; }
  /// The tensor, which lives as long as this operand and what it was made from; a number becomes a scalar.
  const BasicTensor<T>& tensor() const {
    if (tensor_) return *tensor_;
    if (!values_) values_ = BasicTensor<T>(number_);
    return *values_;
  }
  Here at() const { return at_; }

 private:
  const BasicTensor<T>* tensor_ = nullptr;        // the caller's
  mutable std::optional<BasicTensor<T>> values_;  // of an expression, or of a number once it is asked for
  T number_ = 0;
  bool is_number_ = false;
  Here at_;
};

// The arithmetic that the operators stand for; the gradients are in ops/arithmetic.cpp.
template <Real T>
BasicTensor<T> add(const Operand<T>& a, const Operand<T>& b);
template <Real T>
BasicTensor<T> sub(const Operand<T>& a, const Operand<T>& b);
template <Real T>
BasicTensor<T> mul(const Operand<T>& a, const Operand<T>& b);
template <Real T>
BasicTensor<T> div(const Operand<T>& a, const Operand<T>& b);
template <Real T>
BasicTensor<T> neg(const Operand<T>& x);

namespace detail {

template <Real T>
T value_type_of(const BasicTensor<T>&);

template <class A>
concept AnyBasicTensor = requires(const A& a) { value_type_of(a); };

/// Tensors and xtensor expressions together. Where xtensor has a function of the same name, an overload with
/// its parameters, forwarding references and no place, and this constraint: with less, xtensor's is chosen.
template <class... X>
concept Mixed = (AnyBasicTensor<X> || ...) && (XExpression<X> || ...);

/// The element type of the first tensor.
template <class X, class... Rest>
struct ElementType : ElementType<Rest...> {};
template <Real T, class... Rest>
struct ElementType<BasicTensor<T>, Rest...> {
  using type = T;
};

/// Calls f with each xtensor expression as a tensor of the type that the others have.
template <class F, class... X>
auto with_tensors(F f, const X&... x) {
  using T = typename ElementType<X...>::type;
  const auto as_tensor = []<class V>(const V& v) -> decltype(auto) {
    if constexpr (XExpression<V>)
      return BasicTensor<T>(v);
    else
      return v;
  };
  return f(as_tensor(x)...);
}

/// Calls f with both sides as operands of the tensor's type.
template <class A, class B, class F>
auto mix(const A& a, const B& b, F f) {
  if constexpr (AnyBasicTensor<A>) {
    using T = typename A::value_type;
    return f(Operand<T>(a, Here{}), Operand<T>(b, Here{}));
  } else {
    using T = typename B::value_type;
    return f(Operand<T>(a, Here{}), Operand<T>(b, Here{}));
  }
}

}  // namespace detail

/// Elementwise between a tensor and an xtensor expression, in either order: the tensor's type.
template <class A, class B>
  requires detail::Mixed<A, B>
auto operator+(A&& a, B&& b) {
  return detail::mix(a, b, [](const auto& x, const auto& y) { return add(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto operator-(A&& a, B&& b) {
  return detail::mix(a, b, [](const auto& x, const auto& y) { return sub(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto operator*(A&& a, B&& b) {
  return detail::mix(a, b, [](const auto& x, const auto& y) { return mul(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto operator/(A&& a, B&& b) {
  return detail::mix(a, b, [](const auto& x, const auto& y) { return div(x, y); });
}

template <class A, class B>
  requires detail::Mixed<A, B>
Mask operator<(A&& a, B&& b) {
  return detail::mix(a, b, [](const auto& x, const auto& y) { return detail::compare<std::less<>>(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
Mask operator<=(A&& a, B&& b) {
  return detail::mix(a, b,
                     [](const auto& x, const auto& y) { return detail::compare<std::less_equal<>>(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
Mask operator>(A&& a, B&& b) {
  return detail::mix(a, b,
                     [](const auto& x, const auto& y) { return detail::compare<std::greater<>>(x, y); });
}
template <class A, class B>
  requires detail::Mixed<A, B>
Mask operator>=(A&& a, B&& b) {
  return detail::mix(
      a, b, [](const auto& x, const auto& y) { return detail::compare<std::greater_equal<>>(x, y); });
}

/// Prints the values, then shape, dtype, requires_grad and the op that made the tensor.
template <Real T>
std::ostream& operator<<(std::ostream& out, const BasicTensor<T>& x);

}  // namespace xtape

#ifndef XTAPE_BUILDING_LIBRARY
#include <xtape/core/xt.hpp>
#endif
