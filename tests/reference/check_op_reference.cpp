// check_op_reference DIR: compares every op case in a folder with what xtape computes, in double: values,
// gradients, and gradients of gradients where they are stored.
#include "tests/reference/op_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace {

using namespace reference;
using xtape::index_t;

constexpr double relative = 1e-9, absolute = 1e-11;

/// The first place where x is not what it should be, or nothing.
std::optional<std::string> difference(const std::string& what, const Tensor64& x, const Tensor64& expected) {
  if (x.shape() != expected.shape())
    return fmt::format("{} has shape {}, expected {}", what, to_string(x.shape()),
                       to_string(expected.shape()));
  for (index_t i = 0; i < x.size(); ++i) {
    const double got = x.data()[i], want = expected.data()[i];
    const bool close = std::abs(got - want) <= absolute + relative * std::abs(want);
    if (!close && got != want && !(std::isnan(got) && std::isnan(want)))
      return fmt::format("{} element {}: {:.17g}, expected {:.17g}", what, i, got, want);
  }
  return {};
}

std::optional<std::string> compare_all(const char* what, const std::vector<Tensor64>& x,
                                       const std::vector<std::optional<Tensor64>>& expected) {
  for (std::size_t k = 0; k < x.size(); ++k)
    if (expected[k])
      if (auto failure = difference(fmt::format("{}.{}", what, k), x[k], *expected[k])) return failure;
  return {};
}

/// What is wrong with the case, or nothing.
std::optional<std::string> check(const OpCase& c) {
  std::vector<Tensor64> x;
  for (const auto& input : c.inputs) x.push_back(input.detach().requires_grad_());
  const Tensor64 y = run_op(c, x);
  if (auto failure = difference("out", y, c.out)) return failure;
  if (!y.requires_grad()) return {};  // comparisons and indices
  const auto grads =
      xtape::grad(y, x, {.grad_outputs = {c.cotangent}, .create_graph = true, .allow_unused = true});
  if (auto failure = compare_all("grad", grads, c.grads)) return failure;

  std::vector<Tensor64> outputs, weights;  // gradients that do not depend on the inputs add nothing
  for (std::size_t k = 0; k < x.size(); ++k)
    if (c.weights[k] && grads[k].requires_grad()) {
      outputs.push_back(grads[k]);
      weights.push_back(*c.weights[k]);
    }
  return compare_all("gradgrad", xtape::grad(outputs, x, {.grad_outputs = weights, .allow_unused = true}),
                     c.gradgrads);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    fmt::print(stderr, "usage: check_op_reference DIR\nDIR holds one .safetensors file a case\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::sort(files.begin(), files.end());

  int failed = 0;
  for (const auto& file : files) {
    std::optional<std::string> failure;
    try {
      failure = check(load_op_case(file));
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (failure) fmt::print("{}: {}\n", file.filename().string(), *failure);
    failed += failure.has_value();
  }
  fmt::print("{} passed, {} failed\n", files.size() - static_cast<std::size_t>(failed), failed);
  return failed == 0 && !files.empty() ? 0 : 1;
}
