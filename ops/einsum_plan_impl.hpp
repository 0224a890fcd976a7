// What an einsum equation means for operands of given shapes: a label for each axis, and the result's shape.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <xtape/core/here.hpp>
#include <xtape/core/shape.hpp>

namespace xtape {

/// Names of axes, one each: a letter is its character, an axis under "..." is 256 plus its distance from the
/// last of them, so that ellipses of different lengths line up as broadcasting wants.
using Labels = SmallVector<int, 8>;

/// True where labels name this one.
bool contains(const Labels& labels, int label);

struct EinsumPlan {
  std::vector<Labels> operands;  ///< a label for each axis
  Labels output;                 ///< each label once
  Shape shape;                   ///< of the result
};

/// Reads the equation by NumPy's rules. Throws ValueError for an equation that makes no sense or is for
/// another number of operands, ShapeError for shapes that do not fit it.
EinsumPlan plan_einsum(std::string_view equation, std::span<const Shape> shapes, Here at);

}  // namespace xtape
