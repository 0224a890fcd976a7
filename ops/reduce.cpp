// Reductions: one kernel pass forward; what is reduced is broadcast back.
#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/kernels/extreme_grad.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/reduced_axes_impl.hpp>

#include <algorithm>
#include <limits>

namespace xtape {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// x summed; not recorded.
template <Real T>
BasicTensor<T> total(const BasicTensor<T>& x, const ReducedAxes& over) {
  auto y = uninitialized<T>(over.result);
  kernels::sum(y.data(), x.data(), over.kept, x.shape());
  return y;
}

/// How many elements of x make one of the kept, where the last axes are reduced and no others; else 0.
index_t row_length(const Shape& shape, const Shape& kept) {
  std::size_t first = shape.size();
  index_t n = 1;
  while (first > 0 && kept[first - 1] == 1) n *= shape[--first];
  return std::equal(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(first), shape.begin()) ? n : 0;
}

constexpr index_t longest_row = 65536;  // beyond, threads have to share a row, and no cache holds it

template <Real T>
BasicTensor<T> composed_extreme_grad(const OpName& op, const BasicTensor<T>& gy, const BasicTensor<T>& x,
                                     const BasicTensor<T>& y, const Shape& kept) {
  const auto reached = [](auto v, auto extremum, auto part) {
    return select((v == extremum) | (v != v), part, 0);
  };
  const auto extremum = reshape(y, kept);
  const auto ties = sum_to(elementwise<1>(op, reached, x.detach(), extremum.detach(), 1), kept);
  return elementwise(op, reached, x, extremum, reshape(gy, kept) / ties);
}

template <Real T>
BasicTensor<T> extreme_grad(const OpName& op, const BasicTensor<T>& gy, const BasicTensor<T>& x,
                            const BasicTensor<T>& y, const Shape& kept) {
  const index_t n = row_length(x.shape(), kept);
  if (n == 0 || n > longest_row) return composed_extreme_grad(op, gy, x, y, kept);
  auto gx = uninitialized<T>(x.shape());
  kernels::extreme_grad(gx.data(), gy.data(), x.data(), y.data(), x.size() / n, n);
  return gx;
}

/// The largest or smallest element.
template <Real T, class Kernel>
BasicTensor<T> extreme(OpName op, Kernel kernel, const BasicTensor<T>& x, const Axes& axis,
                       ReduceOptions options) {
  const ReducedAxes over(op.text, x.shape(), axis, options.keep_dims, op.at);
  over.check_choices(op.text, x.shape(), op.at);
  auto extremes = uninitialized<T>(over.result, op.at);
  kernel(extremes.data(), x.data(), over.kept, x.shape());
  return record(op, std::move(extremes),
                wrt(x, [op, x = saved(x, "x"), kept = over.kept](const auto& gy, const auto& y) {
                  return fused(extreme_grad<T>, composed_extreme_grad<T>, op, gy, x(), y, kept);
                }));
}

}  // namespace

template <Real T>
BasicTensor<T> sum(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("sum", x.shape(), axis, options.keep_dims, at);
  return record({"sum", at}, total(x, over), wrt(x, [kept = over.kept, from = x.shape()](const auto& gy) {
                  return broadcast_to(reshape(gy, kept), from);
                }));
}

template <Real T>
BasicTensor<T> mean(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("mean", x.shape(), axis, options.keep_dims, at);
  const T count = static_cast<T>(over.count);
  const T share = over.count ? 1 / count : T(0);  // of nothing, none: inf would make the next order NaN
  return record({"mean", at}, total(x, over) / count,
                wrt(x, [kept = over.kept, from = x.shape(), share](const auto& gy) {
                  return broadcast_to(reshape(gy, kept) * share, from);
                }));
}

