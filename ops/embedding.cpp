// Rows of a table: a gather, whose gradient adds into the rows.
#include <xtape/ops/embedding.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/embedding.hpp>

namespace xtape {

namespace {

template <Real T>
BasicTensor<T> embedding_grad(const BasicTensor<T>& gy, const Indices& indices, const Shape& table) {
  auto gx = uninitialized<T>(table);
  kernels::scatter_rows(gx.data(), table[0], gy.data(), indices.data(), indices.size(), table[1]);
  return gx;
}

template <Real T>
BasicTensor<T> composed_embedding_grad(const BasicTensor<T>& gy, const Indices& indices, const Shape& table) {
  return take_adjoint(gy, indices, 0, table);
}

}  // namespace

template <Real T>
BasicTensor<T> embedding(const Indices& indices, const BasicTensor<T>& weight, Here at) {
  check_rank("embedding", "weight", weight.shape(), 2, at);
  const index_t rows = weight.shape()[0], width = weight.shape()[1];
  check_indices("embedding", indices.data(), indices.size(), rows, at);
  Shape shape = indices.shape();
  shape.push_back(width);
  auto y = uninitialized<T>(shape, at);
  kernels::gather_rows(y.data(), weight.data(), indices.data(), indices.size(), width);
  return record({"embedding", at}, std::move(y),
                wrt(
                    weight,
                    [indices, table = weight.shape()](const BasicTensor<T>& gy) {
                      return fused(embedding_grad<T>, composed_embedding_grad<T>, gy, indices, table);
                    },
                    [indices](const BasicTensor<T>& gy, Buffer<T>& gx) {
                      kernels::scatter_add_rows(gx.data(), gy.data(), indices.data(), indices.size(),
                                                gx.shape()[1]);
                    }));
}

template Tensor embedding(const Indices&, const Tensor&, Here);
template Tensor64 embedding(const Indices&, const Tensor64&, Here);

}  // namespace xtape
