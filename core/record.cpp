// Recording: a result gets its node.
#include <xtape/core/record.hpp>

#include <xtape/core/observer_impl.hpp>

#include <utility>

namespace xtape {

void Wrt::move_into(Node& node, const AnyTensor& y) {
  if (function_->reads_output() && !node.output && y.storage()) {  // the empty array has none
    node.output = y.storage();
    node.output_version = y.storage()->version();
    node.saved_bytes += y.storage()->bytes();
  }
  node.saved_bytes += saved_bytes_;
  node.inputs.push_back({std::move(parent_), std::move(function_)});
  for (auto& parent : more_parents_) node.inputs.push_back({std::move(parent), nullptr});
}

void record_any(const OpName& op, AnyTensor& y, std::span<Wrt* const> wrts) {
  std::size_t inputs = 0;
  for (const Wrt* wrt : wrts)
    if (wrt->function_) inputs += wrt->function_->inputs();

  Ref<Node> node;
  if (inputs > 0) {
    node = Ref<Node>(new Node(op.text, op.at, y.dtype(), y.shape()));
    node->inputs.reserve(inputs);
    for (Wrt* wrt : wrts)
      if (wrt->function_) wrt->move_into(*node, y);
  }
  y.node_ = std::move(node);
  observe([&](Observer& observer) { observer.recorded(op, y); });
}

}  // namespace xtape
