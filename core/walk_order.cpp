// The backward walk before it runs: what is reachable, in which order, and what of it is needed.
#include <xtape/core/error.hpp>
#include <xtape/core/node_impl.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::detail {

namespace {

// A thread's walks are told apart from other threads' by the upper half of their number.
std::uint64_t new_walk_number() {
  static std::atomic<std::uint64_t> threads{0};
  thread_local const std::uint64_t thread = ++threads << 32;
  thread_local std::uint32_t walks = 0;
  return thread | ++walks;
}

bool same_thread(std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; }

}  // namespace

Walk::Walk(const char* caller, WalkOptions options, Here at)
    : caller_(caller), options_(options), at_(at), number_(new_walk_number()) {
  observe([](Observer& observer) { observer.walk_began(); });
}

Walk::~Walk() {
  for (const auto& entry : entries_) restore(entry);
  observe([](Observer& observer) { observer.walk_ended(); });
}

void Walk::restore(const Entry& entry) const {
  entry.node->position = entry.outer_position;
  entry.node->walk.store(entry.outer_walk, std::memory_order_release);
}

void Walk::hold(Node& node) {
  std::uint64_t before = node.walk.load(std::memory_order_acquire);
  if (before == number_) return;
  entries_.push_back({Ref<Node>(&node), before, 0});
  if ((before != 0 && !same_thread(before, number_)) ||
      !node.walk.compare_exchange_strong(before, number_, std::memory_order_acq_rel)) {
    entries_.pop_back();
    raise<GraphError>(
        fmt::format("{}: another thread is walking through {} {} right now; walk graphs that share "
                    "leaves one after the other",
                    caller_, node.op, to_string(node.shape)),
        at_);
  }
  entries_.back().outer_position = node.position;  // read once the node is ours
  node.position = static_cast<std::uint32_t>(entries_.size() - 1);
  frontier_.push_back({node.sequence, node.position});
  std::push_heap(frontier_.begin(), frontier_.end());
}

void Walk::collect(std::span<const AnyTensor> outputs, std::uint64_t oldest) {
  oldest_ = oldest;
  for (const auto& output : outputs)
    if (output.requires_grad()) hold(*output.node());
  while (!frontier_.empty()) {
    std::pop_heap(frontier_.begin(), frontier_.end());
    order_.push_back(frontier_.back().position);
    frontier_.pop_back();
    const Node& node = *entries_[order_.back()].node;
    if (ends_at(node)) continue;
    for (const auto& input : node.inputs)
      if (input.parent && input.parent->sequence >= oldest) hold(*input.parent);
  }
  gradients_.resize(entries_.size());
}

void Walk::find_needed(std::span<const AnyTensor> inputs, bool to_leaves) {
  for (const auto& input : inputs)
    if (input.node()->walk == number_) entries_[input.node()->position].is_input = true;
  for (std::size_t i = order_.size(); i-- > 0;) {
    Entry& entry = entries_[order_[i]];
    const Node& node = *entry.node;
    entry.needed = entry.is_input || (to_leaves && (node.leaf ? node.needs_grad() : node.extras != nullptr));
    if (ends_at(node)) continue;
    for (const auto& input : node.inputs) entry.needed |= leads_to_needed(input);
    entry.needed |= node.walked;  // reaching it again is an error, which run() tells
  }
}

}  // namespace xtape::detail
