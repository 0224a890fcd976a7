// The backward walk: collect what is reachable, order it, hand gradients down.
#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/backward.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/node_impl.hpp>
#include <xtape/core/record.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

namespace xtape {

namespace {

constinit thread_local const Node* running = nullptr;

struct Options {
  bool create_graph, retain_graph, allow_unused;
};

// A thread's walks are told apart from other threads' by the upper half of their number.
std::uint64_t new_walk_number() {
  static std::atomic<std::uint64_t> threads{0};
  thread_local const std::uint64_t thread = ++threads << 32;
  thread_local std::uint32_t walks = 0;
  return thread | ++walks;
}

bool same_thread(std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; }

AnyTensor without_node(const AnyTensor& x) { return AnyTensor(x, x.dtype()); }

class Walk {
 public:
  Walk(const char* caller, Options options, Here at) : caller_(caller), options_(options), at_(at) {}
  ~Walk();

  /// Takes hold of every node that the outputs reach, newest first; none older than `oldest`.
  void collect(std::span<const AnyTensor> outputs, std::uint64_t oldest);
  /// Marks the nodes through which a gradient has to pass: to all leaves that want one, or to `inputs`.
  void find_needed(std::span<const AnyTensor> inputs, bool to_leaves);
  void seed(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy);
  /// Runs the gradient functions. `finished` gets each node's complete gradient.
  void run();
  void commit_to_leaves();
  AnyTensor gradient_of(const Node& node);

 private:
  struct Entry {
    Ref<Node> node;
    std::uint64_t outer_walk;  // what held the node before: a walk that this one runs inside of
    std::uint32_t outer_position;
    bool needed = false;
    bool is_input = false;
    AnyTensor gradient;
  };

  void hold(const Ref<Node>& node);
  void run_functions(Entry& entry);
  void add_gradient(Entry& to, AnyTensor gradient, const Node& from);
  void apply_hooks(Entry& entry);
  AnyTensor kept_output(const Ref<Node>& node) const;

  const char* caller_;
  Options options_;
  Here at_;
  std::uint64_t number_ = new_walk_number();
  std::vector<Entry> entries_;
};

Walk::~Walk() {
  for (auto& entry : entries_) {
    entry.node->position = entry.outer_position;
    entry.node->walk.store(entry.outer_walk, std::memory_order_release);
  }
}

void Walk::hold(const Ref<Node>& node) {
  std::uint64_t before = node->walk.load(std::memory_order_acquire);
  if (before == number_) return;
  if ((before != 0 && !same_thread(before, number_)) ||
      !node->walk.compare_exchange_strong(before, number_, std::memory_order_acq_rel))
    raise<GraphError>(
        fmt::format("{}: another thread is walking through {} {} right now; walk graphs that share "
                    "leaves one after the other",
                    caller_, node->op, to_string(node->shape)),
        at_);
  entries_.push_back({node, before, node->position, false, false, {}});
}

void Walk::collect(std::span<const AnyTensor> outputs, std::uint64_t oldest) {
  for (const auto& output : outputs)
    if (output.requires_grad()) hold(output.node());
  for (std::size_t next = 0; next < entries_.size(); ++next) {
    const Node& node = *entries_[next].node;
    for (const auto& input : node.inputs)
      if (input.parent && input.parent->sequence >= oldest) hold(input.parent);
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.node->sequence > b.node->sequence; });
  for (std::size_t i = 0; i < entries_.size(); ++i)
    entries_[i].node->position = static_cast<std::uint32_t>(i);
}

void Walk::find_needed(std::span<const AnyTensor> inputs, bool to_leaves) {
  for (const auto& input : inputs)
    if (input.node()->walk == number_) entries_[input.node()->position].is_input = true;
  for (std::size_t i = entries_.size(); i-- > 0;) {
    Entry& entry = entries_[i];
    const Node& node = *entry.node;
    entry.needed = entry.is_input || (to_leaves && (node.leaf ? node.needs_grad() : node.extras != nullptr));
    for (const auto& input : node.inputs)
      entry.needed |=
          input.parent && input.parent->walk == number_ && entries_[input.parent->position].needed;
    entry.needed |= node.walked;  // reaching it again is an error, which run_functions() tells
  }
}

void Walk::seed(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const AnyTensor& output = outputs[i];
    if (!output.requires_grad()) continue;
    AnyTensor start = i < gy.size() ? gy[i] : AnyTensor();
    if (!start.has_value()) start = detail::filled(output.shape(), output.dtype(), 1);
    add_gradient(entries_[output.node()->position], std::move(start), *output.node());
  }
}

