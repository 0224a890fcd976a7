// First values of parameters.
#include <xtape/nn/init.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace xtape::nn {

namespace {
constinit thread_local bool skipped_here = false;
}

SkipInit::SkipInit() : before_(std::exchange(skipped_here, true)) {}

SkipInit::~SkipInit() { skipped_here = before_; }

template <Real T>
BasicTensor<T> parameter(const Shape& shape, double value, Here at) {
  return full<T>(shape, value, at).requires_grad_(true, at);
}

namespace init {

namespace {

/// x = offset + scale * draws, where x is a parameter.
template <Real T>
void write_scaled(BasicTensor<T>& x, const BasicTensor<T>& draws, double offset, double scale, Here at) {
  const NoGrad writing;
  std::transform(draws.data(), draws.data() + draws.size(), x.mutable_data(at),
                 [=](T draw) { return static_cast<T>(offset + scale * draw); });
}

}  // namespace

template <Real T>
void constant_(BasicTensor<T>& x, double value, Here at) {
  const NoGrad writing;
  std::fill_n(x.mutable_data(at), x.size(), static_cast<T>(value));
}

template <Real T>
void uniform_(BasicTensor<T>& x, double low, double high, Generator& generator, Here at) {
  if (skipped_here) return;
  write_scaled(x, rand<T>(x.shape(), generator, at), low, high - low, at);
}

template <Real T>
void normal_(BasicTensor<T>& x, double mean, double std, Generator& generator, Here at) {
  if (skipped_here) return;
  write_scaled(x, randn<T>(x.shape(), generator, at), mean, std, at);
}

template <Real T>
void xavier_uniform_(BasicTensor<T>& x, Generator& generator, Here at) {
  check_rank("xavier_uniform_", "the parameter", x.shape(), 2, at);
  const double bound = std::sqrt(6.0 / static_cast<double>(x.shape(0) + x.shape(1)));
  uniform_(x, -bound, bound, generator, at);
}

template void constant_(Tensor&, double, Here);
template void constant_(Tensor64&, double, Here);
template void uniform_(Tensor&, double, double, Generator&, Here);
template void uniform_(Tensor64&, double, double, Generator&, Here);
template void normal_(Tensor&, double, double, Generator&, Here);
template void normal_(Tensor64&, double, double, Generator&, Here);
template void xavier_uniform_(Tensor&, Generator&, Here);
template void xavier_uniform_(Tensor64&, Generator&, Here);

}  // namespace init

template Tensor parameter(const Shape&, double, Here);
template Tensor64 parameter(const Shape&, double, Here);

}  // namespace xtape::nn
