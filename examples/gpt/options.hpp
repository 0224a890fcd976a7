// What the command line says about training. Defaults are those of nanoGPT's character model for a CPU, with
// biases as in GPT-2.
#pragma once

#include <cstdint>
#include <string>

struct TrainOptions {
  std::string data, val_data;  // texts in UTF-8, or token files; data empty: the built-in tales
  std::string tokenizer = "char";
  std::string init_from;  // the folder of a model to begin with; empty: random weights
  std::int64_t vocab_size = 1024;
  std::string out = "out";
  std::int64_t n_layer = 4, n_head = 4, n_embd = 128, block_size = 64;
  double dropout = 0;
  bool bias = true;
  std::int64_t batch_size = 12, gradient_accumulation_steps = 1, max_iters = 2000, warmup_iters = 100;
  double learning_rate = 1e-3, min_lr = -1;  // below 0: a tenth of the learning rate
  double beta1 = 0.9, beta2 = 0.99, weight_decay = 0.1, grad_clip = 1;
  std::int64_t eval_interval = 250, eval_iters = 20;  // eval_iters 0: over all tokens
  bool epochs = false, resume = false;
  std::int64_t keep = 2;
  std::uint64_t seed = 1337;
  int threads = 0;                 // 0: one a processor
  std::string precision = "fp32";  // of matrix products: fp32 or bf16
  std::string all;                 // of these, as text
};

/// Trains a model and leaves the model, its checkpoints, log.csv and report.html in the folder `out`.
void train(const TrainOptions& options);
