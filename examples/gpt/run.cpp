// Steps of training, and where they can be taken up again.
#include "run.hpp"

#include <fmt/format.h>

using namespace xtape;

namespace {

std::optional<nn::GPT> initial_model(const TrainOptions& o) {
  if (o.init_from.empty()) return {};
  return nn::load_gpt2(o.init_from);
}

/// What no shape of an array tells comes from the model to begin with, or has to be as it was there.
nn::GPTConfig config_of(const TrainOptions& o, index_t vocab_size, const std::optional<nn::GPT>& initial) {
  manual_seed(o.seed);  // weights are drawn first, then what dropout drops
  const nn::GPTConfig before = initial ? initial->config() : nn::GPTConfig();
  if (initial && before.n_head != o.n_head)
    throw ValueError(fmt::format("--n-head is {}, but the model in {} has {} heads", o.n_head, o.init_from,
                                 before.n_head));
  return {.n_layer = o.n_layer,
          .n_head = o.n_head,
          .n_embd = o.n_embd,
          .block_size = o.block_size,
          .vocab_size = vocab_size,
          .dropout = o.dropout,
          .bias = o.bias,
          .activation = before.activation,
          .layer_norm_eps = before.layer_norm_eps};
}

/// A model without biases is published with zeros in their place.
nn::StateDict without_biases(const nn::StateDict& state, const std::string& folder) {
  nn::StateDict rest;
  for (const auto& [name, x] : state) {
    if (!name.ends_with(".bias"))
      rest.add(name, x);
    else if (sum(abs(std::get<Tensor>(x))).item() != 0)
      throw ValueError(fmt::format("--no-bias: {} of the model in {} is not zero", name, folder));
  }
  return rest;
}

}  // namespace

Run::Run(const TrainOptions& o, const Data& data) : Run(o, data, initial_model(o)) {}

Run::Run(const TrainOptions& o, const Data& data, const std::optional<nn::GPT>& initial)
    : model(config_of(o, data.tokenizer.vocab_size(), initial)),
      optimizer(nn::decay_groups(model.parameters(), o.weight_decay), {.betas = {o.beta1, o.beta2}}),
      schedule{.lr = o.learning_rate,
               .min_lr = o.min_lr < 0 ? o.learning_rate / 10 : o.min_lr,
               .warmup_steps = o.warmup_iters,
               .decay_steps = o.max_iters},
      loader(
          data.train,
          {.batch_size = o.batch_size, .block_size = o.block_size, .epochs = o.epochs, .seed = o.seed + 1}),
      options_(o),
      tokenizer_(nn::tokenizer_to_json(data.tokenizer)) {
  if (o.grad_clip > 0) optimizer.config.max_grad_norm = o.grad_clip;
  if (!initial) return;
  const auto state = initial->state_dict();
  model.load_state_dict(o.bias ? state : without_biases(state, o.init_from));
}

nn::Checkpoint Run::checkpoint() const {
  nn::Checkpoint now;
  now.add("model", model.state_dict());
  now.add("optimizer", optimizer.state_dict());
  now.add("dropout", nn::state_dict(default_generator()));
  now.add("loader", loader.state_dict());
  now.set("step", step);
  now.set("lowest_loss", best_loss);
  now.set("tokenizer", tokenizer_);
  now.set("options", options_.all);
  return now;
}

void Run::restore(const nn::Checkpoint& last) {
  model.load_state_dict(last.part("model"));
  optimizer.load_state_dict(last.part("optimizer"));
  nn::load_state_dict(default_generator(), last.part("dropout"));
  loader.load_state_dict(last.part("loader"));
  step = last.integer("step");
  best_loss = last.real("lowest_loss");
}

double Run::train() {
  optimizer.config.lr = schedule(step++);
  model.zero_grad();
  const auto batches = options_.gradient_accumulation_steps;
  double sum = 0;
  for (index_t i = 0; i < batches; ++i) {
    const auto [x, y] = loader.next();  // (B, T)
    const Tensor loss = cross_entropy(model(x), y) / batches;
    loss.backward();  // adds to the gradients
    sum += loss.item();
  }
  optimizer.step();
  return sum;
}
