// How a product is cut.
#include <xtape/ops/kernels/gemm_plan.hpp>

#include <algorithm>
#include <bit>

#include <xtape/core/parallel.hpp>

namespace xtape::kernels {
namespace {

constexpr index_t work_of_a_task = index_t{1} << 20;  // multiplications: 20 microseconds of one thread
constexpr index_t many_units = 64;

/// What one call of BLAS should take.
struct Tile {
  index_t m, n, k;
};

Pieces even_pieces(index_t extent, index_t ideal) {
  return {extent, std::max({index_t{1}, (extent + ideal / 2) / ideal, block_count(extent, ideal + 2)})};
}

index_t tiles_of(const GemmShape& s, const Tile& tile) {
  return even_pieces(s.m, tile.m).count * Panels{s.n, tile.n}.count();
}

/// Measured on Zen 4, one thread, peak 116 GFLOP/s: nanoGPT's products reach 110 to 116 in these tiles and 92
/// to 105 in one call. Few rows want wide panels, few columns tall ones.
Tile small_tile(const GemmShape& s) {
  Tile tile{48, 64, 256};
  if (s.n < tile.n) tile.m *= std::min<index_t>(tile.n / s.n, 8);
  if (s.m < tile.m && !s.transpose_b) tile.n *= std::min<index_t>(tile.m / s.m, 8);
  return tile;
}

/// Where each call packs its operands, calls must be large, if only there are some.
Tile large_tile(const GemmShape& s) {
  const Tile large{192, 256, 4096}, medium{64, 64, 4096};
  const bool few = tiles_of(s, large) < 4 && s.m * s.n * s.k >= 2 * work_of_a_task;
  return few ? medium : large;
}

/// A matrix that meets a vector is read once, in long runs.
Tile vector_tile(const GemmShape& s) {
  const index_t run = std::max<index_t>(256, (index_t{1} << 17) / s.k / 64 * 64);
  return s.n == 1 ? Tile{run, 1, s.k} : Tile{1, run, s.k};
}

Tile tile_for(const GemmShape& s) {
  if (s.m == 1 || s.n == 1) return vector_tile(s);
  return blas_has_small_kernels() ? small_tile(s) : large_tile(s);
}

/// A product with few tiles is cut along k too, so that there is work for some threads.
index_t parts_of_k(index_t work, index_t k, index_t tiles) {
  if (tiles >= 8) return 1;
  return std::max<index_t>(1, std::min({8 / tiles, k / 512, work / work_of_a_task}));
}

/// Tasks of about equal work that stay within a group of panels, or take whole groups.
index_t grain_for(const GemmPlan& plan, index_t work, index_t products) {
  const index_t unit_work = std::max<index_t>(1, work / plan.units()), rows = plan.rows.count;
  index_t grain =
      std::max(block_count(work_of_a_task, unit_work), block_count(plan.units() * products, many_units));
  if (plan.pack_b) grain = std::max<index_t>(grain, 8);  // each task packs for itself
  if (grain >= rows) return grain / rows * rows;
  return block_count(rows, std::max<index_t>(1, (rows + grain / 2) / grain));
}

/// oneDNN packs its operands in each call, so calls are large; only a small product needs small ones, for
/// there to be some.
index_t calls_for(index_t work) {
  constexpr index_t small_call = 3 << 21, large_call = 1 << 26;
  return std::max(std::clamp<index_t>(work / small_call, 1, 4), std::min<index_t>(work / large_call, 16));
}

/// A weight's gradient adds up over rows, and most other loops are cut by rows. Where C is small beside its
/// operands, the two halves of the rows are summed apart, so that each of two threads reads rows that it
/// wrote itself: lines that another core has read as well are slow to write again.
bool in_halves(const GemmShape& s) {
  const bool small_c = s.k * (s.m + s.n) >= 4 * s.m * s.n;
  return s.transpose_a && s.k >= 512 && small_c && s.m * s.n * s.k >= 2 * work_of_a_task;
}

}  // namespace

GemmPlan plan_gemm(const GemmShape& s, index_t products) {
  const Tile tile = tile_for(s);
  const bool small_kernels = blas_has_small_kernels() && s.m > 1 && s.n > 1;
  const index_t work = s.m * s.n * s.k;
  GemmPlan plan;
  plan.rows = even_pieces(s.m, tile.m);
  plan.panels = {s.n, tile.n};
  const index_t panels = plan.panels.count(), tiles = plan.rows.count * panels;
  plan.parts = {s.k, parts_of_k(work * products, s.k, tiles * products)};
  plan.depth = tile.k;
  // Small kernels read wide strides slowly, and transposed B always.
  plan.pack_a = small_kernels && s.transpose_a && s.lda >= 1024 && s.n >= 128;
  plan.pack_b = small_kernels && (s.transpose_b ? s.m >= 32 : s.ldb > 512 && s.m >= 128);
  const index_t groups = block_count(panels, most_panels);
  plan.group = small_kernels && plan.rows.count * groups >= many_units ? block_count(panels, groups) : 1;
  plan.chunk = plan.group > 1 ? 2 : 4;  // packed panels must stay in the second-level cache
  plan.grain = grain_for(plan, work, products);
  return plan;
}

BlockPlan plan_blocks(const GemmShape& s, index_t products) {
  const index_t work = s.m * s.n * s.k;
  BlockPlan plan;
  plan.parts = {s.k, products == 1 && in_halves(s) ? 2 : 1};
  plan.by_rows = s.m >= s.n;
  const index_t extent = plan.by_rows ? s.m : s.n;
  const index_t pieces =
      std::clamp<index_t>(calls_for(work * products) / products / plan.parts.count, 1, extent / 32 + 1);
  plan.pieces = {extent, static_cast<index_t>(std::bit_floor(static_cast<std::size_t>(pieces)))};
  plan.grain = std::max<index_t>(1, work_of_a_task * plan.pieces.count * plan.parts.count / work);
  return plan;
}

}  // namespace xtape::kernels
