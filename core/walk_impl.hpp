// The backward walk: collect what is reachable, order it, hand gradients down.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::detail {

extern constinit thread_local const Node* running_node_here;

/// The node whose gradient functions run on this thread, or null.
inline const Node* running_node() { return running_node_here; }
/// Its op, or "backward" outside of one.
const char* running_op();

/// Sets what running_node() says for as long as it lives.
class RunningNode {
 public:
  explicit RunningNode(const Node* node) : outer_(std::exchange(running_node_here, node)) {}
  ~RunningNode() { running_node_here = outer_; }
  RunningNode(const RunningNode&) = delete;
  RunningNode& operator=(const RunningNode&) = delete;

 private:
  const Node* outer_;
};

struct WalkOptions {
  bool create_graph = false;
  bool retain_graph = false;
  std::uint64_t boundary = 0;  ///< older nodes get their gradients, and are not walked through
};

/// One pass from outputs to inputs; the functions are called in the order in which they stand here. Holds
/// every node that it reaches until it is destroyed.
class Walk {
 public:
  Walk(const char* caller, WalkOptions options, Here at);
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Takes hold of every node that the outputs reach, newest first; none older than `oldest`.
  void collect(std::span<const AnyTensor> outputs, std::uint64_t oldest);
  /// Marks the nodes through which a gradient has to pass: to all leaves that want one, or to `inputs`.
  void find_needed(std::span<const AnyTensor> inputs, bool to_leaves);
  /// Starts from these gradients of the outputs; ones where none is given.
  void seed(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy);
  /// Runs the gradient functions.
  void run();
  void commit_to_leaves();
  /// The gradient of a node that was named as an input, without a value where nothing depends on it.
  AnyTensor gradient_of(const Node& node) const;

 private:
  struct Entry {
    Ref<Node> node;
    std::uint64_t outer_walk;  // what held the node before: a walk that this one runs inside of
    std::uint32_t outer_position;
    bool needed = false;
    bool is_input = false;
  };

  /// A node that was found, by its place in entries_; the newest is the largest.
  struct Found {
    std::uint64_t sequence;
    std::uint32_t position;

    bool operator<(const Found& other) const { return sequence < other.sequence; }
  };

  void hold(Node& node);
  bool ends_at(const Node& node) const { return node.sequence < options_.boundary; }
  bool leads_to_needed(const Node::Input& input) const {
    return input.parent && input.parent->walk == number_ && entries_[input.parent->position].needed;
  }
  void restore(const Entry& entry) const;
  void check_not_released(const Entry& entry) const;
  template <Real T>
  void run_node(Node& node, BasicTensor<T>& gy);
  void run_functions(Node& node, const AnyTensor& gy, const AnyTensor& y);
  bool run_function(const Node& node, const AnyTensor& gy, const AnyTensor& y, const Node::Input& input);
  bool run_group(const Node& node, const AnyTensor& gy, const AnyTensor& y,
                 std::span<const Node::Input> inputs);
  void settle(AnyTensor& gx, const Node& to, const Node& from) const;
  void add_gradient(const Node& to, AnyTensor gradient, const Node& from);
  void apply_hooks(const Node& node, AnyTensor& gy) const;
  AnyTensor kept_output(Node& node) const;

  const char* caller_;
  WalkOptions options_;
  Here at_;
  std::uint64_t number_;
  std::uint64_t oldest_ = 0;
  std::vector<Entry> entries_;        // nodes found
  std::vector<AnyTensor> gradients_;  // of entries_
  std::vector<Found> frontier_;       // nodes found but not collected: a heap, the newest on top
  std::vector<std::uint32_t> order_;  // of entries_, newest first
};

}  // namespace xtape::detail
