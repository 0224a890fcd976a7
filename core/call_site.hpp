// Where the user is: the place and the module that errors and nodes made below should name.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <xtape/core/here.hpp>

namespace xtape {

class CallSite;

namespace detail {
extern constinit thread_local const CallSite* innermost_call_site;
}

/// While one is alive on a thread, errors and nodes name its place rather than that of the call inside the
/// library. The outermost place wins, the innermost module path wins.
class CallSite {
 public:
  using Path = std::shared_ptr<const std::string>;

  /// A composite op or a module's call, entered at `at`; module is its path ("h.3.attn") or null.
  explicit CallSite(Here at, Path module = nullptr);

  /// Takes over place and module whatever stands outside: a gradient function runs in the name of its node.
  static CallSite instead(Here at, Path module) { return CallSite(at, std::move(module), Replace{}); }

  ~CallSite() { detail::innermost_call_site = outer_; }
  CallSite(const CallSite&) = delete;
  CallSite& operator=(const CallSite&) = delete;

  /// The place that a call at `at` should be reported with.
  static Here place(Here at) { return detail::innermost_call_site ? detail::innermost_call_site->at_ : at; }
  /// The path of the innermost module on this thread, or null.
  static Path module() {
    return detail::innermost_call_site ? detail::innermost_call_site->module_ : nullptr;
  }

 private:
  struct Replace {};
  CallSite(Here at, Path module, Replace)
      : at_(at), module_(std::move(module)), outer_(std::exchange(detail::innermost_call_site, this)) {}

  Here at_;
  Path module_;
  const CallSite* outer_;
};

}  // namespace xtape
