// Einstein summation.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// An einsum equation and the place of its call; a string becomes one by itself.
struct Equation {
  std::string text;
  Here at;

  Equation(const char* equation, Here place = Here::now()) : text(equation), at(place) {}
  Equation(std::string equation, Here place = Here::now()) : text(std::move(equation)), at(place) {}
};

/// The sum of products of operands over named indices: einsum("bij,bjk->bik", a, b) is a batched matmul,
/// einsum("ij->ji", x) a transpose, einsum("ii", x) a trace. The equation names each axis of each operand by
/// a letter; the result has the axes named after "->", and all others are summed over. "..." stands for any
/// number of further axes, which broadcast. Without "->" the result has the axes under "..." and then, in
/// alphabetical order, the letters that occur once. Spaces are ignored; an axis of extent 1 broadcasts to
/// others of its name. numpy.einsum, torch.einsum.
/// Two operands are contracted as matrix products, read where they lie if their indices allow it; more of
/// them in the order that takes the fewest multiplications. Throws ValueError for an equation that makes
/// no sense, or is for another number of operands; ShapeError for operands that do not fit it.
template <Real T>
BasicTensor<T> einsum(const Equation& equation, const std::vector<BasicTensor<T>>& operands);

template <Real T, class... X>
  requires(std::convertible_to<const X&, BasicTensor<T>> && ...)
BasicTensor<T> einsum(const Equation& equation, const BasicTensor<T>& first, const X&... others) {
  return einsum(equation, std::vector<BasicTensor<T>>{first, BasicTensor<T>(others)...});
}

extern template Tensor einsum(const Equation&, const std::vector<Tensor>&);
extern template Tensor64 einsum(const Equation&, const std::vector<Tensor64>&);

}  // namespace xtape
