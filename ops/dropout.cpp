// Dropout: linear in x, so its gradient is the same function of gy.
#include <xtape/ops/dropout.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/dropout_impl.hpp>
#include <xtape/ops/kernels/dropout.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> dropout(const BasicTensor<T>& x, double p, Generator& generator, Here at) {
  check_probability("dropout", "p", p, at);
  return p == 0 ? x : dropout_again(x, p, generator.draw(x.size()), at);
}

template <Real T>
BasicTensor<T> dropout_again(const BasicTensor<T>& x, double p, Drawn numbers, Here at) {
  auto y = uninitialized<T>(x.shape(), at);
  kernels::dropout(y.data(), x.data(), {p, numbers, x.size()});
  return record({"dropout", at}, std::move(y),
                wrt(x, [p, numbers](const BasicTensor<T>& gy) { return dropout_again(gy, p, numbers); }));
}

template Tensor dropout(const Tensor&, double, Generator&, Here);
template Tensor64 dropout(const Tensor64&, double, Generator&, Here);
template Tensor dropout_again(const Tensor&, double, Drawn, Here);
template Tensor64 dropout_again(const Tensor64&, double, Drawn, Here);

}  // namespace xtape
