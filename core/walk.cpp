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

namespace {

constinit thread_local const Node* running = nullptr;

AnyTensor without_node(const AnyTensor& x) { return AnyTensor(x, x.dtype()); }

}  // namespace

const Node* running_node() { return running; }

const char* running_op() { return running ? running->op : "backward"; }

RunningNode::RunningNode(const Node* node) : outer_(std::exchange(running, node)) {}

RunningNode::~RunningNode() { running = outer_; }

void Walk::seed(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const AnyTensor& output = outputs[i];
    if (!output.requires_grad()) continue;
    AnyTensor start = i < gy.size() ? gy[i] : AnyTensor();
    if (!start.has_value()) start = filled(output.shape(), output.dtype(), 1);
    add_gradient(entries_[output.node()->position], std::move(start), *output.node());
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
  for (auto& entry : entries_) {
    const Node& node = *entry.node;
    if (!entry.gradient.has_value() || !entry.needed || ends_at(node)) continue;
    check_not_released(entry);
    run_node(entry);
    const bool keeps = entry.is_input || node.leaf || (node.extras && node.extras->retains);
    if (!keeps) entry.gradient = {};
  }
}

void Walk::run_node(Entry& entry) {
  Node& node = *entry.node;
  try {
    const CallSite site = CallSite::instead(node.at, node.module);
    const PrecisionScope precision(node.precision);
    const RunningNode running_now(&node);
    apply_hooks(entry);
    observe([&](Observer& observer) { observer.gradient_complete(node, entry.gradient); });
    if (node.leaf) return;
    run_functions(entry);
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

void Walk::run_functions(Entry& entry) {
  Node& node = *entry.node;
  const AnyTensor y = kept_output(entry.node);
  bool passed_on = false;  // an input that nothing else lies behind keeps its graph
  for (std::size_t first = 0; first < node.inputs.size();) {
    const std::span inputs(node.inputs.data() + first, node.inputs[first].count);
    first += inputs.size();
    if (std::none_of(inputs.begin(), inputs.end(), [this](const auto& x) { return leads_to_needed(x); }))
      continue;
    passed_on = true;
    if (inputs.size() == 1) {
      run_function(entry, y, inputs[0]);
    } else if (inputs.size() <= max_inputs_in_one_function) {
      bool needs[max_inputs_in_one_function];
      AnyTensor gx[max_inputs_in_one_function];
      run_group(entry, y, inputs, needs, gx);
    } else {
      const auto needs = std::make_unique<bool[]>(inputs.size());
      std::vector<AnyTensor> gx(inputs.size());
      run_group(entry, y, inputs, needs.get(), gx.data());
    }
  }
  if (passed_on && !options_.retain_graph) node.release_graph();
}

void Walk::run_function(const Entry& entry, const AnyTensor& y, const Node::Input& input) {
  Entry& to = entries_[input.parent->position];
  const bool in_place = !options_.create_graph && to.gradient.has_value() &&
                        to.gradient.storage()->unshared() &&
                        input.function->add_into(entry.gradient, to.gradient);
  if (!in_place) {
    const bool needs = true;
    AnyTensor gx;
    input.function->run(entry.gradient, y, &needs, &gx);
    add_gradient(to, std::move(gx), *entry.node);
  }
  observe([&](Observer& observer) { observer.gradient_made(*entry.node, *to.node, to.gradient); });
}

void Walk::run_group(const Entry& entry, const AnyTensor& y, std::span<const Node::Input> inputs, bool* needs,
                     AnyTensor* gx) {
  for (std::size_t i = 0; i < inputs.size(); ++i) needs[i] = leads_to_needed(inputs[i]);
  inputs[0].function->run(entry.gradient, y, needs, gx);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!needs[i]) continue;
    Entry& to = entries_[inputs[i].parent->position];
    add_gradient(to, std::move(gx[i]), *entry.node);
    observe([&](Observer& observer) { observer.gradient_made(*entry.node, *to.node, to.gradient); });
  }
}

AnyTensor Walk::kept_output(const Ref<Node>& node) const {
  if (!node->output) return {};
  if (node->output->version() != node->output_version) raise_changed("its result", node->shape);
  return AnyTensor(ArrayBase(node->output, node->shape), node->dtype, node);
}

void Walk::add_gradient(Entry& to, AnyTensor gradient, const Node& from) {
  if (!gradient.has_value()) return;  // an empty tensor stands for zero
  if (!options_.create_graph) gradient = without_node(gradient);
  const Node& node = *to.node;
  if (gradient.shape() != node.shape || gradient.dtype() != node.dtype)
    raise<ShapeError>(
        fmt::format("{}: the gradient for an input of shape {} ({}) made by {} has shape {} ({})", from.op,
                    to_string(node.shape), to_string(node.dtype), node.op, to_string(gradient.shape()),
                    to_string(gradient.dtype())),
        from.at);
  if (!to.gradient.has_value())
    to.gradient = std::move(gradient);
  else if (!options_.create_graph && to.gradient.storage()->unshared())
    add_into(to.gradient, gradient);
  else
    to.gradient = add_gradients(to.gradient, gradient);
}

void Walk::apply_hooks(Entry& entry) {
  Node& node = *entry.node;
  if (!node.extras) return;
  const auto hooks = node.extras->hooks;  // a copy: a hook may remove itself
  for (const auto& [id, hook] : hooks) {
    AnyTensor replaced = hook(entry.gradient);
    if (replaced.shape() != node.shape || replaced.dtype() != node.dtype)
      raise<ShapeError>(fmt::format("hook on {}: it returned shape {} for a gradient of shape {}", node.op,
                                    to_string(replaced.shape()), to_string(node.shape)),
                        node.at);
    entry.gradient = std::move(replaced);
  }
}

void Walk::commit_to_leaves() {
  struct Change {
    Node* node;
    AnyTensor grad;
    bool add;
  };
  std::vector<Change> changes;
  for (auto& entry : entries_) {
    Node& node = *entry.node;
    const bool wants = node.leaf ? node.needs_grad() : node.extras && node.extras->retains;
    if (!wants || !entry.gradient.has_value()) continue;
    AnyTensor gradient = without_node(entry.gradient);
    entry.gradient = {};
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
  return entries_[node.position].gradient;
}

}  // namespace xtape::detail
