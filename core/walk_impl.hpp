// The backward walk: collect what is reachable, order it, hand gradients down.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::detail {

/// The node whose gradient functions run on this thread, or null.
const Node* running_node();
/// Its op, or "backward" outside of one.
const char* running_op();

/// Sets what running_node() says for as long as it lives.
class RunningNode {
 public:
  explicit RunningNode(const Node* node);
  ~RunningNode();
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

    bool operator<(const Entry& other) const { return node->sequence < other.node->sequence; }
  };

  void hold(const Ref<Node>& node);
  bool ends_at(const Node& node) const { return node.sequence < options_.boundary; }
  bool leads_to_needed(const Node::Input& input) const;
  void restore(const Entry& entry) const;
  void check_not_released(const Entry& entry) const;
  void run_node(Node& node, AnyTensor& gy);
  void run_functions(Node& node, AnyTensor& gy);
  void run_function(const Node& node, AnyTensor& gy, AnyTensor& y, const Node::Input& input);
  void run_group(const Node& node, AnyTensor& gy, AnyTensor& y, std::span<const Node::Input> inputs,
                 bool* needs, AnyTensor* gx);
  void settle(AnyTensor& gx, const Node& to, const Node& from) const;
  void add_gradient(const Node& to, AnyTensor gradient, const Node& from);
  void apply_hooks(const Node& node, AnyTensor& gy) const;
  AnyTensor kept_output(Node& node) const;

  const char* caller_;
  WalkOptions options_;
  Here at_;
  std::uint64_t number_;
  std::uint64_t oldest_ = 0;
  std::vector<Entry> frontier_;       // nodes found but not collected: a heap, the newest on top
  std::vector<Entry> entries_;        // nodes collected, newest first
  std::vector<AnyTensor> gradients_;  // of entries_
};

}  // namespace xtape::detail
