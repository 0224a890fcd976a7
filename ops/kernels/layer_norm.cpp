// Layer normalisation: a row stays in the first cache for all its passes.
#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/layer_norm.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {
namespace {

/// weight's batch at i, or ones where there is no weight.
template <Real T, class P>
Batch<T> weight_or_one(const T* weight, index_t i, P part) {
  return weight ? load(weight + i, part, T{0}) : Batch<T>(T{1});
}

/// Meanwhile what comes next is fetched.
template <Real T, class Store>
void normalise_row(T* y, T& mean, T& rstd, const T* x, const T* weight, const T* bias, T eps, index_t n,
                   Store put) {
  const T count = static_cast<T>(n);
  const T m =
      reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) { return load(x + i, part, T{0}); }) /
      count;
  const T variance = reduce_batches<T>(n, T{0}, Plus{},
                                       [&](index_t i, auto part) {
                                         const Batch<T> d = load(x + i, part, m) - m;
                                         return d * d;
                                       }) /
                     count;
  const T r = T{1} / std::sqrt(variance + eps);
  mean = m;
  rstd = r;
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(x + i);
    Batch<T> v = (load(x + i, part, T{0}) - m) * r;
    if (weight) v = v * load(weight + i, part, T{0});
    if (bias) v = v + load(bias + i, part, T{0});
    put(y + i, v, part);
  });
}

/// Bytes from which a gradient is streamed. The loops before have left its lines with other cores; in this
/// loop, which stores to three places, each line then takes 20 ns and more, and much less past the caches.
constexpr index_t streamed_gradient = index_t{1} << 18;

/// What the rows' gradients share.
template <Real T>
struct Gradient {
  T *gx, *gweight, *gbias;  // gweight and gbias are the block's own sums
  const T *gy, *x, *mean, *rstd, *weight;
  index_t width;
};

/// The means over one row of g and of g * normal, where g = gy * weight.
template <Real T>
std::pair<T, T> row_means(const Gradient<T>& of, index_t row) {
  const T *gy = of.gy + row * of.width, *x = of.x + row * of.width;
  const T mean = of.mean[row], rstd = of.rstd[row];
  Batch<T> g_sum(T{0}), gn_sum(T{0});
  for_batches<T>(of.width, [&](index_t i, auto part) {
    const Batch<T> g = load(gy + i, part, T{0}) * weight_or_one(of.weight, i, part);
    g_sum += g;
    gn_sum += g * ((load(x + i, part, mean) - mean) * rstd);
  });
  const T count = static_cast<T>(of.width);
  return {fold<T>(g_sum, Plus{}) / count, fold<T>(gn_sum, Plus{}) / count};
}

/// Meanwhile what comes next is fetched.
template <Real T, class Store>
void gradient_row(const Gradient<T>& of, index_t row, Store put) {
  const T *gy = of.gy + row * of.width, *x = of.x + row * of.width;
  T* const gx = of.gx ? of.gx + row * of.width : nullptr;
  const T mean = of.mean[row], rstd = of.rstd[row];
  T g_mean = 0, gn_mean = 0;
  if (gx) std::tie(g_mean, gn_mean) = row_means(of, row);
  for_batches<T>(of.width, [&](index_t i, auto part) {
    put.fetch(gy + i);
    put.fetch(x + i);
    const Batch<T> u = load(gy + i, part, T{0});
    const Batch<T> n = (load(x + i, part, mean) - mean) * rstd;
    if (gx) put(gx + i, (u * weight_or_one(of.weight, i, part) - g_mean - n * gn_mean) * rstd, part);
    if (of.gweight) store(of.gweight + i, load(of.gweight + i, part, T{0}) + u * n, part);
    if (of.gbias) store(of.gbias + i, load(of.gbias + i, part, T{0}) + u, part);
  });
}

}  // namespace

template <Real T>
void layer_norm(T* y, T* mean, T* rstd, const T* x, const T* weight, const T* bias, T eps, index_t rows,
                index_t width) {
  parallel_rows(y, rows, width, rows_grain(width), [&](index_t begin, index_t end, auto put) {
    for (index_t r = begin; r < end; ++r)
      normalise_row(y + r * width, mean[r], rstd[r], x + r * width, weight, bias, eps, width, put);
  });
}

