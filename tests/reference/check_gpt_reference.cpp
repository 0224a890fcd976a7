// check_gpt_reference DIR --text FILE: repeats a recorded training run of a GPT in float and prints how far
// losses, gradient norms and final logits are from the recorded ones, one `name: value` a line.
#include <xtape/xtape.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace {

using namespace xtape;
using nlohmann::json;

nn::GPTConfig model_config(const json& c) {
  return {.n_layer = c.at("n_layer"),
          .n_head = c.at("n_head"),
          .n_embd = c.at("n_embd"),
          .block_size = c.at("block_size"),
          .vocab_size = c.at("vocab_size"),
          .dropout = c.at("dropout"),
          .bias = c.at("bias")};
}

nn::WarmupCosine learning_rate(const json& run) {
  const json& s = run.at("schedule");
  return {.lr = s.at("lr"),
          .min_lr = s.at("min_lr"),
          .warmup_steps = s.at("warmup"),
          .decay_steps = run.at("steps")};
}

/// The largest of the first n differences.
double largest(const std::vector<double>& differences, std::size_t n) {
  return *std::max_element(differences.begin(), differences.begin() + static_cast<std::ptrdiff_t>(n));
}

void check(const std::filesystem::path& folder, const std::string& text_file) {
  const json run = json::parse(nn::read_text(folder / "run.json"));
  const json& c = run.at("config");
  const json& o = run.at("optimizer");
  const std::string text = nn::read_text(text_file);
  const nn::CharTokenizer tokenizer(text);
  const auto [train_ids, val_ids] = nn::split_text(tokenizer.encode(text), 0.9);

  nn::GPT model(model_config(c));
  model.load_state_dict(nn::load_safetensors(folder / "init.safetensors").tensors);
  nn::AdamW optimizer(nn::decay_groups(model.parameters(), o.at("weight_decay")),
                      {.betas = {o.at("beta1"), o.at("beta2")}, .eps = o.at("eps")});
  const nn::WarmupCosine schedule = learning_rate(run);

  std::vector<double> loss_diff, norm_diff;
  const std::size_t steps = run.at("steps");
  for (std::size_t step = 0; step < steps; ++step) {
    const std::vector<std::int64_t> offsets = run.at("offsets").at(step);
    const auto [x, y] = nn::batch_at(train_ids, offsets, c.at("block_size"));  // (B, T)
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    const double norm = nn::clip_grad_norm(model.parameters(), o.at("grad_clip"));
    optimizer.config.lr = schedule(static_cast<index_t>(step));
    optimizer.step();

    const double recorded_norm = run.at("grad_norm").at(step);
    loss_diff.push_back(std::abs(loss.item() - run.at("loss").at(step).get<double>()));
    norm_diff.push_back(std::abs(norm - recorded_norm) / recorded_norm);
  }

  const NoGrad scope;
  const auto final = nn::load_safetensors(folder / "final.safetensors").tensors;
  const Tensor logits = model(final.get<Indices>("check.input"));   // (1, T, V)
  const Tensor& expected = final.get<Tensor>("check.last_logits");  // (1, 1, V)
  const float* last = logits.data() + logits.size() - expected.size();
  double logits_diff = 0;
  for (index_t i = 0; i < expected.size(); ++i)
    logits_diff = std::max(logits_diff, std::abs(static_cast<double>(last[i]) - expected.data()[i]));

  const std::size_t first = std::min<std::size_t>(20, steps);
  fmt::print("loss_diff_first_20: {:.3g}\n", largest(loss_diff, first));
  fmt::print("loss_diff_all: {:.3g}\n", largest(loss_diff, steps));
  fmt::print("grad_norm_rel_diff_first_20: {:.3g}\n", largest(norm_diff, first));
  fmt::print("grad_norm_rel_diff_all: {:.3g}\n", largest(norm_diff, steps));
  fmt::print("logits_diff: {:.3g}\n", logits_diff);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || std::strcmp(argv[2], "--text") != 0) {
    fmt::print(stderr,
               "usage: check_gpt_reference DIR --text FILE\nDIR holds run.json, init.safetensors and "
               "final.safetensors of a run on FILE\n");
    return 2;
  }
  try {
    check(argv[1], argv[3]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "check_gpt_reference: {}\n", error.what());
    return 1;
  }
}
