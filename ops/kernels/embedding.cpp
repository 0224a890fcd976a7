// Gathering and scattering rows of a table.
#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/embedding.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {

namespace {

/// y = x for a row, while the row that comes next is fetched.
template <Real T, class Store>
void copy_row(T* y, const T* x, const T* next, index_t width, Store put) {
  for_batches<T>(width, [&](index_t j, auto part) {
    __builtin_prefetch(next + j);
    put(y + j, load(x + j, part, T{0}), part);
  });
}

/// y += x for a row, while the row that comes next is fetched.
template <Real T>
void add_row(T* y, const T* x, const T* next, index_t width) {
  for_batches<T>(width, [&](index_t j, auto part) {
    __builtin_prefetch(next + j);
    store(y + j, load(y + j, part, T{0}) + load(x + j, part, T{0}), part);
  });
}

/// The places where each index stands, in order: those of `row` are [begin(row), end(row)).
class Places {
 public:
  Places(const std::int64_t* index, index_t count, index_t rows) : ends_(rows + 1), places_(count + 1) {
    std::fill_n(ends_.data(), rows + 1, 0);
    for (index_t i = 0; i < count; ++i) ++ends_[index[i] + 1];
    for (index_t row = 0; row < rows; ++row) ends_[row + 1] += ends_[row];  // where a row's places begin
    for (index_t i = 0; i < count; ++i) places_[ends_[index[i]]++] = i;     // and, at last, end
    places_[count] = 0;  // so that each place has one behind it
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

}  // namespace

template <Real T>
void gather_rows(T* y, const T* table, const std::int64_t* index, index_t count, index_t width) {
  const auto copy_rows = [&](index_t begin, index_t end, auto put) {
    for (index_t i = begin; i < end; ++i) {
      const index_t next = index[std::min(i + 1, end - 1)];
      copy_row(y + i * width, table + index[i] * width, table + next * width, width, put);
    }
  };
  const bool streamed = should_stream(y, count * width, width);
  parallel_for(count, rows_grain(width), [&](index_t begin, index_t end) {
    with_store(streamed, [&](auto put) { copy_rows(begin, end, put); });
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
  Places places(index, count, rows);
  if (places.most(rows) > 64 + count / 16) {  // one thread would have much of the work
    parallel_for(rows, rows_grain(width), [&](index_t begin, index_t end) {
      std::fill_n(table + begin * width, (end - begin) * width, T{0});
    });
    return scatter_add_rows(table, gy, index, count, width);
  }
  const auto set_row = [&](index_t row, auto put) {
    const index_t *place = places.begin(row), *const end = places.end(row);
    const auto from = [&](const index_t* at) { return gy + *at * width; };
    T* const to = table + row * width;
    if (place == end) {
      for_batches<T>(width, [&](index_t j, auto part) { put(to + j, Batch<T>(T{0}), part); });
    } else if (place + 1 == end) {
      copy_row(to, from(place), from(place + 1), width, put);
    } else {
      std::copy_n(from(place), width, to);
      while (++place != end) add_row(to, from(place), from(place + 1), width);
    }
  };
  const bool streamed = should_stream(table, rows * width, width);
  const index_t grain = rows_grain(width * (1 + count / std::max<index_t>(1, rows)));
  parallel_for(rows, grain, [&](index_t begin, index_t end) {
    with_store(streamed, [&](auto put) {
      for (index_t row = begin; row < end; ++row) set_row(row, put);
    });
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
