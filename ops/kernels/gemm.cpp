// Matrix products: cut into tiles and tasks by shape, each tile one call of BLAS on one thread.
#include <xtape/ops/kernels/gemm.hpp>

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>
#include <xtape/ops/kernels/workspace.hpp>

namespace xtape::kernels {
namespace {

/// What one call of BLAS takes.
struct Tile {
  index_t m, n, k;
};

/// How BLAS likes its work on this processor.
struct Engine {
  bool small_kernels;  ///< products of up to 10^6 steps run straight from their operands, nothing packed

  /// Measured on Zen 4, one thread, peak 116 GFLOP/s: nanoGPT's products reach 113 to 116 in tiles of 48 x 64
  /// x 256 and 92 to 105 in one piece. Without small kernels each call packs its operands, so calls must be
  /// large.
  Tile tile() const { return small_kernels ? Tile{48, 64, 256} : Tile{192, 256, 4096}; }
};

/// Asked for at each product: the first one also takes BLAS's own threads away.
const Engine& engine() {
  static const Engine engine = [] {
    openblas_set_num_threads(1);
    const std::string_view core = openblas_get_corename();
    return Engine{core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids"};
  }();
  return engine;
}

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }

blasint blas_int(index_t n) { return static_cast<blasint>(n); }

void blas_gemm(float* c, const float* a, const float* b, const GemmShape& s, float alpha, float beta) {
  cblas_sgemm(CblasRowMajor, flag(s.transpose_a), flag(s.transpose_b), blas_int(s.m), blas_int(s.n),
              blas_int(s.k), alpha, a, blas_int(s.lda), b, blas_int(s.ldb), beta, c, blas_int(s.ldc));
}

void blas_gemm(double* c, const double* a, const double* b, const GemmShape& s, double alpha, double beta) {
  cblas_dgemm(CblasRowMajor, flag(s.transpose_a), flag(s.transpose_b), blas_int(s.m), blas_int(s.n),
              blas_int(s.k), alpha, a, blas_int(s.lda), b, blas_int(s.ldb), beta, c, blas_int(s.ldc));
}

/// One product, or the part of it over some of k.
template <Real T>
struct Product {
  T* c;
  const T *a, *b;
  GemmShape shape;
  T alpha, beta;

  /// The product of rows [i0, i1), columns [j0, j1) and [p0, p1) of k.
  Product part(index_t i0, index_t i1, index_t j0, index_t j1, index_t p0, index_t p1) const {
    Product x = *this;
    x.c += i0 * shape.ldc + j0;
    x.a += shape.transpose_a ? p0 * shape.lda + i0 : i0 * shape.lda + p0;
    x.b += shape.transpose_b ? j0 * shape.ldb + p0 : p0 * shape.ldb + j0;
    x.shape.m = i1 - i0, x.shape.n = j1 - j0, x.shape.k = p1 - p0;
    if (p0 > 0) x.beta = 1;
    return x;
  }
};

/// A matrix as it is stored.
struct Stored {
  index_t rows, columns, ld;
  bool transpose;
};

void blas_gemv(float* y, index_t step_y, const float* a, const Stored& s, const float* x, index_t step_x,
               float alpha, float beta) {
  cblas_sgemv(CblasRowMajor, flag(s.transpose), blas_int(s.rows), blas_int(s.columns), alpha, a,
              blas_int(s.ld), x, blas_int(step_x), beta, y, blas_int(step_y));
}

void blas_gemv(double* y, index_t step_y, const double* a, const Stored& s, const double* x, index_t step_x,
               double alpha, double beta) {
  cblas_dgemv(CblasRowMajor, flag(s.transpose), blas_int(s.rows), blas_int(s.columns), alpha, a,
              blas_int(s.ld), x, blas_int(step_x), beta, y, blas_int(step_y));
}

template <Real T>
void blas(const Product<T>& x) {
  const auto& s = x.shape;
  if (s.n == 1) {
    const Stored a{s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k, s.lda, s.transpose_a};
    blas_gemv(x.c, s.ldc, x.a, a, x.b, s.transpose_b ? 1 : s.ldb, x.alpha, x.beta);
  } else if (s.m == 1) {
    const Stored b{s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n, s.ldb, !s.transpose_b};
    blas_gemv(x.c, 1, x.b, b, x.a, s.transpose_a ? s.lda : 1, x.alpha, x.beta);
  } else {
    blas_gemm(x.c, x.a, x.b, s, x.alpha, x.beta);
  }
}

/// An extent cut into even pieces with edges at multiples of 4. None has a single element unless the extent
/// has.
struct Pieces {
  index_t extent, count;

