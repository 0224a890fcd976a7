// Products as contractions: what differs is which indices a, b and the result share.
#include <xtape/ops/products.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <xtape/core/error.hpp>
#include <xtape/ops/contract_impl.hpp>

namespace xtape {

namespace {

void check_vectors(const Shape& a, const Shape& b, Here at) {
  if (a.size() != 1 || a != b)
    raise<ShapeError>(
        fmt::format("dot: {} and {} are not two vectors of one length; matmul multiplies matrices",
                    to_string(a), to_string(b)),
        at);
}

/// The shape with ones in front, up to `rank` axes.
Shape extended(const Shape& shape, std::size_t rank) {
  Shape result(rank - shape.size(), 1);
  for (const index_t extent : shape) result.push_back(extent);
  return result;
}

}  // namespace

template <Real T>
BasicTensor<T> dot(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, Here at) {
  check_vectors(a.shape(), b.shape(), at);
  return contract({"dot", at}, a, b, {merged({{a.size(), 0, 1, 1}})}, {});
}

template <Real T>
BasicTensor<T> outer(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, Here at) {
  const index_t rows = a.size(), columns = b.size();
  return contract({"outer", at}, a, b, {merged({{rows, columns, 1, 0}, {columns, 1, 0, 1}})},
                  {rows, columns});
}

template <Real T>
BasicTensor<T> kron(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, Here at) {
  const std::size_t rank = std::max(a.dimension(), b.dimension());
  const Shape blocks = extended(a.shape(), rank), block = extended(b.shape(), rank);
  Shape shape = blocks;
  for (std::size_t d = 0; d < rank; ++d) shape[d] *= block[d];
  const Strides y_steps = row_major_strides(shape);
  const Strides a_steps = row_major_strides(blocks), b_steps = row_major_strides(block);
  ContractAxes axes;
  for (std::size_t d = 0; d < rank; ++d) {
    axes.push_back({blocks[d], block[d] * y_steps[d], a_steps[d], 0});
    axes.push_back({block[d], y_steps[d], 0, b_steps[d]});
  }
  return contract({"kron", at}, a, b, {merged(axes), true}, shape);
}

template Tensor dot<float>(const Tensor&, const Tensor&, Here);
template Tensor64 dot<double>(const Tensor64&, const Tensor64&, Here);
template Tensor outer<float>(const Tensor&, const Tensor&, Here);
template Tensor64 outer<double>(const Tensor64&, const Tensor64&, Here);
template Tensor kron<float>(const Tensor&, const Tensor&, Here);
template Tensor64 kron<double>(const Tensor64&, const Tensor64&, Here);

}  // namespace xtape
