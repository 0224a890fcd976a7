// In which order the factors of an einsum are multiplied, two at a time.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <xtape/ops/einsum_plan_impl.hpp>

namespace xtape {

/// A label and how long the axes of its name are.
struct LabelExtent {
  int label;
  index_t extent;
};

/// Pairs of factors: each product takes the place of the pair's first, and the second is used up.
struct EinsumOrder {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  double multiplications = 0;
};

/// The order that takes the fewest multiplications. factors[i] are the labels along which factor i varies,
/// extents holds each label once. Up to eight factors all orders are compared; of more, the cheapest pair is
/// multiplied until eight are left.
EinsumOrder cheapest_order(const std::vector<Labels>& factors, const Labels& output,
                           const std::vector<LabelExtent>& extents);

}  // namespace xtape