  index_t edge(index_t i) const { return i == count ? extent : extent * i / count / 4 * 4; }
  index_t most() const { return std::min(extent, extent / count + 4); }
};

Pieces even_pieces(index_t extent, index_t ideal, index_t most) {
  return {extent, std::max({index_t{1}, (extent + ideal / 2) / ideal, block_count(extent, most)})};
}

/// An extent cut into pieces of one size; a remainder below an eighth of it joins the last piece.
struct Panels {
  index_t extent, width;

  index_t count() const { return std::max<index_t>(1, (extent + width - width / 8 - 1) / width); }
  index_t edge(index_t i) const { return i == count() ? extent : i * width; }
};

constexpr index_t work_of_a_task = index_t{1} << 20;  // multiplications: 20 microseconds of one thread
constexpr index_t most_tasks = 64;
constexpr index_t most_panels = 4;

/// The cut of one product. A unit is one row of tiles in a group of panels, over a part of k; units that
/// share a group are neighbours.
struct Plan {
  Pieces rows;
  Panels columns;
  index_t group;             ///< panels that pass together over the packed rows of A
  Pieces parts;              ///< of k, each summed on its own
  index_t depth;             ///< the most of k that one call of BLAS takes
  index_t calls_of_a_chunk;  ///< how much of k is packed at a time: it must stay in the second-level cache
  bool pack_a, pack_b;       ///< small kernels read wide strides slowly, and transposed B always
  index_t grain;             ///< units in a task

  index_t chunk() const { return depth * calls_of_a_chunk; }
  index_t groups() const { return block_count(columns.count(), group); }
  index_t units() const { return rows.count * groups() * parts.count; }
};

/// Vectors are read once, so only the length of the runs counts. Few rows want wide panels, few columns tall
/// ones.
Tile tile_for(const GemmShape& s) {
  const index_t run = std::max<index_t>(256, (index_t{1} << 17) / s.k / 64 * 64);
  if (s.n == 1) return {run, 1, s.k};
  if (s.m == 1) return {1, run, s.k};
  Tile tile = engine().tile();
  if (s.n < tile.n) tile.m *= std::min<index_t>(tile.n / s.n, 8);
  if (s.m < tile.m && !s.transpose_b) tile.n *= std::min<index_t>(tile.m / s.m, 8);
  return tile;
}

index_t parts_of_k(index_t work, index_t k, index_t tiles) {
  if (tiles >= 8) return 1;
  return std::max<index_t>(1, std::min({8 / tiles, k / 512, work / work_of_a_task}));
}

/// Tasks of about equal work that do not straddle groups of panels.
index_t grain_of(index_t unit_work, index_t units, index_t rows, bool pack_b) {
  index_t grain = std::max(block_count(work_of_a_task, unit_work), block_count(units, most_tasks));
  if (pack_b) grain = std::max<index_t>(grain, 8);
  if (grain < rows) return block_count(rows, std::max<index_t>(1, (rows + grain / 2) / grain));
  return grain / rows * rows;
}

Plan plan(const GemmShape& s, index_t products) {
  const Tile tile = tile_for(s);
  const index_t work = s.m * s.n * s.k;
  const bool packs = engine().small_kernels && s.m > 1 && s.n > 1;
  Plan plan;
  plan.rows = even_pieces(s.m, tile.m, tile.m + 2);
  plan.columns = {s.n, tile.n};
  const index_t tiles = plan.rows.count * plan.columns.count();
  plan.parts = {s.k, parts_of_k(work * products, s.k, tiles * products)};
  plan.depth = tile.k;
  plan.pack_a = packs && s.transpose_a && s.lda >= 1024 && s.n >= 128;
  plan.pack_b = packs && (s.transpose_b ? s.m >= 32 : s.ldb > 512 && s.m >= 128);
  const index_t panels = plan.columns.count(), groups = block_count(panels, most_panels);
  plan.group = engine().small_kernels && plan.rows.count * groups >= (getenv("GU")?atoi(getenv("GU")):16) ? block_count(panels, groups) : 1;
  plan.calls_of_a_chunk = plan.group > 1 ? 2 : 4;
  plan.grain = grain_of(std::max<index_t>(1, work / plan.units()), plan.units() * products, plan.rows.count,
                        plan.pack_b);
  return plan;
}

/// packed (rows, columns), without gaps, from x (rows, columns).
template <Real T>
void pack(T* packed, const T* x, index_t ld, index_t rows, index_t columns) {
  for (index_t i = 0; i < rows; ++i) std::copy_n(x + i * ld, columns, packed + i * columns);
}

/// packed (rows, columns), without gaps, from x (columns, rows).
template <Real T>
void pack_transposed(T* packed, const T* x, index_t ld, index_t rows, index_t columns) {
  constexpr int N = static_cast<int>(lanes<T>);
  const index_t whole_rows = rows / N * N, whole_columns = columns / N * N;
  for (index_t j = 0; j < whole_columns; j += N)
    for (index_t i = 0; i < whole_rows; i += N) {
      typename Vector<T, N>::type block[N];
      unrolled<N>([&](auto l) { std::memcpy(&block[l], x + (j + l) * ld + i, sizeof block[l]); });
      transpose_block<T, N>(block);
      unrolled<N>([&](auto l) { std::memcpy(packed + (i + l) * columns + j, &block[l], sizeof block[l]); });
    }
  for (index_t j = 0; j < columns; ++j)
    for (index_t i = j < whole_columns ? whole_rows : 0; i < rows; ++i)
      packed[i * columns + j] = x[j * ld + i];
}

/// The same product with B, or A, copied to a place without gaps.
template <Real T>
Product<T> with_packed_b(Product<T> x, T* place) {
  auto& s = x.shape;
  if (s.transpose_b) {
    pack_transposed(place, x.b, s.ldb, s.k, s.n);
  } else {
    pack(place, x.b, s.ldb, s.k, s.n);
  }
  x.b = place, s.ldb = s.n, s.transpose_b = false;
  return x;
}

/// Places for a packed row of tiles of A and a group of packed panels of B, a chunk of k deep.
template <Real T>
class Packed {
 public:
  explicit Packed(const Plan& plan)
      : panel_size_(plan.chunk() * (plan.columns.width + plan.columns.width / 8)),
        a_(plan.pack_a ? plan.chunk() * plan.rows.most() : 0),
        b_(plan.pack_b ? panel_size_ * plan.group : 0) {}
  T* a() const { return a_.data(); }
  T* b(index_t panel) const { return b_.data() + panel * panel_size_; }

