// Reads op cases from safetensors files.
#include "tests/reference/op_case.hpp"

#include <fmt/format.h>

namespace reference {

namespace {

using xtape::nn::StateDict;

std::vector<std::optional<Tensor64>> numbered(const StateDict& tensors, const std::string& prefix,
                                              std::size_t count) {
  std::vector<std::optional<Tensor64>> result(count);
  for (std::size_t k = 0; k < count; ++k)
    if (const std::string name = fmt::format("{}.{}", prefix, k); tensors.contains(name))
      result[k] = tensors.get<Tensor64>(name);
  return result;
}

template <class A>
std::vector<A> all_numbered(const StateDict& tensors, const std::string& prefix) {
  std::vector<A> result;
  for (std::string name; tensors.contains(name = fmt::format("{}.{}", prefix, result.size()));)
    result.push_back(tensors.get<A>(name));
  return result;
}

}  // namespace

OpCase load_op_case(const std::string& path) {
  const auto file = xtape::nn::load_safetensors(path);
  OpCase c;
  c.op = file.metadata.at("op");
  c.args = nlohmann::json::parse(file.metadata.at("args"));
  c.inputs = all_numbered<Tensor64>(file.tensors, "in");
  c.indices = all_numbered<Indices>(file.tensors, "idx");
  c.masks = all_numbered<Mask>(file.tensors, "mask");
  c.out = file.tensors.get<Tensor64>("out");
  c.cotangent = file.tensors.get<Tensor64>("cotangent");
  c.grads = numbered(file.tensors, "grad", c.inputs.size());
  c.weights = numbered(file.tensors, "w", c.inputs.size());
  c.gradgrads = numbered(file.tensors, "gradgrad", c.inputs.size());
  return c;
}

}  // namespace reference
