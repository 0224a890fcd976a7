// Checks of what recurrent modules are called with.
#pragma once

#include <string_view>
#include <vector>

#include <xtape/core/array.hpp>

namespace xtape::nn {

/// Throws ShapeError where x has not `rank` axes or does not end with input_size channels.
void check_input(std::string_view module, const Shape& x, std::size_t rank, index_t input_size, Here at);

/// Throws ShapeError for sequences without steps.
void check_steps(std::string_view module, const Shape& x, index_t steps, Here at);

/// Throws ShapeError where packed data has not the rows that the batch sizes add up to, ValueError where the
/// sizes grow or are not those of the sequences that sorted_indices names.
void check_packed(std::string_view op, const Shape& data, const std::vector<index_t>& batch_sizes,
                  const Indices& sorted_indices, Here at);

/// Throws ShapeError where a state has not the shape that x and the module's sizes ask for.
void check_state(std::string_view module, std::string_view name, const Shape& state, const Shape& needed,
                 Here at);

}  // namespace xtape::nn
