// Anomaly detection: the first value that is not a number, by op, place and module.
#pragma once

#include <xtape/core/observer.hpp>

namespace xtape {

struct DetectAnomalyOptions {
  bool infinity = false;  ///< refuse infinite results too; masks and log(0) make some on purpose
};

/// While one is alive, every op on this thread is searched for NaN in what it makes, recorded or not, and
/// every gradient for NaN and infinity. The first one found throws ValueError, which names the op, the
/// element, the line that called the op and its module; no leaf's gradient has changed then. A gradient
/// is looked at when a gradient function gives it and when it is complete. Slow, for finding a fault.
/// torch.autograd.detect_anomaly, which looks at NaN in gradients only.
class DetectAnomaly final : Observer {
 public:
  explicit DetectAnomaly(DetectAnomalyOptions options = {}) : options_(options) {}

 private:
  void recorded(const OpName& op, const AnyTensor& y) override;
  void gradient_complete(const Node& node, const AnyTensor& gy) override;
  void gradient_made(const Node& from, const Node& to, const AnyTensor& gx) override;

  DetectAnomalyOptions options_;
};

}  // namespace xtape
