// Whether this thread records: scopes that switch gradients off and on.
#pragma once

namespace xtape {

namespace detail {
extern constinit thread_local bool grad_enabled_here;
}

/// True where ops on this thread are recorded.
inline bool grad_enabled() { return detail::grad_enabled_here; }

/// Sets the thread's grad mode for as long as it lives, then restores what was. torch.set_grad_enabled.
class GradMode {
 public:
  explicit GradMode(bool enabled);
  ~GradMode();
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool before_;
};

/// No op is recorded on this thread while one is alive; values may be written. torch.no_grad.
class NoGrad : GradMode {
 public:
  NoGrad() : GradMode(false) {}
};

/// Ops are recorded again inside a NoGrad. torch.enable_grad.
class EnableGrad : GradMode {
 public:
  EnableGrad() : GradMode(true) {}
};

}  // namespace xtape
