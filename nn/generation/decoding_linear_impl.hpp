// A linear map for decoding: fast for a few rows, its weight as it is or rounded to bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <xtape/nn/linear.hpp>

namespace xtape::nn {

/// y = x weight^T + bias, x (N, in) -> (N, out). Nothing is recorded.
template <Real T>
class DecodingLinear {
 public:
  /// Shares the weight, or, where `bytes` is a place for as many, writes the nearest bytes there. Throws
  /// ValueError where they are to be made of values that are not finite.
  DecodingLinear(const BasicLinear<T>& linear, std::int8_t* bytes, std::string_view name, Here at);

  BasicTensor<T> operator()(const BasicTensor<T>& x) const;

 private:
  void multiply_few(T* y, const T* x, index_t rows) const;
  void multiply_many(T* y, const T* x, index_t rows) const;

  BasicTensor<T> weight_;  // (out, in), empty where there are bytes
  const std::int8_t* bytes_;
  std::vector<T> scales_;
  std::optional<BasicTensor<T>> bias_;
  index_t in_, out_;
};

extern template class DecodingLinear<float>;
extern template class DecodingLinear<double>;

}  // namespace xtape::nn
