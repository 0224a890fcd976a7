// Lesson 7: blocks. From the bigram to a small GPT, a part at a time: what does each addition do to the loss?
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace xtape;

namespace {

constexpr index_t B = 16, T = 32, C = 64;  // windows of a step, positions of a window, channels

enum class Norm { none, before, after };

/// What a model has, and how it learns.
struct Parts {
  std::string name;
  index_t blocks = 0, heads = 1;
  bool feed_forward = false, residual = false;
  Norm norm = Norm::none;
  double dropout = 0, lr = 1e-3;
};

/// Attention, through which positions exchange what they hold, and a network that works on each position
/// alone.
struct Block : nn::Module {
  Parts parts;
  nn::CausalSelfAttention attention;
  nn::Linear expand, contract;  // (4C, C), (C, 4C)
  nn::LayerNorm norm_1, norm_2;
  nn::Dropout dropout;

  explicit Block(const Parts& p)
      : parts(p),
        attention({.n_embd = C, .n_head = p.heads, .dropout = p.dropout}),
        expand(C, 4 * C),
        contract(4 * C, C),
        norm_1(C),
        norm_2(C),
        dropout(p.dropout) {}

  Tensor feed_forward(const Tensor& x) const { return dropout(contract(relu(expand(x)))); }

  /// One of the four ways from x through f.
  template <class F>
  Tensor through(const F& f, const nn::LayerNorm& norm, const Tensor& x) const {
    if (!parts.residual) return f(x);
    if (parts.norm == Norm::before) return x + f(norm(x));
    if (parts.norm == Norm::after) return norm(x + f(x));
    return x + f(x);
  }

  Tensor operator()(const Tensor& x) const {
    const Tensor y = through(attention, norm_1, x);  // (B, T, C)
    if (!parts.feed_forward) return y;
    return through([this](const Tensor& z) { return feed_forward(z); }, norm_2, y);  // (B, T, C)
  }

  void visit(nn::Visitor<float>& v) override {
    v("attention", attention);
    if (parts.feed_forward) {
      v("expand", expand);
      v("contract", contract);
      v("dropout", dropout);
    }
    if (parts.norm != Norm::none) {
      v("norm_1", norm_1);
      v("norm_2", norm_2);
    }
  }
};

struct Model : nn::Module {
  Parts parts;
  nn::Embedding token, position;  // (V, C), (T, C)
  std::vector<Block> blocks;
  nn::LayerNorm norm;
  nn::Linear head;  // (V, C)

  Model(const Parts& p, index_t V) : parts(p), token(V, C), position(T, C), norm(C), head(C, V) {
    for (index_t i = 0; i < parts.blocks; ++i) blocks.emplace_back(parts);
  }

  Tensor operator()(const Indices& idx) const {
    Tensor x = token(idx);                      // (B, T, C)
    if (!blocks.empty()) x += position.weight;  // (B, T, C) + (T, C)
    for (const Block& block : blocks) x = block(x);
    if (parts.norm == Norm::before) x = norm(x);
    return head(x);  // (B, T, V)
  }

