// What the command line says. Defaults are those of nanoGPT's character model for a CPU, with biases as in
// GPT-2.
#pragma once

#include <cstdint>
#include <string>

struct TrainOptions {
  std::string data;  // a UTF-8 text; empty: the built-in tales
  std::string out = "out";
  std::int64_t n_layer = 4, n_head = 4, n_embd = 128, block_size = 64;
  double dropout = 0;
  bool bias = true;
  std::int64_t batch_size = 12, max_iters = 2000, warmup_iters = 100;
  double learning_rate = 1e-3, min_lr = -1;  // below 0: a tenth of the learning rate
  double beta1 = 0.9, beta2 = 0.99, weight_decay = 0.1, grad_clip = 1;
  std::int64_t eval_interval = 250, eval_iters = 20;
  std::uint64_t seed = 1337;
  int threads = 0;                 // 0: one a processor
  std::string precision = "fp32";  // of matrix products: fp32 or bf16
};

struct SampleOptions {
  std::string out = "out";
  std::string prompt = "\n";
  std::int64_t max_new_tokens = 500, top_k = 0;  // top_k 0: all characters
  double temperature = 0.8;
  std::uint64_t seed = 1337;
};

/// Trains a model and leaves model.safetensors, log.csv and report.html in the folder `out`.
void train(const TrainOptions& options);

/// Continues the prompt with the model in the folder `out`, character by character.
void sample(const SampleOptions& options);
