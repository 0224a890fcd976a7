// Recorded contractions: copies where the plan wants them, the kernels, and gradients of the same kind.
#include <xtape/ops/contract_impl.hpp>

#include <algorithm>
#include <type_traits>

#include <xtape/ops/kernels/strided.hpp>

namespace xtape {

namespace {

template <class V>
auto span_of(const V& values) {
  return std::span(values.data(), values.size());
}

template <Real T>
Buffer<T> copied(const T* x, const Relayout& layout) {
  auto y = uninitialized<T>({layout.size()});
  kernels::strided_copy(y.data(), x, span_of(layout.steps), span_of(layout.extents));
  return y;
}

template <Real T>
void run(const ContractPlan& plan, T* y, const T* a, const T* b, bool accumulate) {
  const auto outer = span_of(plan.outer), summed = span_of(plan.summed);
  if (plan.swapped) std::swap(a, b);
  switch (plan.engine) {
    case ContractPlan::Engine::products: {
      kernels::GemmShape product = plan.product;
      product.precision = matmul_precision();
      return kernels::contract_products(y, a, b, product, outer, summed, accumulate);
    }
    case ContractPlan::Engine::rows:
      return kernels::contract_rows(y, a, b, plan.inner, outer, summed, accumulate);
    case ContractPlan::Engine::dots:
      return kernels::contract_dots(y, a, b, plan.inner, outer, summed, accumulate);
  }
}

/// The gradient of a product for one operand, as a new tensor or added into memory.
template <Real T>
class FactorGradient {
 public:
  FactorGradient(OpName op, const BasicTensor<T>& x, const BasicTensor<T>& other, const char* other_name,
                 const Contraction& contraction)
      : op_(op), shape_(x.shape()), other_(saved(other, other_name)), contraction_(contraction) {}

  BasicTensor<T> operator()(const BasicTensor<T>& gy) const {
    return contract(op_, gy, other_(), contraction_, shape_);
  }
  void add_into(const BasicTensor<T>& gy, Buffer<T>& gx) const {
    contract_into(gx, gy, other_(), contraction_, true);
  }

 private:
  OpName op_;
  Shape shape_;
  Saved<BasicTensor<T>> other_;
  Contraction contraction_;
};

}  // namespace

Contraction gradient_for_a(const Contraction& contraction) {
  Contraction result = contraction;
  for (ContractAxis& axis : result.axes) axis = {axis.extent, axis.a, axis.y, axis.b};
  return result;
}

Contraction gradient_for_b(const Contraction& contraction) {
  Contraction result = contraction;
  for (ContractAxis& axis : result.axes) axis = {axis.extent, axis.b, axis.y, axis.a};
  return result;
}

template <Real T>
void contract_into(Buffer<T>& y, const BasicTensor<T>& a, const BasicTensor<T>& b,
                   const Contraction& contraction, bool accumulate) {
  const ContractAxes& axes = contraction.axes;
  if (std::any_of(axes.begin(), axes.end(), [](const ContractAxis& axis) { return axis.extent == 0; })) {
    if (!accumulate) std::fill_n(y.data(), y.size(), T{0});
    return;
  }
  const bool rounds = std::is_same_v<T, float> && matmul_precision() != Precision::full;
  if (!rounds && kernels::contract_small(y.data(), a.data(), b.data(), span_of(axes), accumulate)) return;
  const ContractPlan plan = plan_contraction(axes, contraction.may_copy);
  Buffer<T> a_copy, b_copy;
  if (plan.a.needed()) a_copy = copied(a.data(), plan.a);
  if (plan.b.needed()) b_copy = copied(b.data(), plan.b);
  const T* a_data = plan.a.needed() ? a_copy.data() : a.data();
  const T* b_data = plan.b.needed() ? b_copy.data() : b.data();
  if (!plan.y.needed()) return run(plan, y.data(), a_data, b_data, accumulate);
  auto result = uninitialized<T>({plan.y.size()});
  run(plan, result.data(), a_data, b_data, false);
  const auto steps = span_of(plan.y.steps), extents = span_of(plan.y.extents);
  if (accumulate)
    kernels::strided_add(y.data(), steps, result.data(), extents);
  else
    kernels::strided_assign(y.data(), steps, result.data(), extents);
}

template <Real T>
BasicTensor<T> contract(OpName op, const BasicTensor<T>& a, const BasicTensor<T>& b,
                        const Contraction& contraction, const Shape& shape) {
  auto y = uninitialized<T>(shape, op.at);
  contract_into(y, a, b, contraction, false);
  return record(op, std::move(y), wrt_factor(op, a, b, "b", contraction, gradient_for_a),
                wrt_factor(op, b, a, "a", contraction, gradient_for_b));
}

template <Real T>
Wrt wrt_factor(OpName op, const BasicTensor<T>& x, const BasicTensor<T>& other, const char* other_name,
               const Contraction& product, Contraction (*gradient)(const Contraction&)) {
  if (!detail::records(x)) return {};
  return wrt(x, FactorGradient<T>(op, x, other, other_name, gradient(product)));
}

template void contract_into(Buffer<float>&, const Tensor&, const Tensor&, const Contraction&, bool);
template void contract_into(Buffer<double>&, const Tensor64&, const Tensor64&, const Contraction&, bool);
template Tensor contract(OpName, const Tensor&, const Tensor&, const Contraction&, const Shape&);
template Tensor64 contract(OpName, const Tensor64&, const Tensor64&, const Contraction&, const Shape&);
template Wrt wrt_factor(OpName, const Tensor&, const Tensor&, const char*, const Contraction&,
                        Contraction (*)(const Contraction&));
template Wrt wrt_factor(OpName, const Tensor64&, const Tensor64&, const char*, const Contraction&,
                        Contraction (*)(const Contraction&));

}  // namespace xtape
