// Broadcasting: axes are merged, blocks run in parallel, and what advances in short steps is gathered first.
#include <algorithm>
#include <array>
#include <cassert>

#include <xtape/core/parallel.hpp>
#include <xtape/core/small_vector.hpp>
#include <xtape/ops/kernels/broadcast.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {

namespace {

constexpr index_t short_row = 96;  // rows shorter than this are gathered into longer runs
constexpr index_t gathered = 256;  // elements a run of gathered rows

using Indices = SmallVector<index_t, 8>;

/// The axes that are left, innermost first, once those that all inputs cross in one step are merged.
struct Loops {
  std::size_t inputs;
  Indices extent;
  SmallVector<index_t, 24> stride;  // of each input along each axis

  const index_t* strides(std::size_t axis) const { return stride.data() + axis * inputs; }
  std::size_t rank() const { return extent.size(); }
};

Loops merge_axes(std::size_t inputs, std::span<const index_t> shape, std::span<const index_t> strides) {
  Loops loops{inputs, {}, {}};
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 1) continue;
    const auto stride = [&](std::size_t k) { return strides[k * shape.size() + d]; };
    bool merges = loops.rank() > 0;
    for (std::size_t k = 0; k < inputs && merges; ++k)
      merges = stride(k) == loops.strides(loops.rank() - 1)[k] * loops.extent.back();
    if (merges) {
      loops.extent.back() *= shape[d];
      continue;
    }
    loops.extent.push_back(shape[d]);
    for (std::size_t k = 0; k < inputs; ++k) loops.stride.push_back(stride(k));
  }
  if (loops.rank() == 0) {
    loops.extent.push_back(1);
    for (std::size_t k = 0; k < inputs; ++k) loops.stride.push_back(0);
  }
  return loops;
}

/// Where one element of the result finds its inputs; steps from row to row.
class Cursor {
 public:
  Cursor(const Loops& loops, index_t element) : loops_(loops), index_(loops.rank()) {
    for (std::size_t d = 0; d < loops.rank(); ++d) {
      index_[d] = element % loops.extent[d];
      element /= loops.extent[d];
      for (std::size_t k = 0; k < loops.inputs; ++k) offset_[k] += index_[d] * loops.strides(d)[k];
    }
  }

  index_t offset(std::size_t input) const { return offset_[input]; }
  /// How many elements the current row still has.
  index_t left_in_row() const { return loops_.extent[0] - index_[0]; }

  /// Moves on by n elements of the current row, to the next row where that was its end.
  void advance(index_t n) {
    move(0, n);
    for (std::size_t d = 0; index_[d] == loops_.extent[d] && d + 1 < loops_.rank(); ++d) {
      move(d, -index_[d]);
      move(d + 1, 1);
    }
  }

 private:
  void move(std::size_t axis, index_t n) {
    index_[axis] += n;
    for (std::size_t k = 0; k < loops_.inputs; ++k) offset_[k] += n * loops_.strides(axis)[k];
  }

  const Loops& loops_;
  Indices index_;
  std::array<index_t, max_broadcast_inputs> offset_{};
};

template <Real T>
struct Call {
  T* y;
  std::span<const T* const> x;
  RunFunction<T> run;
};

/// Rows are long: a run each.
template <Real T>
void run_rows(const Call<T>& call, const Loops& loops, index_t begin, index_t end) {
  std::array<const T*, max_broadcast_inputs> x;
  Cursor cursor(loops, begin);
  for (index_t i = begin; i < end;) {
    const index_t n = std::min(cursor.left_in_row(), end - i);
    for (std::size_t k = 0; k < loops.inputs; ++k) x[k] = call.x[k] + cursor.offset(k);
    call.run(call.y + i, x.data(), loops.strides(0), n);
    cursor.advance(n);
    i += n;
  }
}

/// How an input advances over the whole result: not at all, with it, or irregularly.
enum class Advance { stays, dense, irregular };

Advance advance_of(const Loops& loops, std::size_t input) {
  bool stays = true, dense = true;
  index_t step = 1;
  for (std::size_t d = 0; d < loops.rank(); step *= loops.extent[d], ++d) {
    stays = stays && loops.strides(d)[input] == 0;
    dense = dense && loops.strides(d)[input] == step;
  }
  return stays ? Advance::stays : dense ? Advance::dense : Advance::irregular;
}

template <Real T>
void gather_row(T* to, const T* from, index_t step, index_t n) {
  if (step == 0) {
    std::fill_n(to, n, *from);
  } else {
    std::copy_n(from, n, to);
  }
}

