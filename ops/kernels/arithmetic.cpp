// The plainest loops; the compiler vectorises them.
#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/arithmetic.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

template <Real T>
void fill(T* y, T value, index_t n) {
  parallel_for(n, task_size, [&](index_t begin, index_t end) { std::fill(y + begin, y + end, value); });
}

template <Real T>
void add_into(T* y, const T* x, index_t n) {
  parallel_for(n, task_size, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[i] += x[i];
  });
}

template <Real T>
void scale(T* y, const T* x, T factor, index_t n) {
  parallel_for(n, task_size, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[i] = x[i] * factor;
  });
}

template void fill(float*, float, index_t);
template void fill(double*, double, index_t);
template void add_into(float*, const float*, index_t);
template void add_into(double*, const double*, index_t);
template void scale(float*, const float*, float, index_t);
template void scale(double*, const double*, double, index_t);

}  // namespace xtape::kernels
