// Constants, ranges and the identity.
#include <xtape/core/creation.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape {

template <Real T>
BasicTensor<T> full(const Shape& shape, double value, Here at) {
  const CallSite site(at);
  return BasicTensor<T>(detail::filled(shape, dtype_of<T>, value));
}

template <Real T>
BasicTensor<T> arange(double start, double stop, double step, Here at) {
  const double count = std::ceil((stop - start) / step);
  if (!(step != 0) || !std::isfinite(count) || count > 1e15)
    raise<ValueError>(
        fmt::format("arange: from {} to {} in steps of {} is no finite range", start, stop, step), at);
  auto y = uninitialized<T>({std::max<index_t>(0, static_cast<index_t>(count))}, at);
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = static_cast<T>(start + static_cast<double>(i) * step);
  return y;
}

template <Real T>
BasicTensor<T> linspace(double start, double stop, index_t count, Here at) {
  if (count < 0) raise<ValueError>(fmt::format("linspace: count = {}; it is 0 or more", count), at);
  auto y = uninitialized<T>({count}, at);
  const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0;
  for (index_t i = 0; i < count; ++i) y.data()[i] = static_cast<T>(start + static_cast<double>(i) * step);
  if (count > 1) y.data()[count - 1] = static_cast<T>(stop);
  return y;
}

template <Real T>
BasicTensor<T> eye(index_t rows, index_t columns, Here at) {
  if (columns == -1) columns = rows;
  auto y = uninitialized<T>({rows, columns}, at);
  std::fill_n(y.data(), y.size(), T(0));
  for (index_t i = 0; i < std::min(rows, columns); ++i) y.data()[i * columns + i] = T(1);
  return y;
}

template Tensor full(const Shape&, double, Here);
template Tensor64 full(const Shape&, double, Here);
template Tensor arange(double, double, double, Here);
template Tensor64 arange(double, double, double, Here);
template Tensor linspace(double, double, index_t, Here);
template Tensor64 linspace(double, double, index_t, Here);
template Tensor eye(index_t, index_t, Here);
template Tensor64 eye(index_t, index_t, Here);

}  // namespace xtape