/// Rows are short: irregular inputs are copied for many rows at a time.
template <Real T>
void run_gathered(const Call<T>& call, const Loops& loops, index_t begin, index_t end) {
  std::array<Advance, max_broadcast_inputs> advance;
  std::array<index_t, max_broadcast_inputs> step;
  for (std::size_t k = 0; k < loops.inputs; ++k) {
    advance[k] = advance_of(loops, k);
    step[k] = advance[k] == Advance::stays ? 0 : 1;
  }
  T buffer[max_broadcast_inputs][gathered];
  std::array<const T*, max_broadcast_inputs> x;
  Cursor cursor(loops, begin);
  for (index_t i = begin; i < end; i += gathered) {
    const index_t length = std::min(gathered, end - i);
    for (std::size_t k = 0; k < loops.inputs; ++k)
      x[k] = advance[k] == Advance::irregular ? buffer[k] : call.x[k] + step[k] * i;
    for (index_t j = 0; j < length;) {
      const index_t n = std::min(cursor.left_in_row(), length - j);
      for (std::size_t k = 0; k < loops.inputs; ++k)
        if (advance[k] == Advance::irregular)
          gather_row(buffer[k] + j, call.x[k] + cursor.offset(k), loops.strides(0)[k], n);
      cursor.advance(n);
      j += n;
    }
    call.run(call.y + i, x.data(), step.data(), length);
  }
}

/// run() for whole cache lines of a result that is streamed: pieces are made in the first cache.
template <Real T>
void run_streamed(RunFunction<T> run, T* y, std::span<const T* const> x, const index_t* step, index_t n) {
  constexpr index_t piece = 128;
  alignas(64) T made[piece];
  std::array<const T*, max_broadcast_inputs> from;
  for (index_t i = 0; i < n; i += piece) {
    const index_t count = std::min(piece, n - i);
    for (std::size_t k = 0; k < x.size(); ++k) from[k] = x[k] + step[k] * i;
    run(made, from.data(), step, count);
    for (index_t j = 0; j < count; j += lanes<T>) stream(y + i + j, Batch<T>::load_aligned(made + j).data);
  }
}

index_t element_count(std::span<const index_t> shape) {
  index_t n = 1;
  for (const index_t extent : shape) n *= extent;
  return n;
}

}  // namespace

template <Real T>
void broadcast(T* y, std::span<const T* const> x, std::span<const index_t> shape,
               std::span<const index_t> strides, RunFunction<T> run) {
  assert(x.size() <= max_broadcast_inputs);
  const index_t n = element_count(shape);
  if (n == 0) return;
  const Loops loops = merge_axes(x.size(), shape, strides);
  const bool in_rows = loops.rank() == 1 || loops.extent[0] >= short_row;
  const bool streamed = in_rows && should_stream(y, n, loops.extent[0]);
  const auto stream_run = [&](T* to, const T* const* from, const index_t* step, index_t count) {
    run_streamed<T>(run, to, {from, x.size()}, step, count);
  };
  const Call<T> call{y, x, streamed ? RunFunction<T>(stream_run) : run};
  parallel_for(n, task_size, [&](index_t begin, index_t end) {
    if (in_rows) {
      run_rows(call, loops, begin, end);
    } else {
      run_gathered(call, loops, begin, end);
    }
    if (streamed) finish_streaming();
  });
}

template <Real T>
void broadcast_naive(T* y, std::span<const T* const> x, std::span<const index_t> shape,
                     std::span<const index_t> strides, RunFunction<T> run) {
  const std::array<index_t, max_broadcast_inputs> stay{};
  std::array<const T*, max_broadcast_inputs> from;
  const index_t n = element_count(shape);
  for (index_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) from[k] = x[k];
    index_t rest = i;
    for (std::size_t d = shape.size(); d-- > 0; rest /= shape[d])
      for (std::size_t k = 0; k < x.size(); ++k) from[k] += rest % shape[d] * strides[k * shape.size() + d];
    run(y + i, from.data(), stay.data(), 1);
  }
}

template void broadcast<float>(float*, std::span<const float* const>, std::span<const index_t>,
                               std::span<const index_t>, RunFunction<float>);
template void broadcast<double>(double*, std::span<const double* const>, std::span<const index_t>,
                                std::span<const index_t>, RunFunction<double>);
template void broadcast_naive<float>(float*, std::span<const float* const>, std::span<const index_t>,
                                     std::span<const index_t>, RunFunction<float>);
template void broadcast_naive<double>(double*, std::span<const double* const>, std::span<const index_t>,
                                      std::span<const index_t>, RunFunction<double>);

}  // namespace xtape::kernels
