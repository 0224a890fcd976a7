// Tensor: construction, leaves and their gradients, writing.
#include <xtape/core/tensor.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/backward.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/nested_impl.hpp>
#include <xtape/core/node_impl.hpp>
#include <xtape/core/record.hpp>

#include <fmt/format.h>

#include <cstring>

namespace xtape {

namespace {

Node& node_for(const char* what, const AnyTensor& x, Here at) {
  if (!x.node())
    raise<GraphError>(fmt::format("{}: the tensor {} is a constant; call requires_grad_() on it first", what,
                                  to_string(x.shape())),
                      at);
  return *x.node();
}

}  // namespace

void HookHandle::remove() {
  if (node_ && node_->extras)
    std::erase_if(node_->extras->hooks, [this](const auto& h) { return h.first == id_; });
  node_ = nullptr;
}

template <Real T>
BasicTensor<T>::BasicTensor(Nested<T, 1> values) : BasicTensor(from_nested<T, 1>(values)) {}
template <Real T>
BasicTensor<T>::BasicTensor(Nested<T, 2> values) : BasicTensor(from_nested<T, 2>(values)) {}
template <Real T>
BasicTensor<T>::BasicTensor(Nested<T, 3> values) : BasicTensor(from_nested<T, 3>(values)) {}
template <Real T>
BasicTensor<T>::BasicTensor(Nested<T, 4> values) : BasicTensor(from_nested<T, 4>(values)) {}
template <Real T>
BasicTensor<T>::BasicTensor(Nested<T, 5> values) : BasicTensor(from_nested<T, 5>(values)) {}

template <Real T>
BasicTensor<T> BasicTensor<T>::scalar(T value) {
  auto y = uninitialized<T>({});
  *y.data() = value;
  return y;
}

template <Real T>
T BasicTensor<T>::item(Here at) const {
  if (size() != 1)
    raise<ShapeError>(fmt::format("item: shape {} does not hold one element", to_string(shape_)), at);
  return *data();
}

template <Real T>
BasicTensor<T>& BasicTensor<T>::requires_grad_(bool required, Here at) & {
  if (!is_leaf() && !required)
    raise<GraphError>(
        fmt::format("requires_grad_: {} {} was made by an op and cannot be frozen; use detach()", node_->op,
                    to_string(shape_)),
        at);
  if (!node_ && required) {
    node_ = Ref<Node>(new Node("leaf", at, dtype_of<T>, shape_));
    node_->leaf = true;
  }
  if (node_) node_->requires_grad = required;
  return *this;
}

template <Real T>
BasicTensor<T> BasicTensor<T>::requires_grad_(bool required, Here at) && {
  requires_grad_(required, at);
  return std::move(*this);
}

template <Real T>
void BasicTensor<T>::backward(BackwardOptions options, Here at) const {
  xtape::backward<T>({*this}, {}, options, at);
}

template <Real T>
void BasicTensor<T>::backward_from(const BasicTensor& gy, BackwardOptions options, Here at) const {
  xtape::backward<T>({*this}, {gy}, options, at);
}

template <Real T>
bool BasicTensor<T>::has_grad() const {
  return node_ && node_->extras && node_->extras->grad.has_value();
}

template <Real T>
BasicTensor<T> BasicTensor<T>::grad(Here at) const {
  if (!has_grad())
    raise<GraphError>(
        fmt::format("grad: the tensor {} has no gradient; {}", to_string(shape_),
                    !node_      ? "it is a constant: call requires_grad_() on it before the ops"
                    : is_leaf() ? "call backward() on a result that depends on it"
                                : "it is the result of an op: call retain_grad() before backward()"),
        at);
  return BasicTensor(node_->extras->grad);
}

template <Real T>
void BasicTensor<T>::zero_grad() const {
  if (has_grad()) node_->extras->grad = {};
}

template <Real T>
void BasicTensor<T>::set_grad(const BasicTensor& grad, Here at) const {
  check_same_shape("set_grad", "the gradient", grad.shape(), "the tensor", shape_, at);
  node_for("set_grad", *this, at).make_extras().grad = grad.detach();
}

template <Real T>
void BasicTensor<T>::retain_grad(Here at) const {
  node_for("retain_grad", *this, at).make_extras().retains = true;
}

template <Real T>
HookHandle BasicTensor<T>::add_hook(std::function<AnyTensor(const AnyTensor&)> hook, Here at) const {
  auto& extras = node_for("register_hook", *this, at).make_extras();
  const std::uint64_t id = extras.next_hook++;
  extras.hooks.emplace_back(id, std::move(hook));
  return HookHandle(node_, id);
}

template <Real T>
BasicTensor<T> BasicTensor<T>::clone(Here at) const {
  auto y = uninitialized<T>(shape_);
  if (size()) std::memcpy(y.data(), data(), static_cast<std::size_t>(size()) * sizeof(T));
  return record({"clone", at}, std::move(y), wrt(*this, [](const auto& gy) { return gy; }));
}

template <Real T>
template <Real U>
BasicTensor<U> BasicTensor<T>::astype(Here at) const {
  auto y = uninitialized<U>(shape_);
  for (index_t i = 0, n = size(); i < n; ++i) y.data()[i] = static_cast<U>(data()[i]);
  return record({"astype", at}, std::move(y),
                wrt<U>(*this, [](const BasicTensor<U>& gy) { return gy.template astype<T>(); }));
}

template <Real T>
T* BasicTensor<T>::mutable_data(Here at) {
  if (grad_enabled())
    raise<GraphError>(
        "mutable_data: values may be written only where no op is recorded; open a NoGrad scope around "
        "the write",
        at);
  if (!is_leaf())
    raise<GraphError>(
        fmt::format("mutable_data: {} {} was made by an op and is not written; write a leaf, or a "
                    "detach().clone()",
                    node_->op, to_string(shape_)),
        at);
  return storage_ ? static_cast<T*>(storage_->begin_write()) : nullptr;
}

template <Real T>
void BasicTensor<T>::assign(const BasicTensor& values, Here at) {
  check_same_shape("assign", "the values", values.shape(), "the tensor", shape_, at);
  T* out = mutable_data(at);
  if (size()) std::memmove(out, values.data(), static_cast<std::size_t>(size()) * sizeof(T));
}

template class BasicTensor<float>;
template class BasicTensor<double>;
template Tensor Tensor::astype(Here) const;
template Tensor64 Tensor::astype(Here) const;
template Tensor Tensor64::astype(Here) const;
template Tensor64 Tensor64::astype(Here) const;

}  // namespace xtape
