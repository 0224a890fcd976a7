// Selection by a mask: rows with constant steps of 0 or 1, which the compiler vectorises, or any others.
#include <bit>
#include <cstdint>
#include <type_traits>
#include <xtape/ops/kernels/loops.hpp>
#include <xtape/ops/kernels/select.hpp>

namespace xtape::kernels {
namespace {

/// mask ? a : b by bits, which compilers vectorise where they would branch on a mask of bytes.
template <Real T>
T choose(unsigned char mask, T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const Bits all = Bits{0} - Bits{mask};
  return std::bit_cast<T>((std::bit_cast<Bits>(a) & all) | (std::bit_cast<Bits>(b) & ~all));
}

/// One row. Steps are constants or numbers.
template <Real T, class M, class A, class B>
void select_row(T* y, const unsigned char* mask, M mask_step, const T* a, A a_step, const T* b, B b_step,
                index_t n) {
  for (index_t i = 0; i < n; ++i) y[i] = choose(mask[i * mask_step], a[i * a_step], b[i * b_step]);
}

}  // namespace

template <Real T>
void select(T* y, Strided<bool> mask, Strided<T> a, Strided<T> b, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  const auto loops =
      collapse<4>(shape, {Extents(dense.data(), shape.size()), mask.strides, a.strides, b.strides});
  const std::size_t last = loops.rank - 1;
  const index_t mask_step = loops.stride[1][last], a_step = loops.stride[2][last],
                b_step = loops.stride[3][last];
  for_rows(loops, [&](const std::array<index_t, 4>& at, index_t n) {
    T* to = y + at[0];
    const auto* m = reinterpret_cast<const unsigned char*>(mask.data) + at[1];
    const T *if_true = a.data + at[2], *if_false = b.data + at[3];
    if (mask_step == 0) {
      with_constant(*m ? a_step : b_step, [&](auto step) {
        const T* from = *m ? if_true : if_false;
        for (index_t i = 0; i < n; ++i) to[i] = from[i * step];
      });
    } else if (mask_step == 1) {
      with_constant(a_step, [&](auto a_constant) {
        with_constant(b_step, [&](auto b_constant) {
          select_row(to, m, Step<1>{}, if_true, a_constant, if_false, b_constant, n);
        });
      });
    } else {
      select_row(to, m, mask_step, if_true, a_step, if_false, b_step, n);
    }
  });
}

template <Real T>
void select_naive(T* y, Strided<bool> mask, Strided<T> a, Strided<T> b, Extents shape) {
  index_t n = 1;
  for (const index_t extent : shape) n *= extent;
  for (index_t to = 0; to < n; ++to) {
    index_t rest = to, at[3] = {};
    for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i]) {
      const index_t k = rest % shape[i];
      at[0] += k * mask.strides[i];
      at[1] += k * a.strides[i];
      at[2] += k * b.strides[i];
    }
    y[to] = mask.data[at[0]] ? a.data[at[1]] : b.data[at[2]];
  }
}

template void select(float*, Strided<bool>, Strided<float>, Strided<float>, Extents);
template void select(double*, Strided<bool>, Strided<double>, Strided<double>, Extents);
template void select_naive(float*, Strided<bool>, Strided<float>, Strided<float>, Extents);
template void select_naive(double*, Strided<bool>, Strided<double>, Strided<double>, Extents);

}  // namespace xtape::kernels
