// Products cut along k: where each part is summed.
#pragma once

#include <span>

#include <xtape/ops/kernels/gemm_plan.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace xtape::kernels {

/// Parts of products of one shape. The first one of a product goes straight to C, with C's beta; the others
/// to matrices of their own, which add_up() adds to C in their order.
template <Real T>
class PartialSums {
 public:
  PartialSums(const GemmShape& shape, const Pieces& parts, index_t products)
      : shape_(shape), parts_(parts), matrices_((parts.count - 1) * products * shape.m * shape.n) {}

  /// Part `part` of x, the product with number i.
  template <class In>
  Product<T, In> part(const Product<T, In>& x, index_t i, index_t part) {
    Product<T, In> y = x.depth(parts_[part]);
    if (part > 0) y.c = matrix(i, part), y.shape.ldc = y.shape.n, y.beta = 0;
    return y;
  }

  /// Adds the matrices of each product to C, which stands at its offset from c.
  void add_up(T* c, std::span<const index_t> c_offsets);

 private:
  T* matrix(index_t i, index_t part) {
    return matrices_.data() + (i * (parts_.count - 1) + part - 1) * shape_.m * shape_.n;
  }

  GemmShape shape_;
  Pieces parts_;
  Scratch<T> matrices_;
};

}  // namespace xtape::kernels
