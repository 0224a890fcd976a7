// Pairs to truth values: rows with constant steps of 0 or 1, which the compiler vectorises, or any others.
#include <functional>
#include <xtape/ops/kernels/loops.hpp>
#include <xtape/ops/kernels/relate.hpp>

namespace xtape::kernels {

template <class Relation, class E>
void relate(bool* y, Strided<E> a, Strided<E> b, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  const auto loops = collapse<3>(shape, {Extents(dense.data(), shape.size()), a.strides, b.strides});
  const std::size_t last = loops.rank - 1;
  for_rows(loops, [&](const std::array<index_t, 3>& at, index_t n) {
    with_constant(loops.stride[1][last], [&](auto a_step) {
      with_constant(loops.stride[2][last], [&](auto b_step) {
        bool* to = y + at[0];
        const E *left = a.data + at[1], *right = b.data + at[2];
        for (index_t i = 0; i < n; ++i) to[i] = Relation{}(left[i * a_step], right[i * b_step]);
      });
    });
  });
}

template <class Relation, class E>
void relate_naive(bool* y, Strided<E> a, Strided<E> b, Extents shape) {
  index_t n = 1;
  for (const index_t extent : shape) n *= extent;
  for (index_t to = 0; to < n; ++to) {
    index_t rest = to, at[2] = {};
    for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i]) {
      at[0] += rest % shape[i] * a.strides[i];
      at[1] += rest % shape[i] * b.strides[i];
    }
    y[to] = Relation{}(a.data[at[0]], b.data[at[1]]);
  }
}

template void relate<std::less<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::less<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::less_equal<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::less_equal<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::greater<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::greater<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::greater_equal<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::greater_equal<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::equal_to<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::equal_to<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::not_equal_to<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate<std::not_equal_to<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate<std::bit_xor<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);
template void relate<std::bit_and<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);
template void relate<std::bit_or<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);
template void relate_naive<std::less<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::less<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::less_equal<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::less_equal<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::greater<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::greater<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::greater_equal<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::greater_equal<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::equal_to<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::equal_to<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::not_equal_to<>, float>(bool*, Strided<float>, Strided<float>, Extents);
template void relate_naive<std::not_equal_to<>, double>(bool*, Strided<double>, Strided<double>, Extents);
template void relate_naive<std::bit_xor<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);
template void relate_naive<std::bit_and<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);
template void relate_naive<std::bit_or<bool>, bool>(bool*, Strided<bool>, Strided<bool>, Extents);

}  // namespace xtape::kernels
