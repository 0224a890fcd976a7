// Pictures of records.
#include <xtape/core/dot.hpp>

#include <xtape/core/graph_impl.hpp>
#include <xtape/core/here_impl.hpp>

#include <fmt/format.h>

#include <unordered_map>

namespace xtape {

namespace {

using Names = std::unordered_map<const Node*, std::string>;

/// A text between quotation marks. In a label, backslash and n is a new line.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

std::string leaf_label(const Node& leaf, const Names& names) {
  const auto name = names.find(&leaf);
  return fmt::format("{}\n{}{}", name == names.end() ? leaf.op : name->second, to_string(leaf.shape),
                     leaf.needs_grad() ? "" : "\nfrozen");
}

std::string op_label(const Node& node) {
  std::string label = fmt::format("{}\n{}", node.op, to_string(node.shape));
  if (node.at.file) label += '\n' + to_string(node.at);
  if (node.module) label += '\n' + *node.module;
  return label + (node.walked ? "\nreleased" : fmt::format("\n{} bytes", node.saved_bytes));
}

std::string picture(const AnyTensor& y, const Names& names) {
  std::string text = "digraph {\n";
  if (!y.node())
    text += fmt::format("  n0 [shape=box, label={}];\n", quoted("constant\n" + to_string(y.shape())));
  for (const auto& node : detail::reachable_nodes(y)) {
    text += fmt::format("  n{} [shape={}, label={}];\n", node->sequence, node->leaf ? "box" : "ellipse",
                        quoted(node->leaf ? leaf_label(*node, names) : op_label(*node)));
    for (const auto& input : node->inputs)
      if (input.parent) text += fmt::format("  n{} -> n{};\n", input.parent->sequence, node->sequence);
  }
  return text + "}\n";
}

}  // namespace

std::string to_dot(const AnyTensor& y) { return picture(y, {}); }

template <Real T>
std::string to_dot(const AnyTensor& y, const std::vector<std::pair<std::string, BasicTensor<T>>>& names) {
  Names by_node;
  for (const auto& [name, leaf] : names)
    if (leaf.node()) by_node.emplace(leaf.node().get(), name);
  return picture(y, by_node);
}

template std::string to_dot(const AnyTensor&, const std::vector<std::pair<std::string, Tensor>>&);
template std::string to_dot(const AnyTensor&, const std::vector<std::pair<std::string, Tensor64>>&);

}  // namespace xtape
