// argmax and argmin: one pass.
#include <xtape/ops/argmax.hpp>

#include <xtape/ops/kernels/argmax.hpp>
#include <xtape/ops/reduced_axes_impl.hpp>
#include <xtape/ops/split_impl.hpp>

namespace xtape {

namespace {

template <Real T, class Kernel>
Indices choose(OpName op, Kernel kernel, const BasicTensor<T>& x, std::optional<index_t> axis,
               ReduceOptions options) {
  const ReducedAxes over(op.text, x.shape(), axis ? Axes(*axis) : Axes(), options.keep_dims, op.at);
  over.check_choices(op.text, x.shape(), op.at);
  auto y = uninitialized<std::int64_t>(over.result, op.at);
  kernel(y.data(), x.data(),
         axis ? split_at(x.shape(), check_axis(op.text, x.shape(), *axis, op.at))
              : kernels::Split{1, x.size(), 1});
  return y;
}

}  // namespace

template <Real T>
Indices argmax(const BasicTensor<T>& x, std::optional<index_t> axis, ReduceOptions options, Here at) {
  return choose({"argmax", at}, kernels::argmax<T>, x, axis, options);
}

template <Real T>
Indices argmin(const BasicTensor<T>& x, std::optional<index_t> axis, ReduceOptions options, Here at) {
  return choose({"argmin", at}, kernels::argmin<T>, x, axis, options);
}

template Indices argmax(const Tensor&, std::optional<index_t>, ReduceOptions, Here);
template Indices argmax(const Tensor64&, std::optional<index_t>, ReduceOptions, Here);
template Indices argmin(const Tensor&, std::optional<index_t>, ReduceOptions, Here);
template Indices argmin(const Tensor64&, std::optional<index_t>, ReduceOptions, Here);

}  // namespace xtape
