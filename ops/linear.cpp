// y = x W^T + b: the product adds the bias in passing, or is added to rows of it.
#include <xtape/ops/linear.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/contract_impl.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/unbroadcast_impl.hpp>

namespace xtape {

namespace {

void check_shapes(const Shape& x, const Shape& weight, const Shape* bias, Here at) {
  if (weight.size() != 2)
    raise<ShapeError>(fmt::format("linear: weight is (out, in), not {}", to_string(weight)), at);
  if (x.empty() || x.back() != weight[1])
    raise<ShapeError>(fmt::format("linear: x {} does not end with the {} columns of weight {}", to_string(x),
                                  weight[1], to_string(weight)),
                      at);
  if (bias && (bias->size() != 1 || (*bias)[0] != weight[0]))
    raise<ShapeError>(fmt::format("linear: bias {} is not one value for each of the {} rows of weight {}",
                                  to_string(*bias), weight[0], to_string(weight)),
                      at);
}

/// Every row of y is `row`.
template <Real T>
void fill_rows(T* y, const T* row, index_t rows, index_t columns) {
  parallel_for(rows, kernels::rows_grain(columns), [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) std::copy_n(row, columns, y + i * columns);
  });
}

/// y = x weight^T + bias in one pass, or false where no engine has that.
template <Real T>
bool multiply_plus_row(Buffer<T>& y, const BasicTensor<T>& x, const BasicTensor<T>& weight,
                       const BasicTensor<T>& bias, index_t rows) {
  if constexpr (std::same_as<T, float>) {
    auto shape = kernels::gemm_shape(rows, weight.shape()[0], weight.shape()[1], false, true);
    shape.precision = matmul_precision();
    if (!kernels::gemm_adds_row(shape)) return false;
    kernels::gemm_plus_row(y.data(), x.data(), weight.data(), bias.data(), shape);
    return true;
  }
  return false;
}

}  // namespace

template <Real T>
BasicTensor<T> linear(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& weight,
                      const std::type_identity_t<std::optional<BasicTensor<T>>>& bias, Here at) {
  check_shapes(x.shape(), weight.shape(), bias ? &bias->shape() : nullptr, at);
  const index_t out = weight.shape()[0], in = weight.shape()[1];
  Shape shape = x.shape();
  shape.back() = out;
  auto y = uninitialized<T>(shape, at);
  const index_t rows = element_count(Shape(shape.begin(), shape.end() - 1));
  const Contraction product{merged({{rows, out, in, 0}, {out, 1, 0, in}, {in, 0, 1, 1}})};
  if (!bias || !multiply_plus_row(y, x, weight, *bias, rows)) {
    if (bias) fill_rows(y.data(), bias->data(), rows, out);
    contract_into(y, x, weight, product, bias.has_value());
  }
  const OpName op("linear", at);
  return record(
      op, std::move(y), wrt_factor(op, x, weight, "weight", product, gradient_for_a),
      wrt_factor(op, weight, x, "x", product, gradient_for_b),
      bias ? wrt(*bias, [shape = bias->shape()](const auto& gy) { return unbroadcast(gy, shape); }) : Wrt());
}

template Tensor linear(const Tensor&, const Tensor&, const std::optional<Tensor>&, Here);
template Tensor64 linear(const Tensor64&, const Tensor64&, const std::optional<Tensor64>&, Here);

}  // namespace xtape
