// softmax and log_softmax: one kernel each way, and the composed gradients.
#include <xtape/ops/softmax.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/kernels/softmax.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/split_impl.hpp>

#include <limits>

namespace xtape {

namespace {

constexpr ReduceOptions keep_dims{.keep_dims = true};

template <Real T>
BasicTensor<T> softmax_grad(const BasicTensor<T>& gy, const BasicTensor<T>& y, std::size_t axis) {
  auto gx = uninitialized<T>(y.shape());
  kernels::softmax_grad(gx.data(), gy.data(), y.data(), split_at(y.shape(), axis));
  return gx;
}

template <Real T>
BasicTensor<T> composed_softmax_grad(const BasicTensor<T>& gy, const BasicTensor<T>& y, std::size_t axis) {
  return y * (gy - sum(gy * y, axis, keep_dims));
}

template <Real T>
BasicTensor<T> log_softmax_grad(const BasicTensor<T>& gy, const BasicTensor<T>& y, std::size_t axis) {
  auto gx = uninitialized<T>(y.shape());
  kernels::log_softmax_grad(gx.data(), gy.data(), y.data(), split_at(y.shape(), axis));
  return gx;
}

/// True for each row along `axis` that is -inf throughout.
template <Real T>
Mask impossible_rows(const BasicTensor<T>& y, std::size_t axis) {
  const auto [outer, length, inner] = split_at(y.shape(), axis);
  Shape shape = y.shape();
  shape[axis] = 1;
  auto rows = uninitialized<bool>(shape);
  for (index_t row = 0; row < outer * inner; ++row) {
    const T* x = y.data() + row / inner * length * inner + row % inner;
    index_t l = 0;
    while (l < length && x[l * inner] == -std::numeric_limits<T>::infinity()) ++l;
    rows.data()[row] = l == length;
  }
  return rows;
}

template <Real T>
BasicTensor<T> composed_log_softmax_grad(const BasicTensor<T>& gy, const BasicTensor<T>& y,
                                         std::size_t axis) {
  return masked_fill(gy - exp(y) * sum(gy, axis, keep_dims), impossible_rows(y, axis), 0);
}

}  // namespace

template <Real T>
BasicTensor<T> softmax(const BasicTensor<T>& x, index_t axis, Here at) {
  const auto dim = check_axis("softmax", x.shape(), axis, at);
  auto y = uninitialized<T>(x.shape(), at);
  kernels::softmax(y.data(), x.data(), split_at(x.shape(), dim));
  return record({"softmax", at}, std::move(y), wrt(x, [dim](const auto& gy, const auto& result) {
                  return fused(softmax_grad<T>, composed_softmax_grad<T>, gy, result, dim);
                }));
}

template <Real T>
BasicTensor<T> log_softmax(const BasicTensor<T>& x, index_t axis, Here at) {
  const auto dim = check_axis("log_softmax", x.shape(), axis, at);
  auto y = uninitialized<T>(x.shape(), at);
  kernels::log_softmax(y.data(), x.data(), split_at(x.shape(), dim));
  return record({"log_softmax", at}, std::move(y), wrt(x, [dim](const auto& gy, const auto& result) {
                  return fused(log_softmax_grad<T>, composed_log_softmax_grad<T>, gy, result, dim);
                }));
}

template Tensor softmax(const Tensor&, index_t, Here);
template Tensor64 softmax(const Tensor64&, index_t, Here);
template Tensor log_softmax(const Tensor&, index_t, Here);
template Tensor64 log_softmax(const Tensor64&, index_t, Here);

}  // namespace xtape
