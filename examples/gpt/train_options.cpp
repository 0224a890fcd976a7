// gpt train: its options.
#include "commands.hpp"
#include "options.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace {

void add_data(CLI::App& train, TrainOptions& o) {
  train.add_option("--data", o.data, "A UTF-8 text, or token file NAME.bin; without it, the built-in tales");
  train.add_option("--val-data", o.val_data, "What to validate on; without it, the last tenth of the data");
  train.add_option("--tokenizer", o.tokenizer, "char, bpe, or the path of a tokenizer to use")
      ->capture_default_str();
  train.add_option("--vocab-size", o.vocab_size, "Tokens that bpe learns from the text")
      ->capture_default_str()
      ->check(CLI::Range(257, 1 << 24));
  train.add_option("--out", o.out, "Folder for the model, its checkpoints, log.csv and report.html")
      ->capture_default_str();
}

void add_model(CLI::App& train, TrainOptions& o) {
  train.add_option("--n-layer", o.n_layer, "Blocks")->capture_default_str()->check(CLI::Range(1, 1000));
  train.add_option("--n-head", o.n_head, "Attention heads a block")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  train.add_option("--n-embd", o.n_embd, "Channels")->capture_default_str()->check(CLI::Range(1, 1 << 20));
  train.add_option("--block-size", o.block_size, "Tokens of context")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  train.add_option("--dropout", o.dropout, "Probability of dropping a value")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999));
  train.add_flag("--bias,!--no-bias", o.bias, "Biases in linear layers and layer norms; default: with");
  train.add_option("--init-from", o.init_from,
                   "Folder of a model to begin with, of these sizes, instead of random weights; give its "
                   "tokenizer too");
}

void add_optimizer(CLI::App& train, TrainOptions& o) {
  train.add_option("--batch-size", o.batch_size, "Windows a batch")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  train
      .add_option("--gradient-accumulation-steps,--grad-accum", o.gradient_accumulation_steps,
                  "Batches a step")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  train.add_flag("--epochs", o.epochs, "Each window once in an epoch, instead of windows at random places");
  train.add_option("--max-iters", o.max_iters, "Steps")->capture_default_str()->check(CLI::NonNegativeNumber);
  train.add_option("--learning-rate", o.learning_rate, "Peak learning rate")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train.add_option("--min-lr", o.min_lr, "Learning rate at the end; default: a tenth of the peak");
  train.add_option("--warmup-iters", o.warmup_iters, "Steps of linear warm-up")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train.add_option("--beta1", o.beta1, "AdamW's first decay")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999999));
  train.add_option("--beta2", o.beta2, "AdamW's second decay")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999999));
  train.add_option("--weight-decay", o.weight_decay, "On matrices")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train.add_option("--grad-clip", o.grad_clip, "Largest gradient norm; 0: any")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void add_run(CLI::App& train, TrainOptions& o) {
  train.add_option("--eval-interval", o.eval_interval, "Steps between evaluations and checkpoints")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train.add_option("--eval-iters", o.eval_iters, "Batches an evaluation; 0: the whole texts")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train.add_flag("--resume", o.resume, "Go on from the last checkpoint in --out, if there is one");
  train.add_option("--keep", o.keep, "Checkpoints to keep, beside the best")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train.add_option("--seed", o.seed, "Of weights, batches and dropout")->capture_default_str();
  train.add_option("--threads", o.threads, "Threads; default: one a processor")->check(CLI::Range(1, 1024));
  train
      .add_option("--precision", o.precision, "Of matrix products: fp32, or bf16 where the processor has it")
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "bf16"}));
}

}  // namespace

void add_train(CLI::App& app) {
  const auto o = std::make_shared<TrainOptions>();
  auto* command = app.add_subcommand("train", "Train a model on a text");
  add_data(*command, *o);
  add_model(*command, *o);
  add_optimizer(*command, *o);
  add_run(*command, *o);
  command->callback([o, command] {
    o->all = command->config_to_str(true);
    train(*o);
  });
}