 private:
  index_t panel_size_;
  Workspace<T> a_, b_;
};

/// Pieces [first, last) of the rows of a group of panels.
template <Real T>
void multiply_group(const Product<T>& x, const Plan& plan, index_t group, index_t first, index_t last,
                    const Packed<T>& packed) {
  const Pieces calls = even_pieces(x.shape.k, plan.depth, plan.depth);
  const index_t first_panel = group * plan.group,
                panels = std::min(plan.group, plan.columns.count() - first_panel);
  std::array<Product<T>, most_panels> panel;
  for (index_t from = 0; from < calls.count; from += plan.calls_of_a_chunk) {
    const index_t to = std::min(calls.count, from + plan.calls_of_a_chunk), p0 = calls.edge(from);
    for (index_t j = 0; j < panels; ++j) {
      panel[j] = x.part(0, x.shape.m, plan.columns.edge(first_panel + j),
                        plan.columns.edge(first_panel + j + 1), p0, calls.edge(to));
      if (plan.pack_b) panel[j] = with_packed_b(panel[j], packed.b(j));
    }
    for (index_t i = first; i < last; ++i)
      for (index_t j = 0; j < panels; ++j) {
        Product<T> tile =
            panel[j].part(plan.rows.edge(i), plan.rows.edge(i + 1), 0, panel[j].shape.n, 0, panel[j].shape.k);
        if (plan.pack_a) {
          if (j == 0) pack(packed.a(), tile.a, tile.shape.lda, tile.shape.k, tile.shape.m);
          tile.a = packed.a(), tile.shape.lda = tile.shape.m;
        }
        for (index_t call = from; call < to; ++call)
          blas(tile.part(0, tile.shape.m, 0, tile.shape.n, calls.edge(call) - p0, calls.edge(call + 1) - p0));
      }
  }
}

using Offsets = std::span<const index_t>;

/// Products of one shape at offsets from common pointers.
template <Real T>
class Products {
 public:
  Products(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta, Offsets c_offsets,
           Offsets a_offsets, Offsets b_offsets)
      : first_{c, a, b, shape, alpha, beta},
        c_offsets_(c_offsets),
        a_offsets_(a_offsets),
        b_offsets_(b_offsets),
        plan_(plan(shape, size())),
        partial_((plan_.parts.count - 1) * size() * shape.m * shape.n) {}

  void run() const {
    parallel_for(plan_.units() * size(), plan_.grain,
                 [&](index_t begin, index_t end) { run_units(begin, end); });
    if (plan_.parts.count > 1) add_partial_sums();
  }

 private:
  index_t size() const { return static_cast<index_t>(c_offsets_.size()); }

