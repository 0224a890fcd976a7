// Prints the bits of what the library's ops compute, and checks formulas that are compiled here.
#include <cstdint>
#include <cstring>

#include <xtape/core/backward.hpp>
#include <xtape/core/xt.hpp>
#include <xtape/ops/activation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/reduce.hpp>

#include "formula.hpp"

using xtape::Tensor;

namespace {

void print_bits(const char* op, const Tensor& x) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (xtape::index_t i = 0; i < x.size(); ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, x.data() + i, sizeof bits);
    hash = (hash ^ bits) * 1099511628211u;
  }
  std::printf("op %s %016llx\n", op, static_cast<unsigned long long>(hash));
}

}  // namespace

int main() {
  xtape::Generator generator(3);
  const Tensor x = xtape::randn({37, 101}, generator).requires_grad_();
  const Tensor w = xtape::randn({37, 101}, generator);
  print_bits("randn", x);
  print_bits("exp", xtape::exp(x));
  print_bits("gelu", xtape::gelu(x));
  print_bits("sum", xtape::sum(x));
  xtape::sum(xtape::mul(xtape::sigmoid(x), w)).backward();
  print_bits("gradient", x.grad());

  const xt::xarray<float> a = x.array() * 2.0f;
  print_bits("array", Tensor(a));
  const bool right = formula_is_right("this file"), right_elsewhere = formula_is_right_elsewhere();
  return right && right_elsewhere ? 0 : 1;
}
