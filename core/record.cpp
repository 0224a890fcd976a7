// Recording: a result gets its node.
#include <xtape/core/record.hpp>

#include <xtape/core/error.hpp>
#include <xtape/core/observer_impl.hpp>

#include <fmt/format.h>

#include <utility>

namespace xtape {

void Wrt::move_into(Node& node, const AnyTensor& y) {
  if (inputs_[0].function->reads_output() && !node.output && y.storage()) {  // the empty array has none
    node.output = y.storage();
    node.output_version = y.storage()->version();
    node.saved_bytes += y.storage()->bytes();
  }
  node.saved_bytes += saved_bytes_;
  for (auto& input : inputs_) node.inputs.push_back(std::move(input));
}

void record_any(const OpName& op, AnyTensor& y, std::span<Wrt* const> wrts) {
  Ref<Node> node;
  for (Wrt* wrt : wrts) {
    if (wrt->inputs_.empty()) continue;
    if (wrt->result_ != y.dtype())
      raise<GraphError>(
          fmt::format("{}: a gradient function for results of {}, but the result is {}; name its type, "
                      "wrt<{}>(x, f)",
                      op.text, to_string(wrt->result_), to_string(y.dtype()),
                      y.dtype() == DType::float32 ? "float" : "double"),
          op.at);
    if (!node) node = Ref<Node>(new Node(op.text, op.at, y.dtype(), y.shape()));
    wrt->move_into(*node, y);
  }
  y.node_ = std::move(node);
  observe([&](Observer& observer) { observer.recorded(op, y); });
}

}  // namespace xtape
