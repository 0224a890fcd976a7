// Adding up the parts of products that are cut along k.
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/gemm_parts.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

template <Real T>
void PartialSums<T>::add_up(T* c, std::span<const index_t> c_offsets) {
  if (parts_.count == 1) return;
  const index_t m = shape_.m, n = shape_.n, rows = static_cast<index_t>(c_offsets.size()) * m;
  parallel_for(rows, rows_grain(n * parts_.count), [&](index_t begin, index_t end) {
    for (index_t row = begin; row < end; ++row) {
      T* const y = c + c_offsets[static_cast<std::size_t>(row / m)] + row % m * shape_.ldc;
      for (index_t part = 1; part < parts_.count; ++part) {
        const T* const x = matrix(row / m, part) + row % m * n;
        for (index_t j = 0; j < n; ++j) y[j] += x[j];
      }
    }
  });
}

template class PartialSums<float>;
template class PartialSums<double>;

}  // namespace xtape::kernels
