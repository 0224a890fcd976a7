// Products that are added where a gradient stands already: a loop that compilers turn into SIMD.
#include <xtape/ops/kernels/add_product.hpp>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

template <Real T>
void add_product(T* y, const T* a, const T* b, index_t n) {
  const auto add = [=](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[i] += a[i] * b[i];
  };
  if (n <= task_size)
    add(0, n);  // of a scalar, handing over a loop would be felt
  else
    parallel_for(n, task_size, add);
}

template void add_product(float*, const float*, const float*, index_t);
template void add_product(double*, const double*, const double*, index_t);

}  // namespace xtape::kernels
