// The backward walk: gradient functions, what they give, and the leaves.
#include <xtape/core/walk_impl.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/node_impl.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/core/record.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::detail {

constinit thread_local const Node* running_node_here = nullptr;

namespace {

AnyTensor without_node(AnyTensor x) {
  const DType dtype = x.dtype();
  return AnyTensor(std::move(x), dtype);
}

}  // namespace

const char* running_op() { return running_node_here ? running_node_here->op : "backward"; }

void Walk::seed(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const AnyTensor& output = outputs[i];
    if (!output.requires_grad()) continue;
    AnyTensor start = i < gy.size() ? gy[i] : AnyTensor();
    if (!start.has_value()) start = filled(output.shape(), output.dtype(), 1);
    add_gradient(*output.node(), std::move(start), *output.node());
  }
}

void Walk::check_not_released(const Entry& entry) const {
  const Node& node = *entry.node;
  const bool ends_here = entry.is_input && node.sequence == oldest_;  // nothing behind it was asked for
  if (node.walked && !ends_here)
    raise<GraphError>(
        fmt::format("{}: the graph behind {} {} was walked before and is released; give the first walk "
                    "{{.retain_graph = true}}",
                    caller_, node.op, to_string(node.shape)),
        node.at);
}

void Walk::run() {
  const GradMode mode(options_.create_graph);
  for (const std::uint32_t position : order_) {
    const Entry& entry = entries_[position];
    AnyTensor& gradient = gradients_[position];
    Node& node = *entry.node;
    if (!gradient.has_value() || !entry.needed || ends_at(node)) continue;
    check_not_released(entry);
    const bool keeps = entry.is_input || node.leaf || (node.extras && node.extras->retains);
    with_type(node.dtype, [&]<Real T>(T) {
      BasicTensor<T> gy(std::move(gradient));
      run_node(node, gy);
      if (keeps) gradient = std::move(gy);
    });
  }
}

template <Real T>
void Walk::run_node(Node& node, BasicTensor<T>& gy) {
  try {
    const CallSite site = CallSite::instead(node.at, node.module);
    const PrecisionScope precision(node.precision);
    const RunningNode running_now(&node);
    if (node.extras) apply_hooks(node, gy);
    observe([&](Observer& observer) { observer.gradient_complete(node, gy); });
    if (node.leaf) return;
    run_functions(node, gy, node.output ? BasicTensor<T>(kept_output(node)) : BasicTensor<T>());
    observe([&](Observer& observer) { observer.gradients_ran(node); });
  } catch (Error& error) {
    error.add_note(fmt::format(", in the gradient of {}", node.op));
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw GraphError(with_place(
        fmt::format("{}: the gradient of {} failed: {}", caller_, node.op, error.what()), node.at));
  }
}

void Walk::run_functions(Node& node, const AnyTensor& gy, const AnyTensor& y) {
  const auto& inputs = node.inputs;
  bool passed_on = false;  // an input that nothing else lies behind keeps its graph
  for (std::size_t first = 0, end = 0; first < inputs.size(); first = end) {
    for (end = first + 1; end < inputs.size() && !inputs[end].function;) ++end;
    passed_on |= end == first + 1 ? run_function(node, gy, y, inputs[first])
                                  : run_group(node, gy, y, {&inputs[first], end - first});
  }
  if (passed_on && !options_.retain_graph) node.release_graph();
}

/// False where nobody needs this gradient.
bool Walk::run_function(const Node& node, const AnyTensor& gy, const AnyTensor& y, const Node::Input& input) {
  if (!leads_to_needed(input)) return false;
  const Node& to = *input.parent;
  const bool needs = true;
  AnyTensor& sum = gradients_[to.position];
  if (!sum.has_value()) {
    input.function->run(gy, y, &needs, &sum);
    settle(sum, to, node);
  } else if (options_.create_graph || !sum.storage()->unshared() || !input.function->add_into(gy, sum)) {
    AnyTensor gx;
    input.function->run(gy, y, &needs, &gx);
    add_gradient(to, std::move(gx), node);
  }
  observe([&](Observer& observer) { observer.gradient_made(node, to, sum); });
  return true;
}