void Walk::run() {
  const GradMode mode(options_.create_graph);
  for (auto& entry : entries_) {
    Node& node = *entry.node;
    if (!entry.gradient.has_value() || !entry.needed) continue;
    if (node.walked)
      raise<GraphError>(
          fmt::format("{}: the graph behind {} {} was walked before and is released; give the first walk "
                      "{{.retain_graph = true}}",
                      caller_, node.op, to_string(node.shape)),
          node.at);
    try {
      const CallSite site = CallSite::instead(node.at, node.module);
      const auto* outer = std::exchange(running, &node);
      struct Restore {
        const Node* outer;
        ~Restore() { running = outer; }
      } restore{outer};
      apply_hooks(entry);
      if (!node.leaf) run_functions(entry);
    } catch (Error& error) {
      error.add_note(fmt::format(", in the gradient of {}", node.op));
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      throw GraphError(with_place(
          fmt::format("{}: the gradient of {} failed: {}", caller_, node.op, error.what()), node.at));
    }
    const bool keeps = entry.is_input || node.leaf || (node.extras && node.extras->retains);
    if (!keeps) entry.gradient = {};
  }
}

void Walk::run_functions(Entry& entry) {
  Node& node = *entry.node;
  const AnyTensor y = kept_output(entry.node);
  for (std::size_t first = 0; first < node.inputs.size();) {
    auto& input = node.inputs[first];
    const std::size_t count = input.count;
    bool any = false;
    bool needs[detail::max_inputs_in_one_function];
    for (std::size_t i = 0; i < count; ++i) {
      const auto& parent = node.inputs[first + i].parent;
      needs[i] = parent && parent->walk == number_ && entries_[parent->position].needed;
      any |= needs[i];
    }
    if (any) {
      Entry& only = entries_[node.inputs[first].parent ? node.inputs[first].parent->position : 0];
      const bool in_place = count == 1 && !options_.create_graph && only.gradient.has_value() &&
                            only.gradient.storage()->unshared() &&
                            input.function->add_into(entry.gradient, only.gradient);
      if (!in_place) {
        AnyTensor gx[detail::max_inputs_in_one_function];
        input.function->run(entry.gradient, y, needs, gx);
        for (std::size_t i = 0; i < count; ++i)
          if (needs[i])
            add_gradient(entries_[node.inputs[first + i].parent->position], std::move(gx[i]), node);
      }
    }
    first += count;
  }
  if (!options_.retain_graph) node.release_graph();
}

AnyTensor Walk::kept_output(const Ref<Node>& node) const {
  if (!node->output) return {};
  if (node->output->version() != node->output_version) detail::raise_changed("its result", node->shape);
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
    detail::add_into(to.gradient, gradient);
  else
    to.gradient = detail::add_gradients(to.gradient, gradient);
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
    if (node.leaf && before.has_value()) {
      const bool in_place = before.storage()->unshared();
      changes.push_back(
          {&node, in_place ? std::move(gradient) : detail::add_gradients(before, gradient), in_place});
    } else {
      if (!gradient.storage()->unshared()) gradient = detail::copy(gradient);  // a leaf's gradient is its own
      changes.push_back({&node, std::move(gradient), false});
    }
  }
  for (auto& change : changes) {  // nothing below throws
    if (change.add)
      detail::add_into(change.node->extras->grad, change.grad);
    else
      change.node->extras->grad = std::move(change.grad);
  }
}

AnyTensor Walk::gradient_of(const Node& node) {
  if (node.walk != number_) return {};
  return entries_[node.position].gradient;
}

