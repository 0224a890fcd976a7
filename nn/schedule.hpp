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

/// Linear warm-up, then a fall with the inverse square root. At step i, counted from 0, with n = i + 1:
/// scale d_model^-0.5 min(n^-0.5, n warmup_steps^-1.5). The highest rate, scale / sqrt(d_model warmup_steps),
/// comes at n = warmup_steps (Vaswani et al., "Attention is all you need", 2017, section 5.3, whose scale is
/// 1).
struct WarmupInverseSqrt {
  index_t d_model = 512;
  index_t warmup_steps = 4000;
  double scale = 1;

  double operator()(index_t i) const;
};

}  // namespace xtape::nn
