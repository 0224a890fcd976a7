// Recording: a result gets its node.
#include <xtape/core/record.hpp>

#include <xtape/core/observer_impl.hpp>

#include <utility>

namespace xtape {

AnyTensor record_any(OpName op, AnyTensor y, Wrt* wrts, std::size_t count) {
  std::size_t inputs = 0;
  for (std::size_t i = 0; i < count; ++i) inputs += wrts[i].inputs_.size();

  Ref<Node> node;
  if (inputs > 0) {
    node = Ref<Node>(new Node(op.text, op.at, y.dtype(), y.shape()));
    node->inputs.reserve(inputs);
  }
  for (std::size_t i = 0; i < count && node; ++i) {
    for (auto& input : wrts[i].inputs_) {
      if (input.function && input.function->reads_output()) node->output = y.storage();
      node->inputs.push_back(std::move(input));
    }
    node->saved_bytes += wrts[i].saved_bytes_;
  }
  if (node && node->output) {
    node->output_version = node->output->version();
    node->saved_bytes += node->output->bytes();
  }
  const DType dtype = y.dtype();
  AnyTensor result(std::move(y), dtype, std::move(node));
  observe([&](Observer& observer) { observer.recorded(op, result); });
  return result;
}

}  // namespace xtape
