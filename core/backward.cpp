// backward() and grad(): checks of what is asked for, around one walk.
#include <xtape/core/backward.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

namespace xtape {

namespace {

struct Options {
  bool create_graph, retain_graph, allow_unused;
};

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
  detail::Walk walk("backward", {.retain_graph = options.retain_graph}, at);
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
  detail::Walk walk("grad", {.create_graph = options.create_graph, .retain_graph = options.retain_graph}, at);
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
