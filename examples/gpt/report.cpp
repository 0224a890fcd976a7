// The page of a training run.
#include "report.hpp"

#include "support/plot.hpp"
#include "support/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

using namespace xtape;

namespace {

constexpr index_t sample_length = 200, most_samples = 6, most_maps = 64, most_cells = 20000;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gpt train</title>
<style>
:root{color-scheme:light dark;--ink:#1f2328;--muted:#636c76;--paper:#fff;--line:#d9dce0;--ground:#f6f8fa}
@media(prefers-color-scheme:dark){
:root{--ink:#e6edf3;--muted:#9198a1;--paper:#0d1117;--line:#30363d;--ground:#161b22}}
body{margin:2rem auto;padding:0 1rem;max-width:1100px;color:var(--ink);background:var(--paper);
font:15px/1.5 -apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}p{color:var(--muted)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.8rem 1.5rem}
dt{color:var(--muted);font-size:13px}dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
pre{padding:.8rem 1rem;border-radius:6px;background:var(--ground);white-space:pre-wrap;overflow-wrap:anywhere;
font:13px/1.45 ui-monospace,Menlo,Consolas,monospace}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1rem;align-items:start}
svg{max-width:100%;height:auto}
</style>
</head>
<body>
)";

struct Fact {
  std::string_view name;
  std::string value;
};

std::vector<Fact> facts(const TrainOptions& o, index_t vocab_size, std::int64_t parameters) {
  const auto text = [](auto value) { return fmt::format("{}", value); };
  return {{"text", o.data.empty() ? "the built-in tales" : o.data},
          {"tokens in use", text(vocab_size)},
          {"parameters", text(parameters)},
          {"layers", text(o.n_layer)},
          {"heads", text(o.n_head)},
          {"channels", text(o.n_embd)},
          {"block size", text(o.block_size)},
          {"dropout", text(o.dropout)},
          {"biases", o.bias ? "yes" : "no"},
          {"batch size", text(o.batch_size)},
          {"batches a step", text(o.gradient_accumulation_steps)},
          {"steps", text(o.max_iters)},
          {"warm-up steps", text(o.warmup_iters)},
          {"peak learning rate", text(o.learning_rate)},
          {"AdamW's decays", fmt::format("{}, {}", o.beta1, o.beta2)},
          {"weight decay", text(o.weight_decay)},
          {"largest gradient norm", o.grad_clip > 0 ? text(o.grad_clip) : "any"},
          {"seed", text(o.seed)}};
}

/// The model continues a new line, or what comes first where the text has none.
std::string written_by(nn::GPT& model, const nn::Tokenizer& tokenizer, std::uint64_t seed) {
  const auto* characters = tokenizer.get_if<nn::CharTokenizer>();
  const bool has_lines = !characters || characters->vocabulary().find('\n') != std::string::npos;
  Generator generator(seed);
  model.eval();
  const Indices ids =
      nn::generate(model, has_lines ? tokenizer.encode("\n") : Indices{0},
                   {.max_new_tokens = sample_length, .temperature = 0.8, .generator = &generator});
  model.train();
  return tokenizer.decode(ids);
}

/// One quantity over the steps of the evaluations.
template <class F>
plot::Series over_steps(std::string name, const std::vector<Evaluation>& evaluations, F value) {
  plot::Series series{std::move(name), {}};
  for (const auto& e : evaluations) {
    series.x.push_back(static_cast<double>(e.step));
    series.y.push_back(value(e));
  }
  return series;
}

}  // namespace

Report::Report(std::string path, const TrainOptions& options, const nn::Tokenizer& tokenizer,
               std::vector<Evaluation> before)
    : path_(std::move(path)), options_(options), tokenizer_(tokenizer), evaluations_(std::move(before)) {}

void Report::best(std::int64_t step, nn::GPT& model, const nn::Tokens& tokens) {
  const NoGrad scope;
  const auto maps = static_cast<double>(options_.n_layer * options_.n_head);
  const auto length = static_cast<index_t>(std::sqrt(most_cells / maps));
  const index_t T = std::min(std::clamp<index_t>(length, 8, 32), options_.block_size);
  const auto [x, y] = nn::batch_at(tokens, {0}, T);  // (1, T)
  model.eval();
  weights_ = model.attention_weights(x);  // n_layer times (1, H, T, T)
  model.train();
  best_step_ = step;
  looking_.clear();
  for (index_t t = 0; t < T; ++t) looking_.push_back(tokenizer_.decode(x.at({0, t})));
}

void Report::stepped(std::int64_t step, double loss, double learning_rate) {
  steps_.push_back(static_cast<double>(step));
  losses_.push_back(loss);
  learning_rates_.push_back(learning_rate);
}

void Report::evaluated(const Evaluation& evaluation, nn::GPT& model) {
  parameters_ = model.parameter_count();
  evaluations_.push_back(evaluation);
  samples_.push_back({evaluation.step, written_by(model, tokenizer_, options_.seed)});
  const std::string unfinished = path_ + ".new";
  if (!(std::ofstream(unfinished) << page() << std::flush))
    throw IoError(fmt::format("{}: it cannot be written", unfinished));
  std::filesystem::rename(unfinished, path_);
}

std::string Report::page() const {
  const auto best = std::min_element(evaluations_.begin(), evaluations_.end(),
                                     [](const auto& a, const auto& b) { return a.val_loss < b.val_loss; });
  std::string out(head);
  out += fmt::format(
      "<h1>A training run</h1>\n<p>Step {} of {}. Best validation loss {:.4f}, at step {}.</p>\n<dl>\n",
      evaluations_.back().step, options_.max_iters, best->val_loss, best->step);
  for (const auto& [name, value] : facts(options_, tokenizer_.vocab_size(), parameters_))
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, plot::escaped(value));
  return out + "</dl>\n" + curves() + samples() + attention() + "</body>\n</html>\n";
}

