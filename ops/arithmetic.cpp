// Sums, differences, products and quotients. What is linear keeps no input; the rest keeps what it needs.
#include <xtape/ops/arithmetic.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/kernels/add_product.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/unbroadcast_impl.hpp>

namespace xtape {

namespace {

/// f(x...), broadcast, not recorded.
template <Real T, class F, class... X>
Buffer<T> evaluate(const OpName& op, const F& f, const BasicTensor<T>& x, const X&... more) {
  constexpr std::size_t inputs = 1 + sizeof...(X);
  static constexpr auto code = detail::FormulaCodes<formula::NativeArch, T, inputs, 0, F>::template code<>();
  return detail::evaluate_formula<T>(op, code, &f, std::array<const BasicTensor<T>*, inputs>{&x, &more...});
}

/// The gradient of an input that is added.
template <Real T>
Wrt added(const BasicTensor<T>& x) {
  return wrt(x, [shape = x.shape()](const BasicTensor<T>& gy) { return unbroadcast(gy, shape); });
}

/// The gradient of an input that is subtracted.
template <Real T>
Wrt subtracted(const BasicTensor<T>& x) {
  return wrt(x, [shape = x.shape()](const BasicTensor<T>& gy) { return -unbroadcast(gy, shape); });
}

/// gy z, summed over the axes along which an input of `shape` was broadcast.
template <Real T>
BasicTensor<T> composed_multiplied(const BasicTensor<T>& gy, const BasicTensor<T>& z, const Shape& shape) {
  return unbroadcast(gy * z, shape);
}

template <Real T>
BasicTensor<T> multiplied(const BasicTensor<T>& gy, const BasicTensor<T>& z, const Shape& shape) {
  if (gy.shape() == shape)
    return evaluate(
        "mul", [](auto u, auto v) { return u * v; }, gy, z);
  if (gy.shape() != z.shape()) return composed_multiplied(gy, z, shape);
  auto gx = uninitialized<T>(shape);
  kernels::sum_of_products(gx.data(), gy.data(), z.data(), shape, gy.shape());
  return gx;
}

/// The gradient of an input that z multiplies, as a new tensor or added into memory.
template <Real T>
class ProductGradient {
 public:
  ProductGradient(const BasicTensor<T>& x, const BasicTensor<T>& z, const char* name)
      : shape_(x.shape()), z_(saved(z, name)) {}

  BasicTensor<T> operator()(const BasicTensor<T>& gy) const {
    return fused(multiplied<T>, composed_multiplied<T>, gy, z_(), shape_);
  }
  void add_into(const BasicTensor<T>& gy, Buffer<T>& gx) const {
    const BasicTensor<T>& z = z_();
    if (gy.shape() == shape_ && z.shape() == shape_)
      kernels::add_product(gx.data(), gy.data(), z.data(), gx.size());
    else
      detail::add_into(BasicTensor<T>(gx), multiplied(gy, z, shape_));
  }

 private:
  Shape shape_;
  Saved<BasicTensor<T>> z_;
};

/// x + number.
template <Real T>
BasicTensor<T> shift(const OpName& op, const BasicTensor<T>& x, T number) {
  const auto shifted = [number](auto v) { return v + number; };
  return record(op, evaluate(op, shifted, x), added(x));
}

/// x * number.
template <Real T>
BasicTensor<T> stretch(const OpName& op, const BasicTensor<T>& x, T number) {
  const auto stretched = [number](auto v) { return v * number; };
  return record(op, evaluate(op, stretched, x),
                wrt(x, [number](const BasicTensor<T>& gy) { return gy * number; }));
}

}  // namespace

template <Real T>
BasicTensor<T> add(const Operand<T>& a, const Operand<T>& b) {
  const OpName op("add", b.at());
  if (b.is_number()) return shift(op, a.tensor(), b.number());
  if (a.is_number()) return shift(op, b.tensor(), a.number());
  const BasicTensor<T>&x = a.tensor(), &z = b.tensor();
  const auto sum = [](auto u, auto v) { return u + v; };
  return record(op, evaluate(op, sum, x, z), added(x), added(z));
}

template <Real T>
BasicTensor<T> sub(const Operand<T>& a, const Operand<T>& b) {
  const OpName op("sub", b.at());
  if (b.is_number()) return shift(op, a.tensor(), -b.number());
  const BasicTensor<T>& z = b.tensor();
  if (a.is_number()) {
    const auto rest = [number = a.number()](auto v) { return number - v; };
    return record(op, evaluate(op, rest, z), subtracted(z));
  }
  const BasicTensor<T>& x = a.tensor();
  const auto difference = [](auto u, auto v) { return u - v; };
  return record(op, evaluate(op, difference, x, z), added(x), subtracted(z));
}

template <Real T>
BasicTensor<T> mul(const Operand<T>& a, const Operand<T>& b) {
  const OpName op("mul", b.at());
  if (b.is_number()) return stretch(op, a.tensor(), b.number());
  if (a.is_number()) return stretch(op, b.tensor(), a.number());
  const BasicTensor<T>&x = a.tensor(), &z = b.tensor();
  const auto product = [](auto u, auto v) { return u * v; };
  return record(op, evaluate(op, product, x, z), wrt(x, ProductGradient<T>(x, z, "b")),
                wrt(z, ProductGradient<T>(z, x, "a")));
}

template <Real T>
BasicTensor<T> div(const Operand<T>& a, const Operand<T>& b) {
  const OpName op("div", b.at());
  if (a.is_number())
    return elementwise(
        op, [number = a.number()](auto v) { return number / v; }, b.tensor());
  if (!b.is_number())
    return elementwise(
        op, [](auto u, auto v) { return u / v; }, a.tensor(), b.tensor());
  const BasicTensor<T>& x = a.tensor();
  const auto part = [number = b.number()](auto v) { return v / number; };
  return record(op, evaluate(op, part, x),
                wrt(x, [number = b.number()](const BasicTensor<T>& gy) { return gy / number; }));
}

template <Real T>
BasicTensor<T> neg(const Operand<T>& operand) {
  const OpName op("neg", operand.at());
  const BasicTensor<T>& x = operand.tensor();
  const auto negative = [](auto v) { return -v; };
  return record(op, evaluate(op, negative, x), wrt(x, [](const BasicTensor<T>& gy) { return -gy; }));
}

template BasicTensor<float> add(const Operand<float>&, const Operand<float>&);
template BasicTensor<double> add(const Operand<double>&, const Operand<double>&);
template BasicTensor<float> sub(const Operand<float>&, const Operand<float>&);
template BasicTensor<double> sub(const Operand<double>&, const Operand<double>&);
template BasicTensor<float> mul(const Operand<float>&, const Operand<float>&);
template BasicTensor<double> mul(const Operand<double>&, const Operand<double>&);
template BasicTensor<float> div(const Operand<float>&, const Operand<float>&);
template BasicTensor<double> div(const Operand<double>&, const Operand<double>&);
template BasicTensor<float> neg(const Operand<float>&);
template BasicTensor<double> neg(const Operand<double>&);

}  // namespace xtape
