// gpt: trains a small GPT on a text, and lets it write.
#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

void add_train(CLI::App& app, TrainOptions& o) {
  auto* train = app.add_subcommand("train", "Train a model on a text");
  train->add_option("--data", o.data, "A UTF-8 text file; without it, the built-in tales");
  train->add_option("--out", o.out, "Folder for model.safetensors, log.csv and report.html")
      ->capture_default_str();
  train->add_option("--n-layer", o.n_layer, "Blocks")->capture_default_str()->check(CLI::Range(1, 1000));
  train->add_option("--n-head", o.n_head, "Attention heads a block")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  train->add_option("--n-embd", o.n_embd, "Channels")->capture_default_str()->check(CLI::Range(1, 1 << 20));
  train->add_option("--block-size", o.block_size, "Characters of context")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  train->add_option("--dropout", o.dropout, "Probability of dropping a value")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999));
  train->add_flag("--bias,!--no-bias", o.bias, "Biases in linear layers and layer norms; default: with");
  train->add_option("--batch-size", o.batch_size, "Windows a step")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  train->add_option("--max-iters", o.max_iters, "Steps")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train->add_option("--learning-rate", o.learning_rate, "Peak learning rate")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train->add_option("--min-lr", o.min_lr, "Learning rate at the end; default: a tenth of the peak");
  train->add_option("--warmup-iters", o.warmup_iters, "Steps of linear warm-up")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train->add_option("--beta1", o.beta1, "AdamW's first decay")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999999));
  train->add_option("--beta2", o.beta2, "AdamW's second decay")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999999));
  train->add_option("--weight-decay", o.weight_decay, "On matrices")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train->add_option("--grad-clip", o.grad_clip, "Largest gradient norm; 0: any")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  train->add_option("--eval-interval", o.eval_interval, "Steps between evaluations")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train->add_option("--eval-iters", o.eval_iters, "Batches an evaluation")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train->add_option("--seed", o.seed, "Of weights, batches and dropout")->capture_default_str();
  train->add_option("--threads", o.threads, "Threads; default: one a processor")->check(CLI::Range(1, 1024));
  train
      ->add_option("--precision", o.precision, "Of matrix products: fp32, or bf16 where the processor has it")
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "bf16"}));
}

void add_sample(CLI::App& app, SampleOptions& o) {
  auto* sample = app.add_subcommand("sample", "Let a trained model write");
  sample->add_option("--out", o.out, "Folder that holds model.safetensors")->capture_default_str();
  sample->add_option("--prompt", o.prompt, "Text to continue; default: a new line");
  sample->add_option("--max-new-tokens", o.max_new_tokens, "Characters to write")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  sample
      ->add_option("--temperature", o.temperature, "Below 1 bolder, above 1 wilder; 0: always the likeliest")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  sample->add_option("--top-k", o.top_k, "Choose among the k likeliest; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  sample->add_option("--seed", o.seed, "Of the choices")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Train a small GPT on a text, and let it write.");
  app.require_subcommand(1);
  TrainOptions train_options;
  SampleOptions sample_options;
  add_train(app, train_options);
  add_sample(app, sample_options);
  try {
    app.parse(argc, argv);
    app.got_subcommand("train") ? train(train_options) : sample(sample_options);
    return 0;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpt: %s\n", error.what());
    return 2;
  }
}
