// Learning-rate schedules.
#include <xtape/nn/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace xtape::nn {

double WarmupCosine::operator()(index_t i) const {
  const auto step = static_cast<double>(i), warmup = static_cast<double>(warmup_steps);
  if (i < warmup_steps) return lr * (step + 1) / (warmup + 1);
  if (i >= decay_steps) return min_lr;
  const double progress = (step - warmup) / (static_cast<double>(decay_steps) - warmup);
  return min_lr + (lr - min_lr) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

double WarmupInverseSqrt::operator()(index_t i) const {
  const auto n = static_cast<double>(i + 1), warmup = static_cast<double>(warmup_steps);
  return scale / std::sqrt(static_cast<double>(d_model)) *
         std::min(1 / std::sqrt(n), n * std::pow(warmup, -1.5));
}

}  // namespace xtape::nn
