// Elements in another order along an axis.
#pragma once

#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The elements in reverse order along one axis, several, or all axes where none is named. Throws ShapeError.
/// numpy.flip.
template <Real T>
BasicTensor<T> flip(const BasicTensor<T>& x, const Axes& axis = {}, Here at = Here::now());

/// The elements moved by `shift` places along each axis named, or, where none is, as if x were one row; what
/// leaves at one end enters at the other. Throws ShapeError. numpy.roll.
template <Real T>
BasicTensor<T> roll(const BasicTensor<T>& x, index_t shift, const Axes& axis = {}, Here at = Here::now());

/// The same with a shift for each axis. Throws ValueError where their numbers differ.
template <Real T>
BasicTensor<T> roll(const BasicTensor<T>& x, const std::vector<index_t>& shifts, const Axes& axes,
                    Here at = Here::now());

}  // namespace xtape
