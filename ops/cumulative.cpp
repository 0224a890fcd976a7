// cumsum: its gradient is the running sum from the other end.
#include <xtape/ops/cumulative.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/indexing.hpp>
#include <xtape/ops/split_impl.hpp>

namespace xtape {

// gx[j] = sum over i of gy[i] dy[i]/dx[j] = sum over i >= j of gy[i]
template <Real T>
BasicTensor<T> cumsum(const BasicTensor<T>& x, index_t axis, CumsumOptions options, Here at) {
  const auto dim = check_axis("cumsum", x.shape(), axis, at);
  auto y = uninitialized<T>(x.shape(), at);
  kernels::cumsum(y.data(), x.data(), split_at(x.shape(), dim), options.from_end);
  return record({"cumsum", at}, std::move(y), wrt(x, [axis, options](const BasicTensor<T>& gy) {
                  return cumsum(gy, axis, {.from_end = !options.from_end});
                }));
}

template Tensor cumsum(const Tensor&, index_t, CumsumOptions, Here);
template Tensor64 cumsum(const Tensor64&, index_t, CumsumOptions, Here);

}  // namespace xtape
