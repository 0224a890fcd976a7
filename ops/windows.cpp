// Sliding windows and their adjoint, each the gradient of the other.
#include <xtape/core/error.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/pad.hpp>
#include <xtape/ops/windows_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace xtape {

namespace {

template <Real T>
index_t rows_of(const BasicTensor<T>& x, std::size_t last_axes) {
  return element_count(Shape(x.shape().begin(), x.shape().end() - last_axes));
}

}  // namespace

template <Real T>
BasicTensor<T> windows(const BasicTensor<T>& x, kernels::Windows w) {
  Shape shape = x.shape();
  shape.back() = w.size;
  shape.push_back(w.count);
  auto y = uninitialized<T>(shape);
  kernels::windows(y.data(), x.data(), rows_of(x, 1), x.shape().back(), w);
  return record("windows", std::move(y),
                wrt(x, [w, from = x.shape()](const auto& gy) { return windows_adjoint(gy, w, from); }));
}

template <Real T>
BasicTensor<T> windows_adjoint(const BasicTensor<T>& x, kernels::Windows w, const Shape& shape) {
  auto y = uninitialized<T>(shape);
  std::fill_n(y.data(), y.size(), T{0});
  kernels::windows_add(y.data(), x.data(), rows_of(x, 2), shape.back(), w);
  return record("windows_adjoint", std::move(y), wrt(x, [w](const auto& gy) { return windows(gy, w); }));
}

namespace {

void check_options(const char* op, const WindowOptions& options, Here at) {
  const auto [size, stride, padding, dilation] = options;
  constexpr index_t most = std::numeric_limits<std::int32_t>::max();  // products of two stay in range
  if (size < 1 || stride < 1 || padding < 0 || dilation < 1 ||
      std::max({size, stride, padding, dilation}) > most)
    raise<ValueError>(
        fmt::format("{}: kernel size {}, stride {}, padding {}, dilation {}: padding is 0 or more, the "
                    "others are 1 or more, and all are less than 2^31",
                    op, size, stride, padding, dilation),
        at);
}

}  // namespace

template <Real T>
BasicTensor<T> sliding_windows(const char* op, const BasicTensor<T>& x, const WindowOptions& options,
                               Here at) {
  check_options(op, options, at);
  const index_t length = x.shape().back() + 2 * options.padding;
  const index_t span = (options.size - 1) * options.dilation + 1;
  if (length < span)
    raise<ShapeError>(
        fmt::format("{}: a window over {} places does not fit into the last axis of x {} with padding {}", op,
                    span, to_string(x.shape()), options.padding),
        at);
  std::vector<PadWidths> widths(x.dimension());
  widths.back() = {options.padding, options.padding};
  return windows(options.padding > 0 ? pad(x, widths) : x,
                 {options.size, options.stride, options.dilation, (length - span) / options.stride + 1});
}

template Tensor windows(const Tensor&, kernels::Windows);
template Tensor64 windows(const Tensor64&, kernels::Windows);
template Tensor windows_adjoint(const Tensor&, kernels::Windows, const Shape&);
template Tensor64 windows_adjoint(const Tensor64&, kernels::Windows, const Shape&);
template Tensor sliding_windows(const char*, const Tensor&, const WindowOptions&, Here);
template Tensor64 sliding_windows(const char*, const Tensor64&, const WindowOptions&, Here);

}  // namespace xtape
