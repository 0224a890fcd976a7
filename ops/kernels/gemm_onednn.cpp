// Products by oneDNN: blocks of rows or columns of C, a call each.
#include <algorithm>
#include <concepts>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/gemm_parts.hpp>
#include <xtape/ops/kernels/gemm_plan.hpp>
#include <xtape/ops/kernels/onednn.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {

/// Measured on Zen 4, one thread, GFLOP/s of BLAS in tiles and of oneDNN, over GPTs' products: plain 89 to 99
/// and 102 to 114, A transposed 73 to 105 and 106 to 112, B transposed with many rows 95 to 105 and 97 to
/// 110, with few rows 98 to 103 and 97 to 101. In bf16 oneDNN reaches 180 to 220.
bool suits_onednn(const GemmShape& s) {
  if (!has_onednn(s.precision)) return false;
  const index_t shorter = std::min(s.m, s.n), work = s.m * s.n * s.k;
  if (s.precision == Precision::bf16) return shorter >= 16 && work >= index_t{1} << 16;
  const bool worth_two_calls = work >= index_t{3} << 22;
  return worth_two_calls && shorter >= 128 && s.k >= 64 && s.k <= 16384 && (!s.transpose_b || s.m >= s.k);
}

namespace {

/// oneDNN would turn B in each of its many calls.
void with_turned_b(Product<float> x, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets) {
  GemmShape& s = x.shape;
  Scratch<float> turned(s.k * s.n);
  parallel_for(s.n, std::max<index_t>(16, rows_grain(s.k) / 16 * 16), [&](index_t begin, index_t end) {
    transpose_copy(turned.data() + begin, s.n, x.b + b_offsets[0] + begin * s.ldb, s.ldb, s.k, end - begin);
  });
  constexpr index_t in_place[] = {0};
  x.b = turned.data(), s.ldb = s.n, s.transpose_b = false;
  onednn_products(x, c_offsets, a_offsets, in_place);
}

}  // namespace

template <class In>
void onednn_products(const Product<float, In>& first, Offsets c_offsets, Offsets a_offsets,
                     Offsets b_offsets) {
  if constexpr (std::same_as<In, float>)
    if (first.shape.transpose_b && first.shape.m >= 1024 && c_offsets.size() == 1)
      return with_turned_b(first, c_offsets, a_offsets, b_offsets);
  const auto products = static_cast<index_t>(c_offsets.size());
  const BlockPlan plan = plan_blocks(first.shape, products);
  const index_t pieces = plan.pieces.count, parts = plan.parts.count;
  PartialSums<float> sums(first.shape, plan.parts, products);
  parallel_for(products * parts * pieces, plan.grain, [&](index_t begin, index_t end) {
    for (index_t call = begin; call < end; ++call) {
      const index_t product = call / pieces / parts;
      const auto i = static_cast<std::size_t>(product);
      const auto x = sums.part(at_offsets(first, c_offsets[i], a_offsets[i], b_offsets[i]), product,
                               call / pieces % parts);
      const Range piece = plan.pieces[call % pieces];
      onednn(plan.by_rows ? x.rows(piece) : x.columns(piece));
    }
  });
  sums.add_up(first.c, c_offsets);
}

template void onednn_products(const Product<float, float>&, Offsets, Offsets, Offsets);
template void onednn_products(const Product<float, Bf16>&, Offsets, Offsets, Offsets);

}  // namespace xtape::kernels