bool Walk::run_group(const Node& node, const AnyTensor& gy, const AnyTensor& y,
                     std::span<const Node::Input> inputs) {
  SmallVector<bool, 4> needs;
  SmallVector<AnyTensor, 4> gx;
  for (const auto& input : inputs) {
    needs.push_back(leads_to_needed(input));
    gx.emplace_back();
  }
  if (std::none_of(needs.begin(), needs.end(), [](bool need) { return need; })) return false;
  inputs[0].function->run(gy, y, needs.data(), gx.data());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!needs[i]) continue;
    const Node& to = *inputs[i].parent;
    add_gradient(to, std::move(gx[i]), node);
    observe([&](Observer& observer) { observer.gradient_made(node, to, gradients_[to.position]); });
  }
  return true;
}

AnyTensor Walk::kept_output(Node& node) const {
  if (node.output->version() != node.output_version) raise_changed("its result", node.shape);
  return AnyTensor(ArrayBase(node.output, node.shape), node.dtype, Ref<Node>(&node));
}

void Walk::settle(AnyTensor& gx, const Node& to, const Node& from) const {
  if (!gx.has_value()) return;  // an empty tensor stands for zero
  if (!options_.create_graph && gx.node()) gx = without_node(std::move(gx));
  if (gx.shape() != to.shape || gx.dtype() != to.dtype)
    raise<ShapeError>(
        fmt::format("{}: the gradient for an input of shape {} ({}) made by {} has shape {} ({})", from.op,
                    to_string(to.shape), to_string(to.dtype), to.op, to_string(gx.shape()),
                    to_string(gx.dtype())),
        from.at);
}

void Walk::add_gradient(const Node& to, AnyTensor gradient, const Node& from) {
  settle(gradient, to, from);
  if (!gradient.has_value()) return;
  AnyTensor& sum = gradients_[to.position];
  if (!sum.has_value())
    sum = std::move(gradient);
  else if (!options_.create_graph && sum.storage()->unshared())
    add_into(sum, gradient);
  else
    sum = add_gradients(sum, gradient);
}

void Walk::apply_hooks(const Node& node, AnyTensor& gy) const {
  const auto hooks = node.extras->hooks;  // a copy: a hook may remove itself
  for (const auto& [id, hook] : hooks) {
    AnyTensor replaced = hook(gy);
    if (replaced.shape() != node.shape || replaced.dtype() != node.dtype)
      raise<ShapeError>(fmt::format("hook on {}: it returned shape {} for a gradient of shape {}", node.op,
                                    to_string(replaced.shape()), to_string(node.shape)),
                        node.at);
    gy = std::move(replaced);
  }
}

void Walk::commit_to_leaves() {
  struct Change {
    Node* node;
    AnyTensor grad;
    bool add;
  };
  std::vector<Change> changes;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Node& node = *entries_[i].node;
    const bool wants = node.leaf ? node.needs_grad() : node.extras && node.extras->retains;
    if (!wants || !gradients_[i].has_value()) continue;
    AnyTensor gradient = without_node(std::move(gradients_[i]));
    const AnyTensor& before = node.make_extras().grad;
    if (before.has_value()) {
      const bool in_place = before.storage()->unshared();
      changes.push_back({&node, in_place ? std::move(gradient) : add_gradients(before, gradient), in_place});
    } else {
      if (!gradient.storage()->unshared()) gradient = copy(gradient);  // a leaf's gradient is its own
      changes.push_back({&node, std::move(gradient), false});
    }
  }
  for (auto& change : changes) {  // nothing below throws
    if (change.add)
      add_into(change.node->extras->grad, change.grad);
    else
      change.node->extras->grad = std::move(change.grad);
  }
}

AnyTensor Walk::gradient_of(const Node& node) const {
  if (node.walk != number_) return {};
  return gradients_[node.position];
}

}  // namespace xtape::detail
