// Checks of what recurrent modules are called with.
#include <xtape/nn/recurrent/checks_impl.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
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

void check_packed(std::string_view op, const Shape& data, const std::vector<index_t>& batch_sizes,
                  const Indices& sorted_indices, Here at) {
  const index_t rows = std::accumulate(batch_sizes.begin(), batch_sizes.end(), index_t{0});
  if (data[0] != rows)
    raise<ShapeError>(
        fmt::format("{}: packed data {} needs {} rows, the sum of batch_sizes", op, to_string(data), rows),
        at);
  const index_t B = sorted_indices.size();
  const bool falling = std::is_sorted(batch_sizes.rbegin(), batch_sizes.rend());
  if (!falling || batch_sizes.front() != B || batch_sizes.back() < 1)
    raise<ValueError>(fmt::format("{}: batch_sizes ({}) must begin with the {} sequences of sorted_indices, "
                                  "fall or stay, and end with 1 or more",
                                  op, fmt::join(batch_sizes, ", "), B),
                      at);
  for (index_t i = 0; i < B; ++i)
    if (const auto place = sorted_indices.data()[i]; place < 0 || place >= B)
      raise<ValueError>(
          fmt::format("{}: sorted_indices holds {}, which is no place in a batch of {}", op, place, B), at);
}

void check_state(std::string_view module, std::string_view name, const Shape& state, const Shape& needed,
                 Here at) {
  if (state != needed)
    raise<ShapeError>(fmt::format("{}: {} of shape {} does not fit; it needs {}", module, name,
                                  to_string(state), to_string(needed)),
                      at);
}

}  // namespace xtape::nn
