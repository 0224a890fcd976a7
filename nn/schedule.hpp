// Learning rates over the course of training.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::nn {

/// Linear warm-up, then half a cosine down to min_lr. At step i, counted from 0:
/// lr (i + 1) / (warmup_steps + 1) while i < warmup_steps, then
/// min_lr + (lr - min_lr) (1 + cos(pi (i - warmup_steps) / (decay_steps - warmup_steps))) / 2 until
/// i = decay_steps, then min_lr.
///
///     const nn::WarmupCosine schedule{.lr = 1e-3, .min_lr = 1e-4, .warmup_steps = 100, .decay_steps = 2000};
///     optimizer.config.lr = schedule(i);
struct WarmupCosine {
  double lr = 1e-3;
  double min_lr = 0;
  index_t warmup_steps = 0;
  index_t decay_steps = 0;

  double operator()(index_t i) const;
};

}  // namespace xtape::nn
