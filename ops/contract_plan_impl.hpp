// How a contraction is run: which of its indices make the matrices, and what is copied first.
#pragma once

#include <xtape/core/small_vector.hpp>
#include <xtape/ops/kernels/contract.hpp>

namespace xtape {

using ContractAxis = kernels::ContractAxis;
using ContractAxes = SmallVector<ContractAxis, 4>;

/// The same contraction with fewer indices: those of extent 1 go, and neighbours that all three arrays cross
/// in one step become one, which is how (B, T, C) x (C, D) becomes one product of B * T rows. Where an index
/// has extent 0 nothing changes.
ContractAxes merged(ContractAxes axes);

/// An array's indices in the order of a copy that suits the product better, the last one contiguous.
struct Relayout {
  SmallVector<index_t, 6> extents, steps;  // steps in the array itself

  bool needed() const { return !extents.empty(); }
  index_t size() const;
};

/// Matrix products where the indices have them, else rows or dot products.
struct ContractPlan {
  enum class Engine { products, rows, dots };

  Engine engine = Engine::products;
  bool swapped = false;          // the product is b x a
  kernels::GemmShape product{};  // of products
  ContractAxis inner{};          // of rows and dots
  ContractAxes outer, summed;    // the loops around
  Relayout y, a, b;
};

/// The cheapest way by a fixed model of costs. axes are merged, each longer than one. Copies are considered
/// only where may_copy: without, every product that matmul can ask for is still a matrix product in place.
ContractPlan plan_contraction(const ContractAxes& axes, bool may_copy);

}  // namespace xtape
