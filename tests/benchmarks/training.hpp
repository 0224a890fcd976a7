// Training of one of the GPTs, step by step.
#pragma once

#include <xtape/nn/adamw.hpp>
#include <xtape/ops/cross_entropy.hpp>

#include "tests/benchmarks/configs.hpp"
#include "tests/benchmarks/times.hpp"

namespace bench {

/// The parts of a step, each with its times.
struct Parts {
  Times forward, backward, update;
};

/// Steps of forward, backward and AdamW with clipping, on one random batch.
class Training {
 public:
  explicit Training(const GPTSetting& setting)
      : model_(setting.model, generator_),
        optimizer_(xtape::nn::decay_groups(model_.parameters(), 0.1),
                   {.betas = {0.9, 0.99}, .max_grad_norm = 1.0}),
        x_(batch(setting)),
        y_(batch(setting)) {}

  void step() {
    xtape::Tensor loss;
    parts.forward.add(seconds_of([&] { loss = cross_entropy(model_(x_), y_); }));
    model_.zero_grad();
    parts.backward.add(seconds_of([&] { loss.backward(); }));
    parts.update.add(seconds_of([&] { optimizer_.step(); }));
  }

  xtape::index_t parameter_count() const { return model_.parameter_count(); }
  xtape::index_t tokens() const { return x_.size(); }

  Parts parts;

 private:
  xtape::Indices batch(const GPTSetting& setting) {
    return xtape::randint(0, setting.model.vocab_size, {setting.batch, setting.model.block_size}, generator_);
  }

  xtape::Generator generator_{1337};
  xtape::nn::GPT model_;
  xtape::nn::AdamW optimizer_;
  xtape::Indices x_, y_;  // (B, T)
};

}  // namespace bench
