// The gradient of a row's extreme: a row is counted and written while it is in the caches.
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/extreme_grad.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {
namespace {

template <Real T, class Store>
void gradient_of_row(T* gx, T gy, const T* x, T y, index_t n, Store put) {
  const Batch<T> zero(T{0}), one(T{1});
  const T other = y == T{0} ? T{1} : T{0};  // what lanes hold that are not there
  const auto where_reached = [&](index_t i, auto part, const Batch<T>& value) {
    const Batch<T> v = load(x + i, part, other);
    return Batch<T>(xsimd::select((v == Batch<T>(y)) | xsimd::isnan(v), value, zero));
  };
  const T ties =
      reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) { return where_reached(i, part, one); });
  const Batch<T> share(gy / ties);
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(x + i);
    put(gx + i, where_reached(i, part, share), part);
  });
}

}  // namespace

template <Real T>
void extreme_grad(T* gx, const T* gy, const T* x, const T* y, index_t rows, index_t n) {
  parallel_rows(gx, rows, n, rows_grain(n), [&](index_t begin, index_t end, auto put) {
    for (index_t r = begin; r < end; ++r) gradient_of_row(gx + r * n, gy[r], x + r * n, y[r], n, put);
  });
}

template <Real T>
void extreme_grad_naive(T* gx, const T* gy, const T* x, const T* y, index_t rows, index_t n) {
  for (index_t r = 0; r < rows; ++r) {
    const auto reached = [&](index_t i) { return x[r * n + i] == y[r] || x[r * n + i] != x[r * n + i]; };
    index_t ties = 0;
    for (index_t i = 0; i < n; ++i) ties += reached(i);
    for (index_t i = 0; i < n; ++i) gx[r * n + i] = reached(i) ? gy[r] / static_cast<T>(ties) : 0;
  }
}

template void extreme_grad(float*, const float*, const float*, const float*, index_t, index_t);
template void extreme_grad(double*, const double*, const double*, const double*, index_t, index_t);
template void extreme_grad_naive(float*, const float*, const float*, const float*, index_t, index_t);
template void extreme_grad_naive(double*, const double*, const double*, const double*, index_t, index_t);

}  // namespace xtape::kernels
