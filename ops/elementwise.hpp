// Elementwise ops from formulas: one fused, vectorised pass, with derivatives that come from the same
// formula.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include <xtape/core/function_ref.hpp>
#include <xtape/core/tensor.hpp>
#include <xtape/ops/formula/partial.hpp>
#include <xtape/ops/formula/run.hpp>

namespace xtape {

namespace detail {

/// A formula, or one of its derivatives times a factor, as compiled code, and the derivatives of that.
template <Real T>
struct FormulaCode {
  /// y = f(x...) along a run, by the loop; for a derivative, the factor comes first in x.
  void (*run)(formula::PacketLoop<T>* loop, const void* f, T* y, const T* const* x, const index_t* step,
              index_t n);
  formula::PacketLoop<T>* loop;
  /// The inputs that it reads, a bit each.
  std::uint64_t (*reads)(const void* f);
  /// Its derivative in each input: null where that is zero by its form, without code beyond the last order.
  const FormulaCode* const* derivatives;
  int order;
};

/// All code of a formula F of N inputs.
template <class Arch, Real T, std::size_t N, int MaxOrder, class F>
class FormulaCodes {
 public:
  template <int... I>
  static constexpr FormulaCode<T> code() {
    constexpr std::size_t inputs = N + (sizeof...(I) > 0);
    return {formula::run<T, Arch, inputs>, formula::run_packets<T, Arch, inputs, F, evaluate<I...>>,
            reads<I...>, derivatives<I...>.data(), sizeof...(I)};
  }

 private:
  /// The formula, or a derivative times the factor that comes first.
  template <int... I>
  static constexpr auto evaluate = [](const F& f, const auto& first, const auto&... x) {
    if constexpr (sizeof...(I) == 0)
      return f(first, x...);
    else
      return first * formula::partial(formula::Inputs<I...>(), f, x...);
  };

  template <int... I>
  static std::uint64_t reads(const void* f) {
    return formula::inputs_read<N>(formula::Inputs<I...>(), *static_cast<const F*>(f));
  }

  template <int... I>
  static constexpr FormulaCode<T> code_of(formula::Inputs<I...>) {
    return code<I...>();
  }

  /// The code of the derivative in some inputs.
  template <class By>
  static constexpr FormulaCode<T> stored = code_of(By());
  static constexpr FormulaCode<T> beyond = {nullptr, nullptr, nullptr, nullptr, MaxOrder + 1};

  template <class By>
  static constexpr const FormulaCode<T>* find() {
    if constexpr (By::order > MaxOrder) {
      return &beyond;
    } else if constexpr (formula::has_derivative<F, formula::Packet<T, Arch>, N>(By())) {
      return &stored<By>;
    } else {
      return nullptr;
    }
  }

  template <int... I>
  static constexpr auto derivatives = []<int... K>(std::integer_sequence<int, K...>) {
    return std::array{find<decltype(formula::insert<K>(formula::Inputs<I...>()))>()...};
  }(std::make_integer_sequence<int, static_cast<int>(N)>());
};

/// The inputs of a formula.
template <Real T>
using FormulaInputs = std::span<const BasicTensor<T>* const>;

/// f(x...), recorded. `keep` is called once if the op is recorded, to make the formula outlive the call.
template <Real T>
BasicTensor<T> apply_formula(const OpName& op, const FormulaCode<T>& code, const void* f,
                             FunctionRef<std::shared_ptr<const void>()> keep, FormulaInputs<T> x);

/// f(x...), not recorded. An input that f does not read may be null, but not the first.
template <Real T>
Buffer<T> evaluate_formula(const OpName& op, const FormulaCode<T>& code, const void* f, FormulaInputs<T> x);

/// A formula that outlives the call; one that captures nothing needs no memory.
template <class F>
std::shared_ptr<const void> kept_formula(const F& f) {
  if constexpr (std::is_empty_v<F> && std::is_default_constructible_v<F>) {
    static const F stateless{};
    return {std::shared_ptr<const void>(), &stateless};
  } else {
    return std::make_shared<const F>(f);
  }
}

/// x itself, or a number or expression as a tensor.
template <Real T, class X>
decltype(auto) as_tensor(const X& x) {
  if constexpr (std::is_same_v<X, BasicTensor<T>>)
    return x;
  else
    return BasicTensor<T>(x);
}

/// How often a formula is differentiated where the call does not say.
constexpr int default_order(std::size_t inputs) { return inputs <= 2 ? 3 : 2; }

}  // namespace detail

/// y[i] = f(x[i]...), broadcast as NumPy does, in one pass over memory: f is a generic lambda made of
/// arithmetic, comparisons and the functions of ops/formula, which it finds without qualification:
///
///     auto gelu = [](auto x) { return 0.5 * x * (1.0 + tanh(0.7978845608 * (x + 0.044715 * x * x * x))); };
///     Tensor y = elementwise("gelu", gelu, x);
///
/// Its derivatives come from the same formula. At least one input is a tensor; numbers and xtensor
/// expressions are converted. Order is how often the result can be differentiated: three times for one or two
/// inputs, twice for more; beyond it, the gradient throws GraphError. Throws ShapeError where shapes do not
/// broadcast. A formula gives each intermediate result a name of its own (auto t = x * x): t *= x does not
/// compile.
template <int Order = 0, class Arch = formula::NativeArch, class F, class... X>
auto elementwise(OpName name, const F& f, const X&... x) {
  using T = typename detail::ElementType<X...>::type;
  constexpr int order = Order > 0 ? Order : detail::default_order(sizeof...(X));
  using Codes = detail::FormulaCodes<Arch, T, sizeof...(X), order, F>;
  static_assert(sizeof...(X) < 16, "elementwise takes at most 15 inputs");
  static constexpr detail::FormulaCode<T> code = Codes::template code<>();
  const auto apply = [&](const auto&... tensors) {
    const std::array<const BasicTensor<T>*, sizeof...(X)> inputs = {&tensors...};
    return detail::apply_formula<T>(
        name, code, &f, [&] { return detail::kept_formula(f); }, inputs);
  };
  return apply(detail::as_tensor<T>(x)...);
}

}  // namespace xtape
