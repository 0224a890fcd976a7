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

/// The places of an axis in this slice.
template <Real T>
BasicTensor<T> part(const BasicTensor<T>& x, std::size_t dim, Slice slice) {
  Slices slices(dim, Slice());
  slices.push_back(slice);
  return strided_view(x, slices);
}

template <Real T>
BasicTensor<T> all_but_first(const BasicTensor<T>& x, std::size_t dim) {
  return part(x, dim, Slice(1, std::nullopt));
}

template <Real T>
BasicTensor<T> all_but_last(const BasicTensor<T>& x, std::size_t dim) {
  return part(x, dim, Slice(std::nullopt, -1));
}

/// One place more along an axis, in front of the others.
template <Real T>
BasicTensor<T> preceded(double first, const BasicTensor<T>& x, std::size_t dim) {
  Shape start = x.shape();
  start[dim] = 1;
  return concatenate({full<T>(start, first), x}, static_cast<index_t>(dim));
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
                  if (y.size() == 0) return gy;
                  return preceded(1, all_but_last(y, dim), dim) *
                         linear_recurrence(x(), gy, axis, {.from_end = true});
                }));
}

// gb[i] = gy[i] + a[i + 1] gb[i + 1], the recurrence from the other end, and ga[i] = gb[i] y[i - 1];
// from the end, gb[i] = gy[i] + a[i] gb[i - 1] and ga[i] = gb[i - 1] y[i]. ga[0] is 0, whatever the others
// are.
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
                  std::array<BasicTensor<T>, 2> g{gy, gy};
                  if (y.size() == 0) return g;
                  g[1] = linear_recurrence(a(), gy, axis, {.from_end = !end});
                  if (!needs[0]) return g;
                  const auto &later = end ? y : g[1], &earlier = end ? g[1] : y;
                  g[0] = preceded(0, all_but_first(later, dim) * all_but_last(earlier, dim), dim);
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
