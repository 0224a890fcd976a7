// A user's formula in a header, with a check that each file that includes it runs it in its own way.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <xtape/core/random.hpp>
#include <xtape/ops/elementwise.hpp>

/// How many numbers at once the formula was last called with.
inline int numbers_at_once = 0;

struct Bell {
  template <class X, class Y>
  auto operator()(X x, Y y) const {
    if constexpr (requires { X::size; }) numbers_at_once = static_cast<int>(X::size);
    return tanh(x) * sigmoid(y) / (1.0 + y * y);
  }
};

/// How many floats a register holds by the flags of the including file.
#if defined(__AVX512F__)
constexpr int floats_in_register = 16;
#elif defined(__AVX__)
constexpr int floats_in_register = 8;
#else
constexpr int floats_in_register = 4;
#endif

/// How far y is from the truth, in units of the last place of a float.
inline double ulps(float y, double truth) {
  const float near = std::abs(static_cast<float>(truth));
  return std::abs(y - truth) / (std::nextafter(near, INFINITY) - near);
}

/// The formula is computed at the including file's own width and within 4 ulps; a line says so or not.
static bool formula_is_right(const char* file) {
  xtape::Generator generator(7);
  const auto x = xtape::rand({1003}, generator), y = xtape::rand({1003}, generator);
  numbers_at_once = 0;
  const xtape::Tensor z = xtape::elementwise<1>("bell", Bell(), x, y);
  double worst = 0;
  for (xtape::index_t i = 0; i < z.size(); ++i) {
    const double u = x.data()[i], v = y.data()[i];
    worst = std::max(worst, ulps(z.data()[i], std::tanh(u) / (1 + std::exp(-v)) / (1 + v * v)));
  }
  std::printf("formula in %s: %d at once of %d, within %.2f ulps\n", file, numbers_at_once,
              floats_in_register, worst);
  return numbers_at_once == floats_in_register && worst <= 4;
}

/// The same, from another file of the program.
bool formula_is_right_elsewhere();
