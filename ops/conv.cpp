// A convolution is a product of the weight with all windows; a pool is their mean.
#include <xtape/ops/conv.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/windows_impl.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

void check_channels(const Shape& x, const Shape& weight, const Shape* bias, index_t groups, Here at) {
  if (weight.size() != 3)
    raise<ShapeError>(fmt::format("conv1d: weight is (Cout, Cin / groups, K), not {}", to_string(weight)),
                      at);
  if (x.size() != 2 && x.size() != 3)
    raise<ShapeError>(fmt::format("conv1d: x is (B, Cin, T) or (Cin, T), not {}", to_string(x)), at);
  if (groups < 1 || weight[0] % groups != 0 || x[x.size() - 2] != weight[1] * groups)
    raise<ShapeError>(
        fmt::format("conv1d: {} groups of weight {} take {} channels and give {}, but x {} has {}", groups,
                    to_string(weight), weight[1] * groups, weight[0], to_string(x), x[x.size() - 2]),
        at);
  if (bias && (bias->size() != 1 || (*bias)[0] != weight[0]))
    raise<ShapeError>(fmt::format("conv1d: bias {} is not one value for each of the {} channels of weight {}",
                                  to_string(*bias), weight[0], to_string(weight)),
                      at);
}

}  // namespace

template <Real T>
BasicTensor<T> conv1d(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& weight,
                      const std::type_identity_t<std::optional<BasicTensor<T>>>& bias, Conv1dOptions options,
                      Here at) {
  const auto [stride, padding, dilation, groups] = options;
  check_channels(x.shape(), weight.shape(), bias ? &bias->shape() : nullptr, groups, at);
  const CallSite site(at);
  const index_t out = weight.shape(0), taps = weight.shape(1) * weight.shape(2);
  auto columns =
      sliding_windows("conv1d", x, {weight.shape(2), stride, padding, dilation}, at);  // (B, Cin, K, L)
  const index_t length = columns.shape(-1);
  Shape grouped(x.shape().begin(), x.shape().end() - 2), joined = grouped;
  for (const index_t extent : {groups, taps, length}) grouped.push_back(extent);
  for (const index_t extent : {out, length}) joined.push_back(extent);
  columns = reshape(columns, grouped);                              // (B, G, Cin / G * K, L)
  const auto rows = reshape(weight, {groups, out / groups, taps});  // (G, Cout / G, Cin / G * K)
  const auto y = reshape(matmul(rows, columns), joined);            // (B, Cout, L)
  return bias ? y + expand_dims(*bias, -1) : y;
}

template <Real T>
BasicTensor<T> avg_pool1d(const BasicTensor<T>& x, index_t kernel, AvgPool1dOptions options, Here at) {
  check_rank_at_least("avg_pool1d", "x", x.shape(), 1, at);
  const CallSite site(at);
  const index_t stride = options.stride == 0 ? kernel : options.stride;
  return mean(sliding_windows("avg_pool1d", x, {kernel, stride, options.padding, 1}, at), -2);
}

template Tensor conv1d<float>(const Tensor&, const Tensor&, const std::optional<Tensor>&, Conv1dOptions,
                              Here);
template Tensor64 conv1d<double>(const Tensor64&, const Tensor64&, const std::optional<Tensor64>&,
                                 Conv1dOptions, Here);
template Tensor avg_pool1d(const Tensor&, index_t, AvgPool1dOptions, Here);
template Tensor64 avg_pool1d(const Tensor64&, index_t, AvgPool1dOptions, Here);

}  // namespace xtape
