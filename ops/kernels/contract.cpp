// Contractions: loops around matrix products, around rows multiplied and added, and around dot products.
#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/contract.hpp>
#include <xtape/ops/kernels/loops.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {
namespace {

using Axes = std::span<const ContractAxis>;
using Offsets = std::array<index_t, 3>;  // of y, a and b

index_t count_places(Axes axes) {
  index_t count = 1;
  for (const ContractAxis& axis : axes) count *= axis.extent;
  return count;
}

Loops<3> loops_over(Axes axes) {
  Loops<3> loops;
  for (const ContractAxis& axis : axes) {
    loops.extent[loops.rank] = axis.extent;
    loops.stride[0][loops.rank] = axis.y;
    loops.stride[1][loops.rank] = axis.a;
    loops.stride[2][loops.rank] = axis.b;
    ++loops.rank;
  }
  return loops;
}

/// Calls body(offsets) for the places [begin, end) of the loops.
template <class Body>
void for_places(const Loops<3>& loops, index_t begin, index_t end, Body body) {
  Cursor<3> cursor(loops, 0, begin);
  for (index_t i = begin; i < end; ++i, cursor.next()) body(cursor.at());
}

template <index_t N>
using Step = std::integral_constant<index_t, N>;

template <Real T>
void multiply_row(T* y, const T* a, const T* b, const ContractAxis& inner, index_t n, bool accumulate) {
  const auto run = [&](auto y_step, auto a_step, auto b_step) {
    if (accumulate)
      for (index_t i = 0; i < n; ++i) y[i * y_step] += a[i * a_step] * b[i * b_step];
    else
      for (index_t i = 0; i < n; ++i) y[i * y_step] = a[i * a_step] * b[i * b_step];
  };
  const auto steps_are = [&](index_t y_step, index_t a_step, index_t b_step) {
    return inner.y == y_step && inner.a == a_step && inner.b == b_step;
  };
  if (steps_are(1, 1, 1))
    run(Step<1>{}, Step<1>{}, Step<1>{});
  else if (steps_are(1, 1, 0))
    run(Step<1>{}, Step<1>{}, Step<0>{});
  else if (steps_are(1, 0, 1))
    run(Step<1>{}, Step<0>{}, Step<1>{});
  else
    run(inner.y, inner.a, inner.b);
}

template <Real T>
T dot_row(const T* a, const T* b, const ContractAxis& inner, index_t n) {
  if (inner.a == 1 && inner.b == 1)
    return reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
      return load(a + i, part, T{0}) * load(b + i, part, T{0});
    });
  double total = 0;
  for (index_t i = 0; i < n; ++i)
    total += static_cast<double>(a[i * inner.a]) * static_cast<double>(b[i * inner.b]);
  return static_cast<T>(total);
}

}  // namespace

template <Real T>
void contract_products(T* y, const T* a, const T* b, const GemmShape& product, Axes outer, Axes summed,
                       bool accumulate) {
  const index_t n = count_places(outer);
  Scratch<index_t> offsets(3 * n);
  const std::span<index_t> of_y(offsets.data(), static_cast<std::size_t>(n));
  const std::span<index_t> of_a(offsets.data() + n, of_y.size()), of_b(offsets.data() + 2 * n, of_y.size());
  std::size_t i = 0;
  for_places(loops_over(outer), 0, n, [&](const Offsets& place) {
    of_y[i] = place[0];
    of_a[i] = place[1];
    of_b[i++] = place[2];
  });
  T beta = accumulate ? T{1} : T{0};
  for_places(loops_over(summed), 0, count_places(summed), [&](const Offsets& term) {
    gemm_batched(y, a + term[1], b + term[2], product, T{1}, beta, of_y, of_a, of_b);
    beta = 1;
  });
}

template <Real T>
void contract_rows(T* y, const T* a, const T* b, const ContractAxis& inner, Axes outer, Axes summed,
                   bool accumulate) {
  Loops<3> rows = loops_over(outer);
  const Loops<3> terms = loops_over(summed);
  const index_t n_terms = count_places(summed);
  rows.extent[rows.rank] = inner.extent;
  rows.stride[0][rows.rank] = inner.y;
  rows.stride[1][rows.rank] = inner.a;
  rows.stride[2][rows.rank] = inner.b;
  ++rows.rank;
  for_rows(rows, [&](const Offsets& row, index_t n) {
    bool add = accumulate;
    for_places(terms, 0, n_terms, [&](const Offsets& term) {
      multiply_row(y + row[0], a + row[1] + term[1], b + row[2] + term[2], inner, n, add);
      add = true;
    });
  });
}

