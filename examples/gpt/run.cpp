// Steps of training, and where they can be taken up again.
#include "run.hpp"

using namespace xtape;

namespace {

nn::GPTConfig config_of(const TrainOptions& o, index_t vocab_size) {
  manual_seed(o.seed);  // weights are drawn first, then what dropout drops
  return {.n_layer = o.n_layer,
          .n_head = o.n_head,
          .n_embd = o.n_embd,
          .block_size = o.block_size,
          .vocab_size = vocab_size,
          .dropout = o.dropout,
          .bias = o.bias};
}

}  // namespace

Run::Run(const TrainOptions& o, const Data& data)
    : model(config_of(o, data.tokenizer.vocab_size())),
      optimizer(nn::decay_groups(model.parameters(), o.weight_decay), {.betas = {o.beta1, o.beta2}}),
      schedule{.lr = o.learning_rate,
               .min_lr = o.min_lr < 0 ? o.learning_rate / 10 : o.min_lr,
               .warmup_steps = o.warmup_iters,
               .decay_steps = o.max_iters},
      loader(
          data.train,
          {.batch_size = o.batch_size, .block_size = o.block_size, .epochs = o.epochs, .seed = o.seed + 1}),
      options_(o),
      tokenizer_(nn::tokenizer_to_json(data.tokenizer)) {}

nn::Checkpoint Run::checkpoint() const {
  nn::Checkpoint now;
  now.add("model", model.state_dict());
  now.add("optimizer", optimizer.state_dict());
  now.add("dropout", nn::state_dict(default_generator()));
  now.add("loader", loader.state_dict());
  now.set("step", step);
  now.set("best_loss", best_loss);
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
  best_loss = last.real("best_loss");
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
  if (options_.grad_clip > 0) nn::clip_grad_norm(model.parameters(), options_.grad_clip);
  optimizer.step();
  return sum;
}
