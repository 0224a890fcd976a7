// Gathering and scattering rows of a table.
#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/embedding.hpp>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {

namespace {

/// How many rows before its turn one is brought to the second cache.
template <Real T>
index_t rows_ahead(index_t width) {
  return block_count(fetch_distance<T>, std::max<index_t>(1, width));
}

/// A row, the one that comes next, for the first cache, and one of later.
template <Real T>
struct Row {
  const T *now, *next, *later;

  template <class P>
  Batch<T> read(index_t j, P part) const {
    __builtin_prefetch(next + j);
    fetch(later + j);
    return load(now + j, part, T{0});
  }
};

/// y = x.
template <Real T, class Store>
void copy_row(T* y, const Row<T>& x, index_t width, Store put) {
  for_batches<T>(width, [&](index_t j, auto part) { put(y + j, x.read(j, part), part); });
}

/// y = a + x.
template <Real T, class Store>
void add_row(T* y, const T* a, const Row<T>& x, index_t width, Store put) {
  for_batches<T>(width,
                 [&](index_t j, auto part) { put(y + j, load(a + j, part, T{0}) + x.read(j, part), part); });
}

/// The places where each index stands, in order: those of `row` are [begin(row), end(row)). Behind each there
/// are `more` that can be read.
class Places {
 public:
  Places(const std::int64_t* index, index_t count, index_t rows, index_t more)
      : ends_(rows + 1), places_(count + more) {
    std::fill_n(ends_.data(), rows + 1, 0);
    for (index_t i = 0; i < count; ++i) ++ends_[index[i] + 1];
    for (index_t row = 0; row < rows; ++row) ends_[row + 1] += ends_[row];  // where a row's places begin
    for (index_t i = 0; i < count; ++i) places_[ends_[index[i]]++] = i;     // and, at last, end
    std::fill_n(places_.data() + count, more, 0);
  }
  const index_t* begin(index_t row) { return places_.data() + (row > 0 ? ends_[row - 1] : 0); }
  const index_t* end(index_t row) { return places_.data() + ends_[row]; }

  /// How many places the row has that has most.
  index_t most(index_t rows) {
    index_t most = 0;
    for (index_t row = 0; row < rows; ++row) most = std::max<index_t>(most, end(row) - begin(row));
    return most;
  }

 private:
  Scratch<index_t> ends_, places_;
};

constexpr index_t longest_sum = 1024;  // elements of a row that are added up at a time, in the first cache

}  // namespace

template <Real T>
void gather_rows(T* y, const T* table, const std::int64_t* index, index_t count, index_t width) {
  const index_t ahead = rows_ahead<T>(width);
  parallel_rows(y, count, width, rows_grain(width), [&](index_t begin, index_t end, auto put) {
    for (index_t i = begin; i < end; ++i) {
      const auto read = [&](index_t at) { return table + index[std::min(at, count - 1)] * width; };
      copy_row(y + i * width, Row<T>{read(i), read(i + 1), read(i + ahead)}, width, put);
    }
  });
}

template <Real T>
void scatter_add_rows(T* table, const T* gy, const std::int64_t* index, index_t count, index_t width) {
  const index_t band = block_count(rows_grain(count), 64) * 64;  // whole cache lines
  parallel_for(width, band, [&](index_t begin, index_t end) {
    for (index_t i = 0; i < count; ++i) {
      T* const to = table + index[i] * width + begin;
      const T* from = gy + i * width + begin;
      for_batches<T>(end - begin, [&](index_t j, auto part) {
        store(to + j, load(to + j, part, T{0}) + load(from + j, part, T{0}), part);
      });
    }
  });
}

template <Real T>
void scatter_rows(T* table, index_t rows, const T* gy, const std::int64_t* index, index_t count,
                  index_t width) {
  const index_t ahead = rows_ahead<T>(width);
  Places places(index, count, rows, ahead);
  if (places.most(rows) > 64 + count / 16) {  // one thread would have much of the work
    parallel_for(rows, rows_grain(width), [&](index_t begin, index_t end) {
      std::fill_n(table + begin * width, (end - begin) * width, T{0});
    });
    return scatter_add_rows(table, gy, index, count, width);
  }
  const auto set_row = [&](index_t row, index_t first, index_t n, auto put) {
    const index_t *place = places.begin(row), *const end = places.end(row);
    const auto from = [&](const index_t* at) {
      const auto read = [&](index_t i) { return gy + at[i] * width + first; };
      return Row<T>{read(0), read(1), read(ahead)};
    };
    T* const to = table + row * width + first;
    if (place == end)
      return for_batches<T>(n, [&](index_t j, auto part) { put(to + j, Batch<T>(T{0}), part); });
    if (place + 1 == end) return copy_row(to, from(place), n, put);
    T sum[longest_sum];
    copy_row(sum, from(place), n, UsualStore{});
    while (++place + 1 != end) add_row(sum, sum, from(place), n, UsualStore{});
    add_row(to, sum, from(place), n, put);
  };
  const index_t grain = rows_grain(width * (1 + count / std::max<index_t>(1, rows)));
  parallel_rows(table, rows, width, grain, [&](index_t begin, index_t end, auto put) {
    for (index_t row = begin; row < end; ++row)
      for (index_t first = 0; first < width; first += longest_sum)
        set_row(row, first, std::min(longest_sum, width - first), put);
  });
}

template <Real T>
void gather_rows_naive(T* y, const T* table, const std::int64_t* index, index_t count, index_t width) {
  for (index_t i = 0; i < count; ++i)
    for (index_t j = 0; j < width; ++j) y[i * width + j] = table[index[i] * width + j];
}

template <Real T>
void scatter_add_rows_naive(T* table, const T* gy, const std::int64_t* index, index_t count, index_t width) {
  for (index_t i = 0; i < count; ++i)
    for (index_t j = 0; j < width; ++j) table[index[i] * width + j] += gy[i * width + j];
}

template void scatter_rows(float*, index_t, const float*, const std::int64_t*, index_t, index_t);
template void scatter_rows(double*, index_t, const double*, const std::int64_t*, index_t, index_t);
template void gather_rows(float*, const float*, const std::int64_t*, index_t, index_t);
template void gather_rows(double*, const double*, const std::int64_t*, index_t, index_t);
template void scatter_add_rows(float*, const float*, const std::int64_t*, index_t, index_t);
template void scatter_add_rows(double*, const double*, const std::int64_t*, index_t, index_t);
template void gather_rows_naive(float*, const float*, const std::int64_t*, index_t, index_t);
template void gather_rows_naive(double*, const double*, const std::int64_t*, index_t, index_t);
template void scatter_add_rows_naive(float*, const float*, const std::int64_t*, index_t, index_t);
template void scatter_add_rows_naive(double*, const double*, const std::int64_t*, index_t, index_t);

}  // namespace xtape::kernels
