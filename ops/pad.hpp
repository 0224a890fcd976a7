// More places around an array.
#pragma once

#include <cstdint>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// How many places are added to an axis.
struct PadWidths {
  index_t before = 0, after = 0;
};

/// What stands in new places: a constant, the nearest element, or the elements mirrored at the outermost one.
enum class PadMode : std::uint8_t { constant, edge, reflect };

struct PadOptions {
  PadMode mode = PadMode::constant;
  double value = 0;  ///< the constant
};

/// x with places before and after each axis, outermost axis first (torch.nn.functional.pad begins with the
/// last); one pair of widths serves all axes. Throws ShapeError for another number of widths, and where an
/// axis without elements is to be continued, ValueError for negative widths. numpy.pad.
template <Real T>
BasicTensor<T> pad(const BasicTensor<T>& x, const std::vector<PadWidths>& widths, PadOptions options = {},
                   Here at = Here::now());

/// The same with one width on all sides.
template <Real T>
BasicTensor<T> pad(const BasicTensor<T>& x, index_t width, PadOptions options = {}, Here at = Here::now()) {
  return pad(x, std::vector<PadWidths>{{width, width}}, options, at);
}

}  // namespace xtape
