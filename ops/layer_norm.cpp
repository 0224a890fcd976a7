// layer_norm fused, rms_norm composed.
#include <xtape/ops/layer_norm.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/kernels/layer_norm.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/reduce.hpp>

#include <fmt/format.h>

#include <numeric>
#include <vector>

namespace xtape {

namespace {

constexpr ReduceOptions keep_dims{.keep_dims = true};

template <Real T>
using Optional = std::optional<BasicTensor<T>>;

/// The extents to normalise over, once x ends with them and weight and bias, where given, have them.
template <Real T>
Shape check_normalized(const char* op, const BasicTensor<T>& x, const Shape& asked, const Optional<T>& weight,
                       const Optional<T>& bias, Here at) {
  check_rank_at_least(op, "x", x.shape(), 1, at);
  const Shape expected = asked.empty() ? Shape{x.shape().back()} : asked;
  if (expected.size() > x.dimension() ||
      Shape(x.shape().end() - expected.size(), x.shape().end()) != expected)
    raise<ShapeError>(fmt::format("{}: normalized_shape {} is not how the shape {} of x ends", op,
                                  to_string(expected), to_string(x.shape())),
                      at);
  const auto check = [&](const char* name, const Optional<T>& parameter) {
    if (parameter && parameter->shape() != expected)
      raise<ShapeError>(fmt::format("{}: {} of shape {} does not fit x of shape {}; it needs {}", op, name,
                                    to_string(parameter->shape()), to_string(x.shape()), to_string(expected)),
                        at);
  };
  check("weight", weight);
  check("bias", bias);
  return expected;
}

/// The last `count` axes.
Axes last_axes(std::size_t count) {
  std::vector<index_t> axes(count);
  std::iota(axes.begin(), axes.end(), -static_cast<index_t>(count));
  return axes;
}

/// What the gradients of a layer_norm read; of the bias only its shape.
template <Real T>
struct Kept {
  Saved<BasicTensor<T>> x, weight;
  Saved<Buffer<T>> mean, rstd;
  Shape bias, normalized;
  double eps;
};

using Needs = std::array<bool, 3>;

template <Real T>
std::array<BasicTensor<T>, 3> layer_norm_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                              const Needs& needs) {
  const auto& x = kept.x();
  const Shape shapes[] = {x.shape(), kept.weight().shape(), kept.bias};
  std::array<BasicTensor<T>, 3> gx;
  T* out[3] = {};
  for (std::size_t i = 0; i < 3; ++i)
    if (needs[i]) {
      auto buffer = uninitialized<T>(shapes[i]);
      out[i] = buffer.data();
      gx[i] = std::move(buffer);
    }
  kernels::layer_norm_grad(out[0], out[1], out[2], gy.data(), x.data(), kept.mean().data(),
                           kept.rstd().data(), kept.weight().data(), kept.mean().size(),
                           element_count(kept.normalized));
  return gx;
}

template <Real T>
std::array<BasicTensor<T>, 3> composed_layer_norm_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                                       const Needs& needs) {
  const auto bias = needs[2] ? zeros<T>(kept.bias).requires_grad_() : BasicTensor<T>();
  return composed_vjp(
      [&](const auto&... x) { return composed::layer_norm(x..., kept.normalized.size(), kept.eps); },
      std::array{kept.x(), kept.weight(), bias}, gy, needs);
}

}  // namespace

template <Real T>
BasicTensor<T> composed::layer_norm(const BasicTensor<T>& x, const BasicTensor<T>& weight,
                                    const BasicTensor<T>& bias, std::size_t axes, double eps) {
  const Axes axis = last_axes(axes);
  const auto centred = x - mean(x, axis, keep_dims);
  auto y = centred * rsqrt(mean(centred * centred, axis, keep_dims) + eps);
  if (weight.has_value()) y *= weight;
  if (bias.has_value()) y += bias;
  return y;
}

template <Real T>
BasicTensor<T> layer_norm(const BasicTensor<T>& x,
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& weight,
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& bias,
                          const LayerNormOptions& options, Here at) {
  const Shape normalized = check_normalized("layer_norm", x, options.normalized_shape, weight, bias, at);
  const index_t width = element_count(normalized);
  const index_t rows = width == 0 ? 0 : x.size() / width;
  const auto w = weight.value_or(BasicTensor<T>()), b = bias.value_or(BasicTensor<T>());
  auto y = uninitialized<T>(x.shape(), at);
  auto means = uninitialized<T>({rows}), rstds = uninitialized<T>({rows});
  kernels::layer_norm(y.data(), means.data(), rstds.data(), x.data(), w.data(), b.data(),
                      static_cast<T>(options.eps), rows, width);
  return record({"layer_norm", at}, std::move(y),
                wrt({x, w, b}, [kept = Kept<T>{saved(x, "x"), saved(w, "weight"), saved(means, "mean"),
                                               saved(rstds, "rstd"), b.shape(), normalized, options.eps}](
                                   const auto& gy, const Needs& needs) {
                  return fused(layer_norm_grad<T>, composed_layer_norm_grad<T>, kept, gy, needs);
                }));
}

template <Real T>
BasicTensor<T> rms_norm(const BasicTensor<T>& x,
                        const std::type_identity_t<std::optional<BasicTensor<T>>>& weight,
                        const RmsNormOptions& options, Here at) {
  const Shape normalized = check_normalized("rms_norm", x, options.normalized_shape, weight, {}, at);
  const CallSite site(at);
  const auto y = x * rsqrt(mean(x * x, last_axes(normalized.size()), keep_dims) + options.eps);
  return weight ? y * *weight : y;
}

template Tensor layer_norm(const Tensor&, const std::optional<Tensor>&, const std::optional<Tensor>&,
                           const LayerNormOptions&, Here);
template Tensor64 layer_norm(const Tensor64&, const std::optional<Tensor64>&, const std::optional<Tensor64>&,
                             const LayerNormOptions&, Here);
template Tensor rms_norm(const Tensor&, const std::optional<Tensor>&, const RmsNormOptions&, Here);
template Tensor64 rms_norm(const Tensor64&, const std::optional<Tensor64>&, const RmsNormOptions&, Here);
template Tensor composed::layer_norm(const Tensor&, const Tensor&, const Tensor&, std::size_t, double);
template Tensor64 composed::layer_norm(const Tensor64&, const Tensor64&, const Tensor64&, std::size_t,
                                       double);

}  // namespace xtape
