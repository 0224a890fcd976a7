// Reading the record without walking it: an explicit list, because chains are long.
#include <xtape/core/graph_impl.hpp>

#include <algorithm>
#include <unordered_set>

namespace xtape::detail {

namespace {

// Every node that y's record reaches; none beyond a node where is_end says so.
template <class IsEnd>
std::vector<Ref<Node>> reach(const AnyTensor& y, IsEnd is_end) {
  std::vector<Ref<Node>> found;
  std::unordered_set<const Node*> seen;
  const auto add = [&](const Ref<Node>& node) {
    if (node && seen.insert(node.get()).second) found.push_back(node);
  };
  add(y.node());
  for (std::size_t next = 0; next < found.size(); ++next) {
    const Ref<Node> node = found[next];
    if (is_end(*node)) continue;
    for (const auto& input : node->inputs) add(input.parent);
  }
  std::sort(found.begin(), found.end(),
            [](const Ref<Node>& a, const Ref<Node>& b) { return a->sequence > b->sequence; });
  return found;
}

}  // namespace

std::vector<Ref<Node>> reachable_nodes(const AnyTensor& y) {
  return reach(y, [](const Node&) { return false; });
}

std::vector<Ref<Node>> inputs_of_record(const AnyTensor& y, std::uint64_t first) {
  const auto is_input = [first](const Node& node) { return node.leaf || node.sequence < first; };
  auto nodes = reach(y, is_input);
  std::erase_if(nodes, [&](const Ref<Node>& node) { return !is_input(*node); });
  return nodes;
}

}  // namespace xtape::detail
