// One case of an op reference folder: what goes in, what must come out.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include <xtape/xtape.hpp>

namespace reference {

using xtape::Indices;
using xtape::Mask;
using xtape::Tensor64;

/// Tensors by their number; where a gradient is not stored, the entry is missing.
struct OpCase {
  std::string op;
  nlohmann::json args;
  std::vector<Tensor64> inputs;
  std::vector<Indices> indices;
  std::vector<Mask> masks;
  Tensor64 out, cotangent;
  std::vector<std::optional<Tensor64>> grads, weights, gradgrads;
};

/// Reads a case. Throws IoError or ValueError where the file is not one.
OpCase load_op_case(const std::string& path);

/// Runs the case's op on x. Throws ValueError "unknown op" for one that is not in the table.
Tensor64 run_op(const OpCase& c, const std::vector<Tensor64>& x);

}  // namespace reference
