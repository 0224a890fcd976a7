// Norms: sizes are scaled by the largest, so that no power leaves the range.
#include <xtape/ops/norm.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/reduced_axes_impl.hpp>
#include <xtape/ops/rounding.hpp>

#include <cmath>
#include <limits>

namespace xtape {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// scale * root(sum(power(|x| / scale))); not recorded. The scale is the size that decides: the largest, or
/// the smallest for negative powers.
template <Real T, class Kernel, class Power, class Root>
BasicTensor<T> scaled_norm(const BasicTensor<T>& x, const ReducedAxes& over, Kernel deciding, Power power,
                           Root root) {
  const auto sizes = abs(x);
  auto decisive = uninitialized<T>(over.kept);
  deciding(decisive.data(), sizes.data(), over.kept, x.shape());
  const auto usable = [](auto v) { return select((v > 0) & (v < infinity), v, 1); };
  const auto scale = elementwise<1>("norm", usable, BasicTensor<T>(decisive));
  const auto scaled = [power](auto v, auto s) { return power(v / s); };
  const auto unscaled = [root](auto v, auto s) { return s * root(v); };
  const auto sums = sum_to(elementwise<1>("norm", scaled, sizes, scale), over.kept);
  return reshape(elementwise<1>("norm", unscaled, sums, scale), over.result);
}

// dy/dx = x / y
template <Real T>
BasicTensor<T> euclidean_norm(const BasicTensor<T>& x, const ReducedAxes& over, Here at) {
  auto norms = scaled_norm(
      x.detach(), over, kernels::amax<T>, [](auto v) { return square(v); }, [](auto v) { return sqrt(v); });
  return record({"norm", at}, std::move(norms),
                wrt(x, [x = saved(x, "x"), kept = over.kept](const auto& gy, const auto& y) {
                  const auto slope = [](auto v, auto n) { return select(n == 0, 0, v / n); };
                  return elementwise("norm", slope, x(), reshape(y, kept)) * reshape(gy, kept);
                }));
}

// dy/dx = 1/p y^(1 - p) d|x|^p/dx = (|x| / y)^(p - 1) sign(x)
template <Real T>
BasicTensor<T> power_norm(const BasicTensor<T>& x, const ReducedAxes& over, double p, Here at) {
  auto norms = scaled_norm(
      x.detach(), over, p > 0 ? kernels::amax<T> : kernels::amin<T>, [p](auto v) { return pow(v, p); },
      [p](auto v) { return pow(v, 1 / p); });
  return record({"norm", at}, std::move(norms),
                wrt(x, [x = saved(x, "x"), kept = over.kept, p](const auto& gy, const auto& y) {
                  const auto slope = [p](auto v, auto n) {
                    return select((v == 0) | (n == 0), 0, sign(v) * pow(abs(v) / n, p - 1));
                  };
                  return elementwise<2>("norm", slope, x(), reshape(y, kept)) * reshape(gy, kept);
                }));
}

}  // namespace

template <Real T>
BasicTensor<T> norm(const BasicTensor<T>& x, const Axes& axis, NormOptions options, Here at) {
  const CallSite site(at);
  const ReducedAxes over("norm", x.shape(), axis, options.keep_dims, at);
  if (std::isnan(options.ord)) raise<ValueError>("norm: ord = nan is no power", at);
  const ReduceOptions how = {.keep_dims = options.keep_dims};
  if (options.ord == 2) return euclidean_norm(x, over, at);
  if (options.ord == 1) return sum(abs(x), axis, how);
  if (options.ord == 0) return sum(abs(sign(x)), axis, how);
  if (std::isfinite(options.ord)) return power_norm(x, over, options.ord, at);
  over.check_choices("norm", x.shape(), at);
  return options.ord > 0 ? amax(abs(x), axis, how) : amin(abs(x), axis, how);
}

template Tensor norm(const Tensor&, const Axes&, NormOptions, Here);
template Tensor64 norm(const Tensor64&, const Axes&, NormOptions, Here);

}  // namespace xtape
