// Reductions: one kernel pass forward; what is reduced is broadcast back.
#include <xtape/core/checks.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>

namespace xtape {

namespace {

/// The shapes of a reduction: with the reduced axes at extent 1, and as the caller wants it.
struct Reduction {
  Shape kept, result;

  Reduction(std::string_view op, const Shape& shape, const Axes& axis, bool keep_dims, Here at)
      : kept(shape), result(shape) {
    const auto axes = check_axes(op, shape, axis, at);
    for (const std::size_t d : axes) kept[d] = 1;
    result = kept;
    if (!keep_dims)
      for (std::size_t i = axes.size(); i-- > 0;) result.erase(axes[i]);
  }
};

}  // namespace

template <Real T>
BasicTensor<T> sum(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  const Reduction over("sum", x.shape(), axis, options.keep_dims, at);
  auto y = uninitialized<T>(over.result, at);
  kernels::sum(y.data(), x.data(), over.kept, x.shape());
  return record({"sum", at}, std::move(y), wrt(x, [kept = over.kept, from = x.shape()](const auto& gy) {
                  return broadcast_to(reshape(gy, kept), from);
                }));
}

template <Real T>
BasicTensor<T> sum_to(const BasicTensor<T>& x, const Shape& shape, Here at) {
  check_broadcasts_to("sum_to", shape, x.shape(), at);
  if (shape == x.shape()) return x;
  auto y = uninitialized<T>(shape, at);
  kernels::sum(y.data(), x.data(), shape, x.shape());
  return record({"sum_to", at}, std::move(y),
                wrt(x, [from = x.shape()](const auto& gy) { return broadcast_to(gy, from); }));
}

template Tensor sum(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 sum(const Tensor64&, const Axes&, ReduceOptions, Here);
template Tensor sum_to(const Tensor&, const Shape&, Here);
template Tensor64 sum_to(const Tensor64&, const Shape&, Here);

}  // namespace xtape
