// Goldens: values from PyTorch, and how close is close.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <xtape/nn/io/safetensors.hpp>

namespace xtape::test {

/// The arrays of tests/goldens/NAME.safetensors.
inline nn::StateDict golden(const std::string& name) {
  return nn::load_safetensors(std::string(XTAPE_GOLDENS "/") + name + ".safetensors").tensors;
}

/// The largest |x - y| over max(1, largest |y|); infinite where shapes differ or something is not a number.
template <Real T>
double difference(const BasicTensor<T>& x, const BasicTensor<T>& y) {
  if (x.shape() != y.shape()) return INFINITY;
  double worst = 0, scale = 1;
  for (index_t i = 0; i < x.size(); ++i) {
    const double d = std::abs(static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]));
    if (!(d <= worst)) worst = std::isnan(d) ? INFINITY : d;
    scale = std::max(scale, std::abs(static_cast<double>(y.data()[i])));
  }
  return worst / scale;
}

}  // namespace xtape::test
