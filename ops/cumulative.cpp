// Running sums and products: what flows back is a recurrence from the other end.
#include <xtape/ops/cumulative.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/kernels/cumulative.hpp>
#include <xtape/ops/split_impl.hpp>
#include <xtape/ops/view.hpp>

namespace xtape {

namespace {

/// x moved by one place along an axis: first, x[0], ..., x[n - 2].
template <Real T>
BasicTensor<T> shifted(const BasicTensor<T>& x, std::size_t dim, double first) {
  if (x.size() == 0) return x;
  Shape start = x.shape();
  start[dim] = 1;
  Slices all_but_last(dim, Slice());
  all_but_last.push_back(Slice(std::nullopt, -1));
  return concatenate({full<T>(start, first), strided_view(x, all_but_last)}, static_cast<index_t>(dim));
}

}  // namespace

// gx[j] = sum over i of gy[i] dy[i]/dx[j] = sum over i >= j of gy[i]
template <Real T>
BasicTensor<T> cumsum(const BasicTensor<T>& x, index_t axis, CumsumOptions options, Here at) {
  const auto dim = check_axis("cumsum", x.shape(), axis, at);
  auto y = uninitialized<T>(x.shape(), at);
  kernels::cumsum(y.data(), x.data(), split_at(x.shape(), dim), options.from_end);
  return record({"cumsum", at}, std::move(y), wrt(x, [axis, options](const BasicTensor<T>& gy) {
                  return cumsum(gy, axis, {.from_end = !options.from_end});
                }));
}

// gx[j] = sum over i >= j of gy[i] x[0] ... x[j - 1] x[j + 1] ... x[i]
//       = y[j - 1] s[j], s[j] = gy[j] + x[j + 1] gy[j + 1] + x[j + 1] x[j + 2] gy[j + 2] + ...
//                             = gy[j] + x[j + 1] s[j + 1]
template <Real T>
BasicTensor<T> cumprod(const BasicTensor<T>& x, index_t axis, Here at) {
  const auto dim = check_axis("cumprod", x.shape(), axis, at);
  auto products = uninitialized<T>(x.shape(), at);
  kernels::cumprod(products.data(), x.data(), split_at(x.shape(), dim));
  return record({"cumprod", at}, std::move(products),
                wrt(x, [x = saved(x, "x"), axis, dim](const BasicTensor<T>& gy, const BasicTensor<T>& y) {
                  return shifted(y, dim, 1) * linear_recurrence(x(), gy, axis, {.from_end = true});
                }));
}

// gb[i] = gy[i] + a[i + 1] gb[i + 1], the recurrence from the other end, and ga[i] = gb[i] y[i - 1];
// from the end, gb[i] = gy[i] + a[i] gb[i - 1] and ga[i] = gb[i - 1] y[i].
template <Real T>
BasicTensor<T> linear_recurrence(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                                 index_t axis, LinearRecurrenceOptions options, Here at) {
  const auto dim = check_axis("linear_recurrence", a.shape(), axis, at);
  check_same_shape("linear_recurrence", "a", a.shape(), "b", b.shape(), at);
  auto states = uninitialized<T>(a.shape(), at);
  kernels::linear_recurrence(states.data(), a.data(), b.data(), split_at(a.shape(), dim), options.from_end);
  return record({"linear_recurrence", at}, std::move(states),
                wrt({a, b}, [a = saved(a, "a"), axis, dim, end = options.from_end](
                                const auto& gy, const auto& y, const auto& needs) {
                  std::array<BasicTensor<T>, 2> g;
                  g[1] = linear_recurrence(a(), gy, axis, {.from_end = !end});
                  if (needs[0]) g[0] = end ? shifted(g[1], dim, 0) * y : g[1] * shifted(y, dim, 0);
                  return g;
                }));
}

template Tensor cumsum(const Tensor&, index_t, CumsumOptions, Here);
template Tensor64 cumsum(const Tensor64&, index_t, CumsumOptions, Here);
template Tensor cumprod(const Tensor&, index_t, Here);
template Tensor64 cumprod(const Tensor64&, index_t, Here);
template Tensor linear_recurrence<float>(const Tensor&, const Tensor&, index_t, LinearRecurrenceOptions,
                                         Here);
template Tensor64 linear_recurrence<double>(const Tensor64&, const Tensor64&, index_t,
                                            LinearRecurrenceOptions, Here);

}  // namespace xtape
