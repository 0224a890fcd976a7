// Deep copies of modules, in the same or the other element type.
#pragma once

#include <concepts>

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

namespace detail {

/// Makes `to`, whose names and shapes are those of `from`, a deep copy of it: values, ties, which parameters
/// are frozen, and modes. Throws ValueError where names or shapes differ.
struct ModuleCopy {
  template <Real To, Real From>
  static void run(const BasicModule<From>& from, BasicModule<To>& to, Here at);
};

/// A module of the same build: made from the other's config() where there is one, else by default.
template <class M, class Other>
M same_build(const Other& other) {
  Generator unused;  // what it draws is overwritten, and the default generator stays where it is
  if constexpr (requires { M(other.config(), unused); }) {
    return M(other.config(), unused);
  } else {
    static_assert(std::default_initializable<M>,
                  "to be copied, a module needs config() and a constructor M(config, generator), or M()");
    return M();
  }
}

/// BasicLinear<double> for BasicLinear<float> and double.
template <class M, Real U>
struct Rebind;
template <template <Real> class M, Real T, Real U>
struct Rebind<M<T>, U> {
  using type = M<U>;
};

}  // namespace detail

/// A deep copy of a module with storage of its own; tied parameters stay tied, frozen ones frozen. The module
/// is built anew from its config(), or by default where it has none, then what visit() names is copied: state
/// that neither of the two knows is not. copy.deepcopy.
template <class M>
  requires std::derived_from<M, BasicModule<typename M::value_type>>
M clone(const M& module, Here at = Here::now()) {
  M copy = detail::same_build<M>(module);
  detail::ModuleCopy::run<typename M::value_type, typename M::value_type>(module, copy, at);
  return copy;
}

/// The same, with values converted: cast<double>(model). torch.nn.Module.double.
template <Real U, class M>
  requires std::derived_from<M, BasicModule<typename M::value_type>>
auto cast(const M& module, Here at = Here::now()) {
  using Converted = typename detail::Rebind<M, U>::type;
  Converted copy = detail::same_build<Converted>(module);
  detail::ModuleCopy::run<U, typename M::value_type>(module, copy, at);
  return copy;
}

}  // namespace xtape::nn
