// Several tensors as one, and one as several.
#pragma once

#include <initializer_list>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The tensors one after the other along an axis that they have. Throws ShapeError where they differ in
/// another axis, ValueError for no tensors. numpy.concatenate, torch.cat.
template <Real T>
BasicTensor<T> concatenate(const std::vector<BasicTensor<T>>& xs, index_t axis = 0, Here at = Here::now());
template <Real T>
BasicTensor<T> concatenate(std::initializer_list<BasicTensor<T>> xs, index_t axis = 0,
                           Here at = Here::now()) {
  return concatenate(std::vector<BasicTensor<T>>(xs), axis, at);
}

/// Tensors of one shape along a new axis, which is axis `axis` of the result. Throws ShapeError, ValueError
/// for no tensors. numpy.stack.
template <Real T>
BasicTensor<T> stack(const std::vector<BasicTensor<T>>& xs, index_t axis = 0, Here at = Here::now());
template <Real T>
BasicTensor<T> stack(std::initializer_list<BasicTensor<T>> xs, index_t axis = 0, Here at = Here::now()) {
  return stack(std::vector<BasicTensor<T>>(xs), axis, at);
}

/// x cut along an axis into so many parts of one size (torch.split takes the size of a part instead). Their
/// gradients are each added into their part only. Throws ShapeError where the extent does not divide,
/// ValueError for parts < 1. numpy.split.
template <Real T>
std::vector<BasicTensor<T>> split(const BasicTensor<T>& x, index_t parts, index_t axis = 0,
                                  Here at = Here::now());

/// x cut along an axis before each of these positions: {2, 5} gives x[0:2], x[2:5] and x[5:]. Negative ones
/// count from the end, and those outside of the axis give empty parts. Throws ShapeError. numpy.split.
template <Real T>
std::vector<BasicTensor<T>> split(const BasicTensor<T>& x, const std::vector<index_t>& positions,
                                  index_t axis = 0, Here at = Here::now());
template <Real T>
std::vector<BasicTensor<T>> split(const BasicTensor<T>& x, std::initializer_list<index_t> positions,
                                  index_t axis = 0, Here at = Here::now()) {
  return split(x, std::vector<index_t>(positions), axis, at);
}

/// x cut along an axis into parts of one size, the last of which may be smaller: so large that at most
/// `chunks` come out. Throws ShapeError, ValueError for chunks < 1. torch.chunk.
template <Real T>
std::vector<BasicTensor<T>> chunk(const BasicTensor<T>& x, index_t chunks, index_t axis = 0,
                                  Here at = Here::now());

}  // namespace xtape
