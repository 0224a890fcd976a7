// Gradient checking: analytic derivatives against numeric ones, to any order.
#pragma once

#include <functional>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct CheckGradsOptions {
  int order = 2;       ///< derivatives up to this order are checked
  double step = 1e-5;  ///< of the central difference, times max(1, |x|)
  double rtol = 1e-6;  ///< |analytic - numeric| <= atol + rtol * scale, scale the largest value seen
  double atol = 1e-8;
  index_t all_below = 200;  ///< inputs with at most so many elements are checked one by one, larger ones
                            ///< along random directions
  std::uint64_t seed = 0;   ///< of the random cotangents and directions
};

/// Checks the gradients of f at inputs, in double: f's vector-Jacobian product with a random cotangent
/// against central differences, then, up to `order`, the same for the gradients as functions of inputs and
/// cotangent. The product with create_graph has to agree with the one without to 1e-10. f must be a
/// deterministic function of its arguments. Throws Error with op, input, index, both values and step where
/// they differ, and where nodes of the graph outlive the check.
void check_grads(const std::function<Tensor64(const std::vector<Tensor64>&)>& f,
                 const std::vector<Tensor64>& inputs, const CheckGradsOptions& options = {},
                 Here at = Here::now());

}  // namespace xtape
