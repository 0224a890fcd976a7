// Recording: a result gets its node.
#include <xtape/core/record.hpp>

#include <xtape/core/error.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace detail {

namespace {
constinit thread_local std::size_t noted_bytes = 0;
}

void count_saved_bytes(std::size_t bytes) { noted_bytes += bytes; }

std::size_t take_saved_bytes() { return std::exchange(noted_bytes, 0); }

void raise_changed(const char* name, const Shape& shape) {
  raise<GraphError>(
      fmt::format("{}: its gradient needs the value that {} {} had, but it was written since; run "
                  "backward before writing, or give the op a clone()",
                  running_op(), name, to_string(shape)),
      {});
}

}  // namespace detail

AnyTensor record_any(OpName op, AnyTensor y, Wrt* wrts, std::size_t count) {
  std::size_t inputs = 0;
  for (std::size_t i = 0; i < count; ++i) inputs += wrts[i].inputs_.size();
  if (inputs == 0) return AnyTensor(std::move(y), y.dtype());

  Ref<Node> node(new Node(op.text, op.at, y.dtype(), y.shape()));
  node->inputs.reserve(inputs);
  for (std::size_t i = 0; i < count; ++i) {
    for (auto& input : wrts[i].inputs_) {
      if (input.function && input.function->reads_output()) node->output = y.storage();
      node->inputs.push_back(std::move(input));
    }
    node->saved_bytes += wrts[i].saved_bytes_;
  }
  if (node->output) {
    node->output_version = node->output->version();
    node->saved_bytes += node->output->bytes();
  }
  const DType dtype = y.dtype();
  return AnyTensor(std::move(y), dtype, std::move(node));
}

}  // namespace xtape
