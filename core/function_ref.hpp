// A borrowed callable: two pointers, no allocation. For parameters that are called before the function
// returns.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace xtape {

template <class Signature>
class FunctionRef;

/// Refers to any callable with a matching signature for as long as the callable lives.
template <class R, class... A>
class FunctionRef<R(A...)> {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, A...>)
  FunctionRef(F&& f)
      : object_((void*)std::addressof(f)),  // a cast that plain functions allow too
        call_([](void* object, A... args) -> R {
          return (*(std::remove_reference_t<F>*)object)(std::forward<A>(args)...);
        }) {}

  R operator()(A... args) const { return call_(object_, std::forward<A>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, A...);
};

}  // namespace xtape
