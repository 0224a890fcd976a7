// A linear map for decoding.
#include <xtape/nn/generation/decoding_linear_impl.hpp>

#include <xtape/core/error.hpp>
#include <xtape/ops/kernels/few_rows.hpp>
#include <xtape/ops/kernels/gemm.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/linear.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::nn {

namespace {

constexpr index_t few = 16;     // rows up to which one pass over the weight beats a product of matrices
constexpr index_t panel = 256;  // rows of the weight that are turned back into numbers at a time

}  // namespace

template <Real T>
DecodingLinear<T>::DecodingLinear(const BasicLinear<T>& linear, std::int8_t* bytes, std::string_view name,
                                  Here at)
    : bytes_(bytes),
      bias_(linear.bias),
      in_(linear.config().in_features),
      out_(linear.config().out_features) {
  if (!bytes) {
    weight_ = linear.weight.detach();
    return;
  }
  const T* w = linear.weight.data();
  const auto finite = [](T x) { return std::isfinite(x); };
  if (!std::all_of(w, w + linear.weight.size(), finite))
    raise<ValueError>(fmt::format("GPTDecoder: {} has values that are not finite; they have no bytes", name),
                      at);
  scales_.resize(static_cast<std::size_t>(out_));
  kernels::to_int8(bytes, scales_.data(), w, out_, in_);
}

template <Real T>
BasicTensor<T> DecodingLinear<T>::operator()(const BasicTensor<T>& x) const {
  const index_t rows = x.shape(0);
  if (rows > few && !bytes_) return linear(x, weight_, bias_);
  auto y = uninitialized<T>({rows, out_});
  rows > few ? multiply_many(y.data(), x.data(), rows) : multiply_few(y.data(), x.data(), rows);
  return y;
}

template <Real T>
void DecodingLinear<T>::multiply_few(T* y, const T* x, index_t rows) const {
  const T* bias = bias_ ? bias_->data() : nullptr;
  if (!bytes_)
    kernels::few_rows(y, x, weight_.data(), bias, rows, out_, in_);
  else
    kernels::few_rows(y, x, kernels::Int8Weight<T>{bytes_, scales_.data()}, bias, rows, out_, in_);
}

template <Real T>
void DecodingLinear<T>::multiply_many(T* y, const T* x, index_t rows) const {
  kernels::Scratch<T> weight(panel * in_);
  for (index_t j = 0; j < out_; j += panel) {
    const index_t n = std::min(panel, out_ - j);
    kernels::from_int8(weight.data(), {bytes_ + j * in_, scales_.data() + j}, n, in_);
    for (index_t r = 0; r < rows && bias_; ++r) std::copy_n(bias_->data() + j, n, y + r * out_ + j);
    kernels::gemm<T>(y + j, x, weight.data(), {rows, n, in_, in_, in_, out_, false, true}, T{1},
                     bias_ ? T{1} : T{0});
  }
}

template class DecodingLinear<float>;
template class DecodingLinear<double>;

}  // namespace xtape::nn
