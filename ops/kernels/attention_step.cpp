// Attention of the newest position.
#include <xtape/ops/kernels/attention_step.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/ops/kernels/attention_tile.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {
namespace {

constexpr int together = 4;  // runs through keys and values, a quarter of them apart: memory is read fastest
constexpr int wide = 4;      // batches of channels in a pass over the values

/// scores[j] = q . k_j scale, for `Keys` keys that lie `apart` from each other.
template <int Keys, Real T>
void score(T* scores, const T* q, const T* k, index_t apart, index_t head_size, T scale) {
  Batch<T> sums[Keys];
  unrolled<Keys>([&](auto j) { sums[j] = Batch<T>(T{0}); });
  for_batches<T>(head_size, [&](index_t d, auto some) {
    const Batch<T> left = load(q + d, some, T{0});
    unrolled<Keys>([&](auto j) {
      sums[j] = xsimd::fma(left, load(k + j * apart * head_size + d, some, T{0}), sums[j]);
    });
  });
  unrolled<Keys>([&](auto j) { scores[j * apart] = fold<T>(sums[j], Plus{}) * scale; });
}

/// y = sum over j of weights[j] v_j, for `Batches` batches of channels in one pass over v.
template <int Batches, Real T, class Some>
void mix(T* y, const T* weights, const T* v, index_t n, index_t head_size, Some some) {
  Batch<T> sums[Batches][together];
  std::fill_n(&sums[0][0], Batches * together, Batch<T>(T{0}));
  const auto add = [&](auto a, index_t j) {
    const Batch<T> weight(weights[j]);
    unrolled<Batches>([&](auto b) {
      sums[b][a] = xsimd::fma(weight, load(v + j * head_size + b * lanes<T>, some, T{0}), sums[b][a]);
    });
  };
  const index_t apart = n / together;
  for (index_t j = 0; j < apart; ++j) unrolled<together>([&](auto a) { add(a, j + a * apart); });
  for (index_t j = apart * together; j < n; ++j) add(std::integral_constant<int, 0>{}, j);
  static_assert(together == 4);
  unrolled<Batches>(
      [&](auto b) { store(y + b * lanes<T>, (sums[b][0] + sums[b][1]) + (sums[b][2] + sums[b][3]), some); });
}

template <Real T>
void mix_all(T* y, const T* weights, const T* v, index_t n, index_t head_size) {
  index_t d = 0;
  for (; d + wide * lanes<T> <= head_size; d += wide * lanes<T>)
    mix<wide>(y + d, weights, v + d, n, head_size, Whole{});
  for_batches<T>(head_size - d,
                 [&](index_t e, auto some) { mix<1>(y + d + e, weights, v + d + e, n, head_size, some); });
}

}  // namespace

template <Real T>
void attend_one(T* y, const T* q, const T* k, const T* v, index_t n, index_t head_size, T scale) {
  Scratch<T> weights(n);
  T* const w = weights.data();
  const index_t apart = n / together;
  for (index_t j = 0; j < apart; ++j) score<together>(w + j, q, k + j * head_size, apart, head_size, scale);
  for (index_t j = apart * together; j < n; ++j) score<1>(w + j, q, k + j * head_size, 0, head_size, scale);
  const T top = reduce_batches<T>(n, -infinity<T>, Larger{},
                                  [&](index_t i, auto some) { return load(w + i, some, -infinity<T>); });
  const T total = exponentials(w, n, finite(top));
  const T share = total == 0 ? T{0} : 1 / total;  // 0 where nothing is seen, as in attention()
  for_batches<T>(n, [&](index_t i, auto some) { store(w + i, load(w + i, some, T{0}) * share, some); });
  mix_all(y, w, v, n, head_size);
}

template <Real T>
void attend_one_naive(T* y, const T* q, const T* k, const T* v, index_t n, index_t head_size, T scale) {
  T top = -infinity<T>, total = 0;
  const auto score = [&](index_t j) {
    T sum = 0;
    for (index_t d = 0; d < head_size; ++d) sum += q[d] * k[j * head_size + d];
    return sum * scale;
  };
  for (index_t j = 0; j < n; ++j) top = std::max(top, score(j));
  for (index_t d = 0; d < head_size; ++d) y[d] = 0;
  for (index_t j = 0; j < n; ++j) {
    const T weight = std::exp(score(j) - finite(top));
    total += weight;
    for (index_t d = 0; d < head_size; ++d) y[d] += weight * v[j * head_size + d];
  }
  for (index_t d = 0; d < head_size && total > 0; ++d) y[d] /= total;
}

template void attend_one(float*, const float*, const float*, const float*, index_t, index_t, float);
template void attend_one(double*, const double*, const double*, const double*, index_t, index_t, double);
template void attend_one_naive(float*, const float*, const float*, const float*, index_t, index_t, float);
template void attend_one_naive(double*, const double*, const double*, const double*, index_t, index_t,
                               double);

}  // namespace xtape::kernels