std::string Report::curves() const {
  const auto& e = evaluations_;
  return "<h2>How it went</h2>\n" +
         plot::lines({.title = "Loss", .x_label = "step", .y_label = "nats per token"},
                     {{"batches", losses_, steps_},
                      over_steps("training", e, [](const auto& at) { return at.train_loss; }),
                      over_steps("validation", e, [](const auto& at) { return at.val_loss; })}) +
         "<div class=\"grid\">\n" +
         plot::lines({.title = "Learning rate", .x_label = "step"}, {{"", learning_rates_, steps_}}) +
         plot::lines(
             {.title = "Speed", .x_label = "step", .y_label = "tokens per second"},
             {over_steps("", e,
                         [](const auto& at) { return at.step > 0 ? at.tokens_per_second : std::nan(""); })}) +
         "</div>\n";
}

std::string Report::samples() const {
  std::string out = "<h2>What it wrote</h2>\n<div class=\"grid\">\n";
  const auto count = static_cast<index_t>(samples_.size()), shown = std::min(count, most_samples);
  for (index_t i = 0; i < shown; ++i) {
    const auto k = static_cast<std::size_t>(shown == 1 ? 0 : i * (count - 1) / (shown - 1));  // first to last
    out += fmt::format("<div>after {} steps<pre>{}</pre></div>\n", samples_[k].step,
                       plot::escaped(samples_[k].text));
  }
  return out + "</div>\n";
}

std::string Report::attention() const {
  if (weights_.empty()) return "";
  std::string out = fmt::format(
      "<h2>Where its heads look</h2>\n<p>The best model, of step {}, on the first tokens of the "
      "validation text. A row is a token that looks, a column one that is looked at.</p>\n<div "
      "class=\"grid\">\n",
      best_step_);
  index_t maps = 0;
  for (std::size_t layer = 0; layer < weights_.size(); ++layer)
    for (index_t h = 0; h < options_.n_head && maps < most_maps; ++h, ++maps)
      out += plot::heat_map(
          {.title = fmt::format("Layer {}, head {}", layer, h), .columns = looking_, .rows = looking_},
          view(weights_[layer], 0, h));  // (T, T)
  return out + "</div>\n";
}
