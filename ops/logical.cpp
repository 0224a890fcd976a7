// Masks from masks: one pass each.
#include <xtape/ops/logical.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/ops/kernels/any.hpp>
#include <xtape/ops/kernels/relate.hpp>
#include <xtape/ops/reduced_axes_impl.hpp>

namespace xtape {

namespace {

template <class Relation>
Mask relate(OpName op, const Mask& a, const Mask& b) {
  const Shape shape = check_broadcast(op.text, a.shape(), b.shape(), op.at);
  auto y = uninitialized<bool>(shape, op.at);
  kernels::relate<Relation, bool>(y.data(), {a.data(), broadcast_strides(a.shape(), shape)},
                                  {b.data(), broadcast_strides(b.shape(), shape)}, shape);
  return y;
}

/// A mask of one element and no axes.
Mask single(bool value) {
  auto y = uninitialized<bool>({});
  *y.data() = value;
  return y;
}

}  // namespace

Mask logical_and(const Mask& a, const Mask& b, Here at) {
  return relate<std::bit_and<bool>>({"logical_and", at}, a, b);
}

Mask logical_or(const Mask& a, const Mask& b, Here at) {
  return relate<std::bit_or<bool>>({"logical_or", at}, a, b);
}

Mask logical_not(const Mask& mask, Here at) {
  return relate<std::bit_xor<bool>>({"logical_not", at}, mask, single(true));
}

Mask any(const Mask& mask, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("any", mask.shape(), axis, options.keep_dims, at);
  auto y = uninitialized<bool>(over.result, at);
  kernels::any(y.data(), mask.data(), over.kept, mask.shape());
  return y;
}

Mask all(const Mask& mask, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("all", mask.shape(), axis, options.keep_dims, at);
  auto y = uninitialized<bool>(over.result, at);
  kernels::all(y.data(), mask.data(), over.kept, mask.shape());
  return y;
}

}  // namespace xtape
