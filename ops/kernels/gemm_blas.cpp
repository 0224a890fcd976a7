// Products by BLAS: tasks of tiles, operands packed where BLAS would read them slowly.
#include <algorithm>
#include <array>
#include <cstring>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/gemm_parts.hpp>
#include <xtape/ops/kernels/gemm_plan.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {
namespace {

/// packed (rows, columns), without gaps, from x (rows, columns).
template <Real T>
void pack(T* packed, const T* x, index_t ld, index_t rows, index_t columns) {
  for (index_t i = 0; i < rows; ++i) std::copy_n(x + i * ld, columns, packed + i * columns);
}

/// The same product, its B copied to `place` as it is read.
template <Real T>
Product<T> with_packed_b(Product<T> x, T* place) {
  GemmShape& s = x.shape;
  if (s.transpose_b) {
    transpose_copy(place, s.n, x.b, s.ldb, s.k, s.n);
  } else {
    pack(place, x.b, s.ldb, s.k, s.n);
  }
  x.b = place, s.ldb = s.n, s.transpose_b = false;
  return x;
}

/// The same product with A, which is transposed and stays so, at `place`.
template <Real T>
Product<T> with_a_at(Product<T> x, const T* place) {
  x.a = place, x.shape.lda = x.shape.m;
  return x;
}

/// Places for the panels of a group and for one row of A, a chunk of k deep.
template <Real T>
class Packed {
 public:
  explicit Packed(const GemmPlan& plan)
      : panel_size_(plan.most_chunk() * plan.panels.most()),
        a_(plan.pack_a ? plan.most_chunk() * plan.rows.most() : 0),
        b_(plan.pack_b ? panel_size_ * plan.group : 0) {}
  T* a() { return a_.data(); }
  T* b(index_t panel) { return b_.data() + panel * panel_size_; }

 private:
  index_t panel_size_;
  Scratch<T> a_, b_;
};

/// Rows of tiles (numbered) in a group of panels.
struct Units {
  Range rows;
  index_t group;
};

/// One unit for a chunk of k: a row of tiles across the panels.
template <Real T>
void multiply_row(std::span<const Product<T>> panels, Range row, const GemmPlan& plan, Packed<T>& packed) {
  const Product<T> first = panels[0].rows(row);
  if (plan.pack_a) pack(packed.a(), first.a, first.shape.lda, first.shape.k, first.shape.m);
  const Pieces calls = plan.calls(first.shape.k);
  for (const Product<T>& panel : panels) {
    const Product<T> tile = plan.pack_a ? with_a_at(panel.rows(row), packed.a()) : panel.rows(row);
    for (index_t i = 0; i < calls.count; ++i) blas(tile.depth(calls[i]));
  }
}

template <Real T>
void multiply(const Product<T>& x, const Units& units, const GemmPlan& plan, Packed<T>& packed) {
  const index_t first = units.group * plan.group, last = std::min(first + plan.group, plan.panels.count());
  const Pieces chunks = plan.chunks(x.shape.k);
  std::array<Product<T>, most_panels> panels;
  for (index_t chunk = 0; chunk < chunks.count; ++chunk) {
    for (index_t i = first; i < last; ++i) {
      Product<T>& panel = panels[static_cast<std::size_t>(i - first)];
      panel = x.columns(plan.panels[i]).depth(chunks[chunk]);
      if (plan.pack_b) panel = with_packed_b(panel, packed.b(i - first));
    }
    for (index_t row = units.rows.begin; row < units.rows.end; ++row)
      multiply_row<T>({panels.data(), static_cast<std::size_t>(last - first)}, plan.rows[row], plan, packed);
  }
}

/// Products of one shape at offsets from common pointers.
template <Real T>
class Products {
 public:
  Products(const Product<T>& first, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets)
      : first_(first),
        c_offsets_(c_offsets),
        a_offsets_(a_offsets),
        b_offsets_(b_offsets),
        plan_(plan_gemm(first.shape, size())),
        sums_(first.shape, plan_.parts, size()) {}

  void run() {
    const index_t units = plan_.units() * size();
    parallel_for(units, plan_.grain, [&](index_t begin, index_t end) { run_units({begin, end}); });
    sums_.add_up(first_.c, c_offsets_);
  }

 private:
  index_t size() const { return static_cast<index_t>(c_offsets_.size()); }

  void run_units(Range units) {
    const index_t rows = plan_.rows.count, groups = plan_.groups(), parts = plan_.parts.count;
    Packed<T> packed(plan_);
    while (units.size() > 0) {
      const index_t row = units.begin % rows, group = units.begin / rows % groups,
                    part = units.begin / rows / groups;
      const Range run{row, std::min(rows, row + units.size())};
      const index_t i = part / parts;
      multiply(sums_.part(product(i), i, part % parts), {run, group}, plan_, packed);
      units.begin += run.size();
    }
  }

  Product<T> product(index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    return at_offsets(first_, c_offsets_[at], a_offsets_[at], b_offsets_[at]);
  }

  Product<T> first_;
  Offsets c_offsets_, a_offsets_, b_offsets_;
  GemmPlan plan_;
  PartialSums<T> sums_;
};

}  // namespace

template <Real T>
void blas_products(const Product<T>& first, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets) {
  prepare_blas();
  const GemmShape& s = first.shape;
  constexpr index_t little = index_t{1}
                             << 18;  // multiplications: some microseconds, so planning would be felt
  if (c_offsets.size() == 1 && s.m * s.n * s.k <= little)
    return blas(at_offsets(first, c_offsets[0], a_offsets[0], b_offsets[0]));
  Products<T>(first, c_offsets, a_offsets, b_offsets).run();
}

template void blas_products(const Product<float>&, Offsets, Offsets, Offsets);
template void blas_products(const Product<double>&, Offsets, Offsets, Offsets);

}  // namespace xtape::kernels
