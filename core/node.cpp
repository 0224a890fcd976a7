// Nodes: numbering, and destruction without recursion.
#include <xtape/core/graph_impl.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/node_impl.hpp>
#include <xtape/core/record.hpp>

namespace xtape {

namespace {

constinit std::atomic<std::uint64_t> nodes_made{0}, nodes_destroyed{0};

// Nodes whose last share went away while another node was being destroyed on this thread. Whatever a node
// holds, parents or captures of gradient functions, ends here, so no chain can recurse.
constinit thread_local Node* waiting = nullptr;
constinit thread_local bool destroying = false;

}  // namespace

const char* to_string(DType dtype) { return dtype == DType::float32 ? "float32" : "float64"; }

Node::Node(const char* made_by, Here called_at, DType element, const Shape& extents)
    : op(made_by),
      at(CallSite::place(called_at)),
      module(CallSite::module()),
      dtype(element),
      precision(matmul_precision()),
      shape(extents) {
  sequence = nodes_made.fetch_add(1, std::memory_order_relaxed) + 1;  // last: what throws above is no node
}

Node::~Node() { nodes_destroyed.fetch_add(1, std::memory_order_release); }

Node::Extras& Node::make_extras() {
  if (!extras) extras = std::make_unique<Extras>();
  return *extras;
}

void Node::release_graph() {
  walked = true;
  inputs.clear();
  output = nullptr;
  saved_bytes = 0;
}

void Node::destroy(Node* node) {
  node->next_to_destroy = waiting;
  waiting = node;
  if (destroying) return;
  destroying = true;
  while (waiting) {
    Node* next = waiting;
    waiting = next->next_to_destroy;
    delete next;
  }
  destroying = false;
}

std::uint64_t detail::next_sequence() { return nodes_made.load(std::memory_order_relaxed) + 1; }

std::size_t live_nodes() {
  const std::uint64_t destroyed = nodes_destroyed.load(std::memory_order_acquire);  // of those made so far
  return nodes_made.load(std::memory_order_relaxed) - destroyed;
}

}  // namespace xtape
