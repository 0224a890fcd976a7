// gpt train: text to model.
#include "checkpoint.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "support/built_in_text.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <csignal>
#include <filesystem>

namespace {

using namespace xtape;

volatile std::sig_atomic_t interrupted = 0;

/// Mean loss over eval_iters batches of windows that lie evenly over the whole text: the same at every call.
double evaluate(nn::GPT& model, const Indices& ids, const TrainOptions& o) {
  const NoGrad scope;
  model.eval();
  const index_t windows = o.eval_iters * o.batch_size, last = ids.size() - o.block_size - 1;
  double sum = 0;
  for (index_t first = 0; first < windows; first += o.batch_size) {
    std::vector<std::int64_t> offsets;
    for (index_t i = first; i < first + o.batch_size; ++i) offsets.push_back(last * i / windows);
    const auto [x, y] = nn::batch_at(ids, offsets, o.block_size);  // (B, T)
    sum += cross_entropy(model(x), y).item();
  }
  model.train();
  return sum / static_cast<double>(o.eval_iters);
}

nn::TextSplit load_text(const TrainOptions& o, const std::string& text, const nn::CharTokenizer& tokenizer) {
  auto split = nn::split_text(tokenizer.encode(text), 0.9);
  const index_t shorter = std::min(split.train.size(), split.val.size());
  if (shorter <= o.block_size)
    throw ValueError(
        fmt::format("the text has {} characters, and a tenth of it is for validation; a block of {} needs "
                    "at least {}; choose a smaller --block-size or a longer text",
                    split.train.size() + split.val.size(), o.block_size, 10 * (o.block_size + 1)));
  return split;
}

}  // namespace

void train(const TrainOptions& o) {
  if (o.threads > 0) set_num_threads(o.threads);
  if (o.precision == "bf16") set_matmul_precision(Precision::bf16);
  const std::string text = o.data.empty() ? std::string(built_in_text) : nn::read_text(o.data);
  if (text.empty()) throw ValueError(fmt::format("{} is empty; there is nothing to learn from", o.data));
  const nn::CharTokenizer tokenizer(text);
  const auto [train_ids, val_ids] = load_text(o, text, tokenizer);

  Generator generator(o.seed);
  nn::GPT model({.n_layer = o.n_layer,
                 .n_head = o.n_head,
                 .n_embd = o.n_embd,
                 .block_size = o.block_size,
                 .vocab_size = tokenizer.vocab_size(),
                 .dropout = o.dropout,
                 .bias = o.bias},
                generator);
  nn::AdamW optimizer(nn::decay_groups(model.parameters(), o.weight_decay), {.betas = {o.beta1, o.beta2}});
  const nn::WarmupCosine schedule{.lr = o.learning_rate,
                                  .min_lr = o.min_lr < 0 ? o.learning_rate / 10 : o.min_lr,
                                  .warmup_steps = o.warmup_iters,
                                  .decay_steps = o.max_iters};

  std::filesystem::create_directories(o.out);
  Progress progress(o.out + "/log.csv", o.max_iters, o.batch_size * o.block_size);
  progress.say(fmt::format("{} characters, {} of them different; {} parameters", text.size(),
                           tokenizer.vocab_size(), model.parameter_count()));
  Report report(o.out + "/report.html", o, tokenizer);
  std::signal(SIGINT, [](int) { interrupted = 1; });

  double best = std::numeric_limits<double>::infinity();
  for (index_t step = 0;; ++step) {
    const bool last = step == o.max_iters || interrupted;
    if (step % o.eval_interval == 0 || last) {
      const Evaluation e{.step = step,
                         .train_loss = evaluate(model, train_ids, o),
                         .val_loss = evaluate(model, val_ids, o),
                         .learning_rate = schedule(step),
                         .tokens_per_second = progress.tokens_per_second(step)};
      if (e.val_loss < best) {
        best = e.val_loss;
        save_checkpoint(o.out, model, tokenizer);
        report.best(step, model, val_ids);
      }
      report.evaluated(e, model);
      progress.evaluated(e);
    }
    if (last) break;

    optimizer.config.lr = schedule(step);
    const auto [x, y] = nn::random_batch(train_ids, o.batch_size, o.block_size, generator);  // (B, T)
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    if (o.grad_clip > 0) nn::clip_grad_norm(model.parameters(), o.grad_clip);
    optimizer.step();
    progress.stepped(step + 1, loss.item());
    report.stepped(loss.item(), optimizer.config.lr);
  }
  progress.say(
      fmt::format("{0}best validation loss {1:.4f}; the model is in {2}/{3}, the run in {2}/report.html",
                  interrupted ? "interrupted; " : "", best, o.out, checkpoint_name));
}