void check_gy(const char* caller, std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy,
              Here at) {
  if (!gy.empty() && gy.size() != outputs.size())
    raise<GraphError>(
        fmt::format("{}: {} outputs but {} gradients for them; give one each, or none for scalars", caller,
                    outputs.size(), gy.size()),
        at);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (gy.empty()) {
      if (outputs[i].size() != 1)
        raise<GraphError>(
            fmt::format("{}: the output has shape {}, not one element; give the gradient for it in that "
                        "shape, or reduce it with sum() or mean()",
                        caller, to_string(outputs[i].shape())),
            at);
    } else if (gy[i].shape() != outputs[i].shape()) {
      raise<ShapeError>(fmt::format("{}: the gradient for an output of shape {} has shape {}", caller,
                                    to_string(outputs[i].shape()), to_string(gy[i].shape())),
                        at);
    }
  }
}

[[noreturn]] void raise_constant(const char* caller, const AnyTensor& output, Here at) {
  raise<GraphError>(
      fmt::format("{}: the output {} does not depend on any tensor that requires a gradient; call "
                  "requires_grad_() on a leaf before the ops, and record outside of NoGrad",
                  caller, to_string(output.shape())),
      at);
}

void run_backward(std::span<const AnyTensor> outputs, std::span<const AnyTensor> gy, BackwardOptions options,
                  Here at) {
  check_gy("backward", outputs, gy, at);
  for (const auto& output : outputs)
    if (!output.requires_grad()) raise_constant("backward", output, at);
  Walk walk("backward", {false, options.retain_graph, false}, at);
  walk.collect(outputs, 0);
  walk.find_needed({}, true);
  walk.seed(outputs, gy);
  walk.run();
  walk.commit_to_leaves();
}

std::vector<AnyTensor> run_grad(std::span<const AnyTensor> outputs, std::span<const AnyTensor> inputs,
                                std::span<const AnyTensor> gy, Options options, Here at) {
  check_gy("grad", outputs, gy, at);
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& input : inputs) {
    if (!input.node())
      raise<GraphError>(
          fmt::format("grad: the input {} carries no gradient; call requires_grad_() on it before the "
                      "ops",
                      to_string(input.shape())),
          at);
    oldest = std::min(oldest, input.node()->sequence);
  }
  Walk walk("grad", options, at);
  walk.collect(outputs, oldest);
  walk.find_needed(inputs, false);
  walk.seed(outputs, gy);
  walk.run();
  std::vector<AnyTensor> result;
  for (const auto& input : inputs) {
    AnyTensor gradient = walk.gradient_of(*input.node());
    if (!gradient.has_value()) {
      if (!options.allow_unused)
        raise<GraphError>(
            fmt::format("grad: no output depends on the input {} made by {}; give {{.allow_unused = true}} "
                        "for zeros instead",
                        to_string(input.shape()), input.node()->op),
            at);
      gradient = detail::filled(input.shape(), input.dtype(), 0);
    }
    result.push_back(std::move(gradient));
  }
  return result;
}

template <Real T>
std::vector<AnyTensor> untyped(const std::vector<BasicTensor<T>>& tensors) {
  return {tensors.begin(), tensors.end()};
}

}  // namespace

const char* detail::running_op() { return running ? running->op : "backward"; }

template <Real T>
std::vector<BasicTensor<T>> grad(const std::vector<BasicTensor<T>>& outputs,
                                 const std::vector<BasicTensor<T>>& inputs, const GradOptions<T>& options,
                                 Here at) {
  const Options plain{options.create_graph, options.retain_graph.value_or(options.create_graph),
                      options.allow_unused};
  std::vector<BasicTensor<T>> result;
  for (auto& gradient : run_grad(untyped(outputs), untyped(inputs), untyped(options.grad_outputs), plain, at))
    result.emplace_back(std::move(gradient));
  return result;
}

template <Real T>
void backward(const std::vector<BasicTensor<T>>& outputs, const std::vector<BasicTensor<T>>& gy,
              BackwardOptions options, Here at) {
  run_backward(untyped(outputs), untyped(gy), options, at);
}

template std::vector<Tensor> grad(const std::vector<Tensor>&, const std::vector<Tensor>&,
                                  const GradOptions<float>&, Here);
template std::vector<Tensor64> grad(const std::vector<Tensor64>&, const std::vector<Tensor64>&,
                                    const GradOptions<double>&, Here);
template void backward(const std::vector<Tensor>&, const std::vector<Tensor>&, BackwardOptions, Here);
template void backward(const std::vector<Tensor64>&, const std::vector<Tensor64>&, BackwardOptions, Here);

}  // namespace xtape
