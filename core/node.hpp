// The tape: one node per recorded result, pointing at its inputs' nodes only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <xtape/core/array.hpp>
#include <xtape/core/call_site.hpp>
#include <xtape/core/precision.hpp>
#include <xtape/core/recycled.hpp>
#include <xtape/core/small_vector.hpp>

namespace xtape {

class AnyTensor;
class GradFunction;

enum class DType : std::uint8_t { float32, float64 };

template <Real T>
inline constexpr DType dtype_of = std::is_same_v<T, float> ? DType::float32 : DType::float64;

const char* to_string(DType dtype);

/// What the tape knows of one result: how it was made and how its gradient reaches its inputs; or, for a
/// leaf, that it takes gradients. Nodes are shared by the tensors and gradient functions that refer to them.
struct Node : Recycled {
  /// One input that needs a gradient. A function serves this input and those that follow without a function;
  /// inputs of such a group that need no gradient have no parent.
  struct Input {
    Ref<Node> parent;
    std::unique_ptr<GradFunction> function;
  };

  /// What few nodes have: a gradient of their own and hooks on it; see node_impl.hpp.
  struct Extras;

  Node(const char* made_by, Here called_at, DType element, const Shape& extents);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool is_leaf() const { return leaf; }
  /// True where gradients flow into or through this node.
  bool needs_grad() const { return !leaf || requires_grad.load(std::memory_order_relaxed); }
  Extras& make_extras();
  /// Drops functions, inputs and the kept output, once a walk is done with them.
  void release_graph();

  void retain() { references.add(); }
  void release() {
    if (references.drop()) destroy(this);
  }

  const char* op;
  Here at;
  CallSite::Path module;
  std::uint64_t sequence;  // order of creation: a node is newer than every node it can reach
  DType dtype;
  Precision precision;  // of products, when this was recorded: its gradient functions run in it
  bool leaf = false;
  bool walked = false;                     // released by a walk; a second one is refused
  std::atomic<bool> requires_grad{false};  // of a leaf, shared by all its handles
  Shape shape;
  SmallVector<Input, 2> inputs;
  Ref<Storage> output;  // kept where a gradient function reads y
  std::size_t saved_bytes = 0;
  std::unique_ptr<Extras> extras;

  std::atomic<std::uint64_t> walk{0};  // the walk that holds this node, 0 for none
  std::uint32_t position = 0;          // its place among what that walk found

  std::uint32_t output_version = 0;
  ShareCount references;
  Node* next_to_destroy = nullptr;

 private:
  static void destroy(Node* node);
};

}  // namespace xtape