template <Real T>
BasicTensor<T> var(const BasicTensor<T>& x, const Axes& axis, VarOptions options, Here at) {
  const ReducedAxes over("var", x.shape(), axis, options.keep_dims, at);
  const auto count = static_cast<T>(std::max(static_cast<double>(over.count) - options.ddof, 0.0));
  const T factor = over.count ? 2 / count : T(0);
  const auto square = [](auto v, auto centre) {
    const auto distance = v - centre;
    return distance * distance;
  };
  const auto centre = mean(x.detach(), axis, {.keep_dims = true}, at);
  const auto squares = elementwise<1>("var", square, x.detach(), centre);
  return record({"var", at}, total(squares, over) / count,
                wrt(x, [x = saved(x, "x"), kept = over.kept, axis, factor](const auto& gy) {
                  return (x() - mean(x(), axis, {.keep_dims = true})) * (reshape(gy, kept) * factor);
                }));
}

// dy/dx = d(y^2)/dx / (2 y) = (x - mean(x)) / (count y)
template <Real T>
BasicTensor<T> std(const BasicTensor<T>& x, const Axes& axis, VarOptions options, Here at) {
  const ReducedAxes over("std", x.shape(), axis, options.keep_dims, at);
  const auto count = static_cast<T>(std::max(static_cast<double>(over.count) - options.ddof, 0.0));
  const auto root = [](auto v) { return sqrt(v); };
  return record({"std", at}, elementwise<1>("std", root, var(x.detach(), axis, options, at)),
                wrt(x, [x = saved(x, "x"), kept = over.kept, axis, count](const auto& gy, const auto& y) {
                  if (x().size() == 0) return zeros_like(x());
                  const auto part = [](auto v, auto deviation) {
                    return select(deviation == 0, 0, v / deviation);
                  };
                  return (x() - mean(x(), axis, {.keep_dims = true})) *
                         (reshape(elementwise("std", part, gy, y), kept) / count);
                }));
}

template <Real T>
BasicTensor<T> amax(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  return extreme({"amax", at}, kernels::amax<T>, x, axis, options);
}

template <Real T>
BasicTensor<T> amin(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  return extreme({"amin", at}, kernels::amin<T>, x, axis, options);
}

template <Real T>
BasicTensor<T> logsumexp(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("logsumexp", x.shape(), axis, options.keep_dims, at);
  auto largest = uninitialized<T>(over.kept, at);
  kernels::amax(largest.data(), x.data(), over.kept, x.shape());
  const auto shift = elementwise<1>(
      "logsumexp", [](auto v) { return select(abs(v) == infinity, 0, v); }, BasicTensor<T>(largest));
  const auto powers = elementwise<1>(
      "logsumexp", [](auto v, auto s) { return exp(v - s); }, x.detach(), shift);
  const auto sums = elementwise<1>(
      "logsumexp", [](auto v, auto s) { return log(v) + s; }, total(powers, over),
      reshape(shift, over.result));
  return record(
      {"logsumexp", at}, sums, wrt(x, [x = saved(x, "x"), kept = over.kept](const auto& gy, const auto& y) {
        const auto softmax = [](auto v, auto sum) { return exp(v - select(sum == -infinity, 0, sum)); };
        return elementwise("logsumexp", softmax, x(), reshape(y, kept)) * reshape(gy, kept);
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
template Tensor mean(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 mean(const Tensor64&, const Axes&, ReduceOptions, Here);
template Tensor var(const Tensor&, const Axes&, VarOptions, Here);
template Tensor64 var(const Tensor64&, const Axes&, VarOptions, Here);
template Tensor std(const Tensor&, const Axes&, VarOptions, Here);
template Tensor64 std(const Tensor64&, const Axes&, VarOptions, Here);
template Tensor amax(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 amax(const Tensor64&, const Axes&, ReduceOptions, Here);
template Tensor amin(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 amin(const Tensor64&, const Axes&, ReduceOptions, Here);
template Tensor logsumexp(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 logsumexp(const Tensor64&, const Axes&, ReduceOptions, Here);
template Tensor sum_to(const Tensor&, const Shape&, Here);
template Tensor64 sum_to(const Tensor64&, const Shape&, Here);

}  // namespace xtape
