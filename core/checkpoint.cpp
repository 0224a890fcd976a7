// checkpoint: one node in place of all that f recorded, whose gradient records it again.
#include <xtape/core/checkpoint.hpp>

#include <xtape/core/draws_impl.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/graph_impl.hpp>
#include <xtape/core/record.hpp>
#include <xtape/core/saved_impl.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace xtape::detail {

namespace {

std::size_t byte_count(const AnyTensor& x) {
  return static_cast<std::size_t>(x.size()) * (x.dtype() == DType::float32 ? sizeof(float) : sizeof(double));
}

// A number that tells values apart: each word is mixed into it.
std::uint64_t digest(const AnyTensor& x) {
  const std::size_t count = byte_count(x);
  const auto* bytes = count > 0 ? static_cast<const char*>(x.storage()->data()) : nullptr;
  std::uint64_t mixed = count;
  for (std::size_t i = 0; i < count; i += sizeof mixed) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, std::min(sizeof word, count - i));
    mixed = (mixed ^ word) * 0x9E3779B97F4A7C15;
    mixed ^= mixed >> 32;
  }
  return mixed;
}

// A run of f: what it made, and what it takes to make that again.
struct Run {
  AnyTensor y;
  std::vector<Ref<Node>> reads;  // nodes from before the run that gradients have to reach
  std::vector<LoggedDraw> draws;
};

Run run_logged(const AnyFunction& f, const std::vector<AnyTensor>& inputs) {
  const std::uint64_t first = next_sequence();
  DrawLog log;
  const AnyTensor y = f(inputs);
  if (!y.requires_grad() || y.node()->sequence < first) return {y, {}, {}};
  return {y, inputs_of_record(y, first), log.take()};
}

class Replay final : public GradFunction {
 public:
  Replay(AnyFunction f, std::vector<AnyTensor> inputs, Run run, std::unique_ptr<SavedLog> kept)
      : f_(std::move(f)),
        inputs_(std::move(inputs)),
        draws_(std::move(run.draws)),
        kept_(std::move(kept)),
        shape_(run.y.shape()),
        digest_(digest(run.y)) {
    for (const auto& node : run.reads)
      reads_.emplace_back(ArrayBase(nullptr, node->shape), node->dtype, node);
  }

  bool reads_output() const override { return false; }

  void run(const AnyTensor& gy, const AnyTensor&, const bool* needs, AnyTensor* gx) override {
    kept_->check_unchanged();
    const std::uint64_t first = next_sequence();
    const AnyTensor y = again();
    check_reads(y, first);
    std::vector<AnyTensor> wanted;
    for (std::size_t i = 0; i < reads_.size(); ++i)
      if (needs[i]) wanted.push_back(reads_[i]);
    const bool create_graph = grad_enabled();
    Walk walk("checkpoint", {create_graph, create_graph, first}, {});
    walk.collect({&y, 1}, oldest(wanted));
    walk.find_needed(wanted, false);
    walk.seed({&y, 1}, {&gy, 1});
    walk.run();
    for (std::size_t i = 0; i < reads_.size(); ++i)
      if (needs[i]) gx[i] = walk.gradient_of(*reads_[i].node());
  }

 private:
  static std::uint64_t oldest(const std::vector<AnyTensor>& wanted) {
    std::uint64_t sequence = std::numeric_limits<std::uint64_t>::max();
    for (const auto& x : wanted) sequence = std::min(sequence, x.node()->sequence);
    return sequence;
  }

  // What this run reads from before it is what the first run read: a tensor that the first run recorded and
  // f kept would hide what lies behind it.
  void check_reads(const AnyTensor& y, std::uint64_t first) const {
    for (const auto& node : inputs_of_record(y, first)) {
      const bool known = std::any_of(reads_.begin(), reads_.end(),
                                     [&](const AnyTensor& x) { return x.node().get() == node.get(); });
      if (node->sequence < first && !known)
        raise<GraphError>(fmt::format("checkpoint: in the backward pass its function reads {} {}, which its "
                                      "first run did not read from outside; it must not keep what it records",
                                      node->op, to_string(node->shape)),
                          {});
    }
  }

  // The result of f, recorded, with the random numbers of the first run.
  AnyTensor again() const {
    const EnableGrad recording;
    const RunningNode none(nullptr);
    const DrawReplay numbers(draws_);
    AnyTensor y = f_(inputs_);
    if (y.shape() != shape_ || digest(y) != digest_)
      raise<GraphError>(
          fmt::format(
              "checkpoint: its function gives another result {} in the backward pass than the {} that "
              "it gave before; it must do the same each time, on values that nobody writes meanwhile",
              to_string(y.shape()), to_string(shape_)),
          {});
    return y;
  }

  AnyFunction f_;
  std::vector<AnyTensor> inputs_, reads_;  // of what is read, only the nodes
  std::vector<LoggedDraw> draws_;
  std::unique_ptr<SavedLog> kept_;
  Shape shape_;
  std::uint64_t digest_;
};

}  // namespace

AnyTensor checkpoint(const AnyFunction& f, std::vector<AnyTensor> inputs, Here at) {
  if (!grad_enabled()) return f(inputs);
  auto kept = std::make_unique<SavedLog>();
  for (const auto& x : inputs) kept->add(x, "its input");
  Run run = run_logged(f, inputs);
  AnyTensor y = run.y;
  if (run.reads.empty()) return y;
  y = run.y = AnyTensor(y, y.dtype());  // drops what was recorded
  kept->close(y);

  std::size_t saved_bytes = 0;
  for (const auto& x : inputs) saved_bytes += byte_count(x);
  const std::vector<Ref<Node>> reads = run.reads;
  auto replay = std::make_unique<Replay>(f, std::move(inputs), std::move(run), std::move(kept));
  Wrt wrt(std::move(replay), reads[0], saved_bytes, y.dtype());
  for (std::size_t i = 1; i < reads.size(); ++i) wrt.add(reads[i]);
  Wrt* const wrts[] = {&wrt};
  record_any({"checkpoint", at}, y, wrts);
  return y;
}

}  // namespace xtape::detail
