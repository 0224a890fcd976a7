// Filling, copying and adding up gradients.
#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/record.hpp>
#include <xtape/core/stream_impl.hpp>

#include <algorithm>

namespace xtape::detail {

namespace {

constexpr index_t grain = 16384;  // elements a block

}  // namespace

AnyTensor filled(const Shape& shape, DType dtype, double value) {
  return with_type(dtype, [&]<Real T>(T) -> AnyTensor {
    auto y = uninitialized<T>(shape);
    T* out = y.data();
    parallel_for(y.size(), grain,
                 [&](index_t begin, index_t end) { std::fill(out + begin, out + end, T(value)); });
    return BasicTensor<T>(std::move(y));
  });
}

void add_into(const AnyTensor& y, const AnyTensor& x) {
  with_type(y.dtype(), [&]<Real T>(T) {
    T* out = static_cast<T*>(y.storage()->begin_write());
    const T* in = static_cast<const T*>(x.storage()->data());
    parallel_for(y.size(), grain, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) out[i] += in[i];
    });
  });
}

AnyTensor add_gradients(const AnyTensor& a, const AnyTensor& b) {
  return with_type(a.dtype(), [&]<Real T>(T) -> AnyTensor {
    auto y = uninitialized<T>(a.shape());
    const BasicTensor<T> left(a), right(b);
    T* out = y.data();
    const T *l = left.data(), *r = right.data();
    parallel_for(y.size(), grain, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) out[i] = l[i] + r[i];
    });
    const auto pass = [](const auto& gy) { return gy; };
    return record<T>("add", std::move(y), wrt(left, pass), wrt(right, pass));
  });
}

template <Real T>
void copy_elements(T* y, const T* x, index_t n) {
  const bool streamed = should_stream(y, n);
  parallel_for(n, grain, [&](index_t begin, index_t end) {
    if (!streamed) {
      std::copy(x + begin, x + end, y + begin);
      return;
    }
    stream_copy(y + begin, x + begin, end - begin);
    finish_streaming();
  });
}

AnyTensor copy(const AnyTensor& x) {
  return with_type(x.dtype(), [&]<Real T>(T) -> AnyTensor {
    auto y = uninitialized<T>(x.shape());
    copy_elements(y.data(), BasicTensor<T>(x).data(), y.size());
    return BasicTensor<T>(std::move(y));
  });
}

template void copy_elements(float*, const float*, index_t);
template void copy_elements(double*, const double*, index_t);

}  // namespace xtape::detail