  void run_units(index_t begin, index_t end) const {
    const index_t rows = plan_.rows.count, groups = plan_.groups(), parts = plan_.parts.count;
    const Packed<T> packed(plan_);
    for (index_t unit = begin; unit < end;) {
      const index_t first = unit % rows, last = std::min(rows, first + end - unit);
      const index_t group = unit / rows % groups, part = unit / rows / groups;
      multiply_group(part_of_product(part / parts, part % parts), plan_, group, first, last, packed);
      unit += last - first;
    }
  }

  Product<T> product(index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    Product<T> x = first_;
    x.c += c_offsets_[at], x.a += a_offsets_[at], x.b += b_offsets_[at];
    return x;
  }

  /// The first part of k goes straight to C, with C's beta; the others to matrices of their own.
  Product<T> part_of_product(index_t i, index_t part) const {
    const auto& s = first_.shape;
    Product<T> x = product(i).part(0, s.m, 0, s.n, plan_.parts.edge(part), plan_.parts.edge(part + 1));
    if (part == 0) return x;
    x.c = partial(i, part), x.shape.ldc = s.n, x.beta = 0;
    return x;
  }

  T* partial(index_t i, index_t part) const {
    return partial_.data() + (i * (plan_.parts.count - 1) + part - 1) * first_.shape.m * first_.shape.n;
  }

  void add_partial_sums() const {
    const auto& s = first_.shape;
    parallel_for(size() * s.m, rows_grain(s.n * plan_.parts.count), [&](index_t begin, index_t end) {
      for (index_t row = begin; row < end; ++row) {
        const index_t i = row / s.m;
        T* c = product(i).c + row % s.m * s.ldc;
        for (index_t part = 1; part < plan_.parts.count; ++part) {
          const T* more = partial(i, part) + row % s.m * s.n;
          for (index_t j = 0; j < s.n; ++j) c[j] += more[j];
        }
      }
    });
  }

  Product<T> first_;
  Offsets c_offsets_, a_offsets_, b_offsets_;
  Plan plan_;
  Workspace<T> partial_;
};

/// C *= beta, and C = 0 where beta is 0 whatever C held.
template <Real T>
void scale(T* c, const GemmShape& s, T beta) {
  if (beta == 1) return;
  for (index_t i = 0; i < s.m; ++i, c += s.ldc)
    for (index_t j = 0; j < s.n; ++j) c[j] = beta == 0 ? T{0} : beta * c[j];
}

}  // namespace

template <Real T>
void gemm(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta) {
  const index_t at_once[] = {0};
  gemm_batched(c, a, b, shape, alpha, beta, at_once, at_once, at_once);
}

template <Real T>
void gemm_batched(T* c, const T* a, const T* b, const GemmShape& s, T alpha, T beta, Offsets c_offsets,
                  Offsets a_offsets, Offsets b_offsets) {
  if (s.m == 0 || s.n == 0 || c_offsets.empty()) return;
  if (s.k == 0) {
    for (const index_t offset : c_offsets) scale(c + offset, s, beta);
    return;
  }
  constexpr index_t little = index_t{1} << 16;
  if (c_offsets.size() == 1 && s.m * s.n * s.k <= little) {  // 100 ns are much here
    engine();
    return blas(Product<T>{c + c_offsets[0], a + a_offsets[0], b + b_offsets[0], s, alpha, beta});
  }
  Products<T>(c, a, b, s, alpha, beta, c_offsets, a_offsets, b_offsets).run();
}

template <Real T>
void gemm_naive(T* c, const T* a, const T* b, const GemmShape& s, T alpha, T beta) {
  for (index_t i = 0; i < s.m; ++i)
    for (index_t j = 0; j < s.n; ++j) {
      T sum = 0;
      for (index_t p = 0; p < s.k; ++p) {
        const T a_ip = s.transpose_a ? a[p * s.lda + i] : a[i * s.lda + p];
        const T b_pj = s.transpose_b ? b[j * s.ldb + p] : b[p * s.ldb + j];
        sum += a_ip * b_pj;
      }
      T& result = c[i * s.ldc + j];
      result = beta == 0 ? alpha * sum : alpha * sum + beta * result;
    }
}

template void gemm(float*, const float*, const float*, const GemmShape&, float, float);
template void gemm(double*, const double*, const double*, const GemmShape&, double, double);
template void gemm_batched(float*, const float*, const float*, const GemmShape&, float, float, Offsets,
                           Offsets, Offsets);
template void gemm_batched(double*, const double*, const double*, const GemmShape&, double, double, Offsets,
                           Offsets, Offsets);
template void gemm_naive(float*, const float*, const float*, const GemmShape&, float, float);
template void gemm_naive(double*, const double*, const double*, const GemmShape&, double, double);

}  // namespace xtape::kernels
