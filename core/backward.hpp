// Gradients of functions of tensors: walking the record backward.
#pragma once

#include <optional>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

template <Real T>
struct GradOptions {
  std::vector<BasicTensor<T>> grad_outputs =
      {};                                 ///< one for each output, in its shape; scalars may do without
  bool create_graph = false;              ///< record the walk, so that the results have gradients
  std::optional<bool> retain_graph = {};  ///< keep the graph for another walk; default: create_graph
  bool allow_unused = false;              ///< an input that no output depends on gets zeros, not an error
};

/// The gradients of sum_i <outputs_i, grad_outputs_i> for each of inputs, leaves or results of ops alike.
/// Writes no .grad; runs only what leads from outputs to inputs. Throws GraphError for an input that is
/// unused (see allow_unused) or carries no gradient, ShapeError for a gradient of another shape.
/// torch.autograd.grad.
template <Real T>
std::vector<BasicTensor<T>> grad(const std::vector<BasicTensor<T>>& outputs,
                                 const std::vector<BasicTensor<T>>& inputs,
                                 const GradOptions<T>& options = {}, Here at = Here::now());

/// The same for one output.
template <Real T>
std::vector<BasicTensor<T>> grad(const BasicTensor<T>& output, const std::vector<BasicTensor<T>>& inputs,
                                 const std::type_identity_t<GradOptions<T>>& options = {},
                                 Here at = Here::now()) {
  return grad(std::vector<BasicTensor<T>>{output}, inputs, options, at);
}

/// The same for one output and one input.
template <Real T>
BasicTensor<T> grad(const BasicTensor<T>& output, const BasicTensor<T>& input,
                    const std::type_identity_t<GradOptions<T>>& options = {}, Here at = Here::now()) {
  return grad(std::vector<BasicTensor<T>>{output}, {input}, options, at)[0];
}

/// backward() from several outputs at once; gy gives a gradient for each in its shape, or is empty where all
/// are scalars.
template <Real T>
void backward(const std::vector<BasicTensor<T>>& outputs, const std::vector<BasicTensor<T>>& gy = {},
              BackwardOptions options = {}, Here at = Here::now());

}  // namespace xtape