  void visit(nn::Visitor<float>& v) override {
    v("token", token);
    if (!blocks.empty()) v("position", position);
    v("blocks", blocks);
    if (parts.norm == Norm::before) v("norm", norm);
    v("head", head);
  }
};

/// The mean loss over windows that lie evenly over the text: the same ones at every call.
double loss_over(Model& model, const Indices& ids, index_t windows) {
  const NoGrad scope;
  model.eval();
  double sum = 0;
  for (index_t first = 0; first < windows; first += 2 * B) {
    std::vector<std::int64_t> offsets;
    for (index_t i = first; i < first + 2 * B; ++i) offsets.push_back((ids.size() - T - 1) * i / windows);
    const auto [x, y] = nn::batch_at(ids, offsets, T);  // (2B, T)
    sum += cross_entropy(model(x), y).item();
  }
  model.train();
  return sum * 2 * B / static_cast<double>(windows);
}

struct Plan {
  int steps, interval;  // the losses are taken every so many steps,
  index_t windows;      // at the end over this many windows
};

struct Losses {
  plot::Series train, val;
};

Losses train(const Parts& parts, const nn::TextSplit& text, index_t V, const Plan& plan) {
  manual_seed(1337);
  Model model(parts, V);
  nn::AdamW optimizer(model.parameters(), {.lr = parts.lr});
  Losses losses{{.name = "training text", .y = {}}, {.name = parts.name, .y = {}}};
  for (int step = 0;; ++step) {
    if (step % plan.interval == 0) {
      const index_t windows = step < plan.steps ? 320 : plan.windows;
      losses.train.x.push_back(step);
      losses.train.y.push_back(loss_over(model, text.train, windows));
      losses.val.x.push_back(step);
      losses.val.y.push_back(loss_over(model, text.val, windows));
    }
    if (step == plan.steps) break;
    const auto [x, y] = nn::random_batch(text.train, B, T);  // (B, T)
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    optimizer.step();
  }
  fmt::print("{:<24}{:>12}{:>#16.5g}{:>#18.5g}\n", parts.name, model.parameter_count(), losses.train.y.back(),
             losses.val.y.back());
  std::fflush(stdout);
  return losses;
}

// Name, blocks, heads, feed-forward, residual, norm, dropout, learning rate. Each line has a part more, but
// that the norm then moves before, and the last three only learn faster.
const std::vector<Parts> ladder = {
    {"bigram"},
    {"one head", 1, 1},
    {"four heads", 1, 4},
    {"feed-forward", 1, 4, true},
    {"four blocks", 4, 4, true},
    {"residual", 4, 4, true, true},
    {"norm after", 4, 4, true, true, Norm::after},
    {"norm before", 4, 4, true, true, Norm::before},
    {"dropout", 4, 4, true, true, Norm::before, 0.1},
    {"residual, fast", 4, 4, true, true, Norm::none, 0, 0.01},
    {"norm after, fast", 4, 4, true, true, Norm::after, 0, 0.01},
    {"norm before, fast", 4, 4, true, true, Norm::before, 0, 0.01},
};

/// What each part is worth, by the validation losses at the end.
void compare(Lesson& lesson, std::map<std::string, double> loss) {
  const bool brief = lesson.is_short();
  lesson.claim("one head, below the bigram by", loss["bigram"] - loss["one head"], at_least(0.02));
  lesson.claim("four heads, below one by", loss["one head"] - loss["four heads"], at_least(0.03));
  lesson.claim("feed-forward, below four heads by", loss["four heads"] - loss["feed-forward"],
               at_least(brief ? -0.02 : 0.1));
  lesson.claim("four blocks alone, above one by", loss["four blocks"] - loss["feed-forward"],
               at_least(brief ? 0.2 : 0.5));
  lesson.claim("residual, below one block by", loss["feed-forward"] - loss["residual"], at_least(0.1));
  lesson.claim("norm after, above no norm by", loss["norm after"] - loss["residual"], at_most(0.1));
  lesson.claim("norm before, above no norm by", loss["norm before"] - loss["residual"], at_most(0.1));
  const auto above = [&](const char* name) { return loss[name] - loss["norm before, fast"]; };
  lesson.claim("fast: no norm, at least 0.05 above norm before",
               !(above("residual, fast") < 0.05));  // or NaN
  lesson.claim("fast: norm after, at least 0.05 above norm before", !(above("norm after, fast") < 0.05));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  const nn::CharTokenizer tokenizer(lesson.text());
  const index_t V = tokenizer.vocab_size();
  const nn::TextSplit text = nn::split_text(tokenizer.encode(lesson.text()), 0.9);

  const Plan plan = lesson.is_short() ? Plan{100, 100, 320} : Plan{1000, 100, 640};
  fmt::print("after {:4} steps           parameters   loss: training text   validation text\n", plan.steps);
  std::vector<plot::Series> curves;
  std::map<std::string, double> loss;
  for (const Parts& parts : ladder) {
    curves.push_back(train(parts, text, V, plan).val);
    loss[parts.name] = curves.back().y.back();
  }
  fmt::print("\n");
  compare(lesson, loss);

  const std::vector rungs(curves.begin(), curves.begin() + 8);
  std::vector fast(curves.end() - 3, curves.end());
  for (plot::Series& curve : fast)
    for (double& y : curve.y) y = std::min(y, 5.0);  // a loss that runs away would leave no room for others
  lesson.picture("07_ladder", plot::lines({"Loss on the validation text", "step", "loss"}, rungs));
  lesson.picture("07_fast", plot::lines({"With ten times the learning rate", "step", "loss"}, fast));
  if (lesson.is_short()) return lesson.result();

  // The model with norms before, for longer.
  fmt::print("\nafter 5000 steps           parameters   loss: training text   validation text\n");
  Losses full = train(ladder[7], text, V, {5000, 250, 3200});
  lesson.claim("loss on the validation text", full.val.y.back(), at_most(1.84));
  full.val.name = "validation text";
  lesson.picture("07_full", plot::lines({"Five thousand steps", "step", "loss"}, {full.train, full.val}));
  return lesson.result();
}
