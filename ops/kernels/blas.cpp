// Calls of BLAS by element type.
#include <xtape/ops/kernels/blas.hpp>

#include <cblas.h>

#include <cassert>
#include <limits>
#include <mutex>
#include <string_view>

namespace xtape::kernels {
namespace {

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }

blasint size(index_t n) {
  assert(n <= std::numeric_limits<blasint>::max());
  return static_cast<blasint>(n);
}

void multiply(const Product<float>& x) {
  const GemmShape& s = x.shape;
  cblas_sgemm(CblasRowMajor, flag(s.transpose_a), flag(s.transpose_b), size(s.m), size(s.n), size(s.k),
              x.alpha, x.a, size(s.lda), x.b, size(s.ldb), x.beta, x.c, size(s.ldc));
}

void multiply(const Product<double>& x) {
  const GemmShape& s = x.shape;
  cblas_dgemm(CblasRowMajor, flag(s.transpose_a), flag(s.transpose_b), size(s.m), size(s.n), size(s.k),
              x.alpha, x.a, size(s.lda), x.b, size(s.ldb), x.beta, x.c, size(s.ldc));
}

/// y = alpha * op(A) x + beta * y, A stored (rows, columns).
template <Real T>
struct MatrixVector {
  T* y;
  index_t step_y;
  const T* a;
  index_t rows, columns, lda;
  bool transpose;
  const T* x;
  index_t step_x;
};

void multiply(const MatrixVector<float>& v, float alpha, float beta) {
  cblas_sgemv(CblasRowMajor, flag(v.transpose), size(v.rows), size(v.columns), alpha, v.a, size(v.lda), v.x,
              size(v.step_x), beta, v.y, size(v.step_y));
}

void multiply(const MatrixVector<double>& v, double alpha, double beta) {
  cblas_dgemv(CblasRowMajor, flag(v.transpose), size(v.rows), size(v.columns), alpha, v.a, size(v.lda), v.x,
              size(v.step_x), beta, v.y, size(v.step_y));
}

/// C of one column: A times a column of B.
template <Real T>
MatrixVector<T> column(const Product<T>& x) {
  const GemmShape& s = x.shape;
  return {x.c,   s.ldc,         x.a, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k,
          s.lda, s.transpose_a, x.b, s.transpose_b ? 1 : s.ldb};
}

/// C of one row, seen as a column: B transposed times a row of A.
template <Real T>
MatrixVector<T> row(const Product<T>& x) {
  const GemmShape& s = x.shape;
  return {x.c,
          1,
          x.b,
          s.transpose_b ? s.n : s.k,
          s.transpose_b ? s.k : s.n,
          s.ldb,
          !s.transpose_b,
          x.a,
          s.transpose_a ? s.lda : 1};
}

}  // namespace

void prepare_blas() {
  if (openblas_get_num_threads() == 1) return;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  openblas_set_num_threads(1);
}

bool blas_has_small_kernels() {
  static const bool has = [] {
    const std::string_view core = openblas_get_corename();
    return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  }();
  return has;
}

template <Real T>
void blas(const Product<T>& x) {
  if (x.shape.n == 1) return multiply(column(x), x.alpha, x.beta);
  if (x.shape.m == 1) return multiply(row(x), x.alpha, x.beta);
  multiply(x);
}

template void blas(const Product<float>&);
template void blas(const Product<double>&);

}  // namespace xtape::kernels
