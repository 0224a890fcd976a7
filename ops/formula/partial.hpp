// Derivatives of a formula: the mixed partial derivative in any choice of its inputs, by nested dual numbers.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <xtape/ops/formula/formula.hpp>

namespace xtape::formula {

/// The inputs of a formula in which it is differentiated, ascending.
template <int... I>
struct Inputs {
  static constexpr int order = sizeof...(I);
};

template <int J, int... I>
constexpr std::array<int, sizeof...(I) + 1> inserted() {
  std::array<int, sizeof...(I) + 1> all = {J, I...};
  std::sort(all.begin(), all.end());
  return all;
}

/// The inputs I... and J.
template <int J, int... I>
constexpr auto insert(Inputs<I...>) {
  return []<std::size_t... S>(std::index_sequence<S...>) {
    return Inputs<inserted<J, I...>()[S]...>();
  }(std::make_index_sequence<sizeof...(I) + 1>());
}

/// What a derivative that is zero everywhere, by its form, evaluates to.
struct NoDerivative {};

/// Input K as a formula sees it that is differentiated in I...: a dual number at each level whose input it
/// is.
template <int K, int Level, int... I, class X>
auto seed(Inputs<I...> inputs, const X& x) {
  constexpr std::array<int, sizeof...(I) + 1> at = {I..., -1};
  if constexpr (Level > Inputs<I...>::order) {
    return x;
  } else if constexpr (at[Level - 1] == K) {
    return seed<K, Level + 1>(inputs, dual<Level>(x, PlainType<X, int>(1)));
  } else {
    return seed<K, Level + 1>(inputs, x);
  }
}

/// The coefficient of y at all levels up to Level.
template <int Level, class Y>
auto coefficient(const Y& y) {
  if constexpr (Level == 0) {
    return y;
  } else if constexpr (level<Y> == Level) {
    return coefficient<Level - 1>(y.tangent);
  } else {
    return NoDerivative();
  }
}

/// The derivative of f in the inputs I... at x..., or f(x...) itself where none is named.
template <int... I, class F, class... X>
auto partial(Inputs<I...> inputs, const F& f, const X&... x) {
  return [&]<int... K>(std::integer_sequence<int, K...>) {
    return coefficient<sizeof...(I)>(f(seed<K, 1>(inputs, x)...));
  }(std::make_integer_sequence<int, sizeof...(X)>());
}

/// False where the derivative of F in these inputs is zero by its form.
template <class F, class P, std::size_t N, int... I>
constexpr bool has_derivative(Inputs<I...> inputs) {
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    using Y = decltype(partial(inputs, std::declval<const F&>(), ((void)K, std::declval<const P&>())...));
    return !std::is_same_v<Y, NoDerivative>;
  }(std::make_index_sequence<N>());
}

/// The set of inputs that the derivative of f reads, a bit each.
template <std::size_t N, class F, int... I>
std::uint64_t inputs_read(Inputs<I...> inputs, const F& f) {
  return [&]<int... K>(std::integer_sequence<int, K...>) {
    return Probe(partial(inputs, f, Probe::of(K)...)).inputs;
  }(std::make_integer_sequence<int, static_cast<int>(N)>());
}

}  // namespace xtape::formula
