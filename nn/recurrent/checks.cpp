// Checks of what recurrent modules are called with.
#include <xtape/nn/recurrent/checks_impl.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <numeric>

namespace xtape::nn {

void check_input(std::string_view module, const Shape& x, std::size_t rank, index_t input_size, Here at) {
  check_rank(module, "x", x, rank, at);
  if (x.back() != input_size)
    raise<ShapeError>(
        fmt::format("{}: x {} does not end with input_size = {} channels", module, to_string(x), input_size),
        at);
}

void check_steps(std::string_view module, const Shape& x, index_t steps, Here at) {
  if (steps == 0) raise<ShapeError>(fmt::format("{}: x {} has no steps", module, to_string(x)), at);
}

void check_packed_rows(std::string_view module, const Shape& data, const std::vector<index_t>& batch_sizes,
                       Here at) {
  const index_t rows = std::accumulate(batch_sizes.begin(), batch_sizes.end(), index_t{0});
  if (data[0] != rows)
    raise<ShapeError>(fmt::format("{}: packed data {} needs {} rows, the sum of batch_sizes", module,
                                  to_string(data), rows),
                      at);
}

void check_state(std::string_view module, std::string_view name, const Shape& state, const Shape& needed,
                 Here at) {
  if (state != needed)
    raise<ShapeError>(fmt::format("{}: {} of shape {} does not fit; it needs {}", module, name,
                                  to_string(state), to_string(needed)),
                      at);
}

}  // namespace xtape::nn