template <Real T>
void contract_dots(T* y, const T* a, const T* b, const ContractAxis& inner, Axes outer, Axes summed,
                   bool accumulate) {
  constexpr index_t piece = 65536;
  const Loops<3> places = loops_over(outer), terms = loops_over(summed);
  const index_t n = count_places(outer), n_terms = count_places(summed);
  const index_t pieces = block_count(inner.extent, piece);
  Scratch<T> partial(pieces > 1 ? n * pieces : 0);
  parallel_for(
      n * pieces, rows_grain(std::min(inner.extent, piece) * n_terms), [&](index_t begin, index_t end) {
        for (index_t unit = begin; unit < end; ++unit) {
          const index_t first = unit % pieces * piece, length = std::min(piece, inner.extent - first);
          const Offsets place = Cursor<3>(places, 0, unit / pieces).at();
          const T* a_row = a + place[1] + first * inner.a;
          const T* b_row = b + place[2] + first * inner.b;
          T total = 0;
          for_places(terms, 0, n_terms, [&](const Offsets& term) {
            total += dot_row(a_row + term[1], b_row + term[2], inner, length);
          });
          if (pieces > 1)
            partial[unit] = total;
          else
            y[place[0]] = accumulate ? y[place[0]] + total : total;
        }
      });
  if (pieces == 1) return;
  Cursor<3> place(places, 0, 0);
  for (index_t i = 0; i < n; ++i, place.next()) {
    T total = accumulate ? y[place.at()[0]] : T{0};
    for (index_t k = 0; k < pieces; ++k) total += partial[i * pieces + k];
    y[place.at()[0]] = total;
  }
}

template <Real T>
bool contract_small(T* y, const T* a, const T* b, Axes axes, bool accumulate) {
  constexpr index_t most = 128;  // multiplications
  ContractAxis row{1, 0, 0, 0}, column = row, summed = row;
  for (const ContractAxis& axis : axes) {
    ContractAxis& free = axis.y == 0 ? summed : column.extent == 1 ? column : row;
    if (free.extent != 1) return false;
    free = axis;
  }
  if (row.extent > most || column.extent > most || row.extent * column.extent * summed.extent > most)
    return false;
  for (index_t i = 0; i < row.extent; ++i)
    for (index_t j = 0; j < column.extent; ++j) {
      const T* a_term = a + i * row.a + j * column.a;
      const T* b_term = b + i * row.b + j * column.b;
      T& place = y[i * row.y + j * column.y];
      T total = accumulate ? place : T{0};
      for (index_t p = 0; p < summed.extent; ++p) total += a_term[p * summed.a] * b_term[p * summed.b];
      place = total;
    }
  return true;
}

template <Real T>
void contract_naive(T* y, const T* a, const T* b, Axes axes, bool accumulate) {
  std::vector<ContractAxis> outer, summed;
  for (const ContractAxis& axis : axes) (axis.y ? outer : summed).push_back(axis);
  const Loops<3> places = loops_over(outer), terms = loops_over(summed);
  for_places(places, 0, count_places(outer), [&](const Offsets& place) {
    double total = accumulate ? static_cast<double>(y[place[0]]) : 0;
    for_places(terms, 0, count_places(summed), [&](const Offsets& term) {
      total += static_cast<double>(a[place[1] + term[1]]) * static_cast<double>(b[place[2] + term[2]]);
    });
    y[place[0]] = static_cast<T>(total);
  });
}

template void contract_products(float*, const float*, const float*, const GemmShape&, Axes, Axes, bool);
template void contract_products(double*, const double*, const double*, const GemmShape&, Axes, Axes, bool);
template void contract_rows(float*, const float*, const float*, const ContractAxis&, Axes, Axes, bool);
template void contract_rows(double*, const double*, const double*, const ContractAxis&, Axes, Axes, bool);
template void contract_dots(float*, const float*, const float*, const ContractAxis&, Axes, Axes, bool);
template void contract_dots(double*, const double*, const double*, const ContractAxis&, Axes, Axes, bool);
template bool contract_small(float*, const float*, const float*, Axes, bool);
template bool contract_small(double*, const double*, const double*, Axes, bool);
template void contract_naive(float*, const float*, const float*, Axes, bool);
template void contract_naive(double*, const double*, const double*, Axes, bool);

}  // namespace xtape::kernels