template <Real T>
void layer_norm_grad(T* gx, T* gweight, T* gbias, const T* gy, const T* x, const T* mean, const T* rstd,
                     const T* weight, index_t rows, index_t width) {
  const index_t grain = std::clamp(rows_grain(width), index_t{32}, index_t{128}),
                blocks = block_count(rows, grain);
  Scratch<T> weight_sums(gweight ? blocks * width : 0), bias_sums(gbias ? blocks * width : 0);
  const auto block = [&](index_t begin, index_t end, auto put) {
    const index_t at = begin / grain * width;
    T* const weight_sum = gweight ? std::fill_n(&weight_sums[at], width, T{0}) - width : nullptr;
    T* const bias_sum = gbias ? std::fill_n(&bias_sums[at], width, T{0}) - width : nullptr;
    const Gradient<T> of{gx, weight_sum, bias_sum, gy, x, mean, rstd, weight, width};
    for (index_t row = begin; row < end; ++row) gradient_row(of, row, put);
  };
  parallel_rows(gx, rows, width, grain, block, streamed_gradient);
  const index_t one_row[] = {1, width}, all_blocks[] = {blocks, width};
  if (gweight) sum<T>(gweight, weight_sums.data(), one_row, all_blocks);
  if (gbias) sum<T>(gbias, bias_sums.data(), one_row, all_blocks);
}

template <Real T>
void layer_norm_naive(T* y, T* mean, T* rstd, const T* x, const T* weight, const T* bias, T eps, index_t rows,
                      index_t width) {
  const T count = static_cast<T>(width);
  for (index_t r = 0; r < rows; ++r) {
    const T* row = x + r * width;
    T sum = 0, squares = 0;
    for (index_t i = 0; i < width; ++i) sum += row[i];
    mean[r] = sum / count;
    for (index_t i = 0; i < width; ++i) squares += (row[i] - mean[r]) * (row[i] - mean[r]);
    rstd[r] = 1 / std::sqrt(squares / count + eps);
    for (index_t i = 0; i < width; ++i)
      y[r * width + i] = (row[i] - mean[r]) * rstd[r] * (weight ? weight[i] : 1) + (bias ? bias[i] : 0);
  }
}

template <Real T>
void layer_norm_grad_naive(T* gx, T* gweight, T* gbias, const T* gy, const T* x, const T* mean, const T* rstd,
                           const T* weight, index_t rows, index_t width) {
  const T count = static_cast<T>(width);
  if (gweight) std::fill_n(gweight, width, T{0});
  if (gbias) std::fill_n(gbias, width, T{0});
  for (index_t r = 0; r < rows; ++r) {
    const auto normal = [&](index_t i) { return (x[r * width + i] - mean[r]) * rstd[r]; };
    const auto g = [&](index_t i) { return gy[r * width + i] * (weight ? weight[i] : 1); };
    T g_sum = 0, gn_sum = 0;
    for (index_t i = 0; i < width; ++i) {
      g_sum += g(i);
      gn_sum += g(i) * normal(i);
      if (gweight) gweight[i] += gy[r * width + i] * normal(i);
      if (gbias) gbias[i] += gy[r * width + i];
    }
    for (index_t i = 0; gx && i < width; ++i)
      gx[r * width + i] = rstd[r] * (g(i) - g_sum / count - normal(i) * gn_sum / count);
  }
}

template void layer_norm(float*, float*, float*, const float*, const float*, const float*, float, index_t,
                         index_t);
template void layer_norm(double*, double*, double*, const double*, const double*, const double*, double,
                         index_t, index_t);
template void layer_norm_grad(float*, float*, float*, const float*, const float*, const float*, const float*,
                              const float*, index_t, index_t);
template void layer_norm_grad(double*, double*, double*, const double*, const double*, const double*,
                              const double*, const double*, index_t, index_t);
template void layer_norm_naive(float*, float*, float*, const float*, const float*, const float*, float,
                               index_t, index_t);
template void layer_norm_naive(double*, double*, double*, const double*, const double*, const double*, double,
                               index_t, index_t);
template void layer_norm_grad_naive(float*, float*, float*, const float*, const float*, const float*,
                                    const float*, const float*, index_t, index_t);
template void layer_norm_grad_naive(double*, double*, double*, const double*, const double*, const double*,
                                    const double*, const double*, index_t, index_t);

}  // namespace xtape::kernels
