// The check of reductions that choose.
#include <xtape/ops/reduced_axes_impl.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

namespace xtape {

void ReducedAxes::check_choices(std::string_view op, const Shape& shape, Here at) const {
  if (count == 0 && element_count(result) > 0)
    raise<ShapeError>(fmt::format("{}: nothing to choose from: shape {} is empty along axes to reduce", op,
                                  to_string(shape)),
                      at);
}

}  // namespace xtape
