// Checks that constructors of modules share.
#pragma once

#include <string_view>

#include <xtape/core/here.hpp>
#include <xtape/core/index.hpp>

namespace xtape::nn {

/// Returns the size, or throws ValueError where it is below 1.
index_t check_size(std::string_view module, std::string_view name, index_t size, Here at);

/// Throws ValueError where the width cannot be cut into that many heads.
void check_heads(std::string_view module, std::string_view width_name, index_t width,
                 std::string_view heads_name, index_t heads, Here at);

}  // namespace xtape::nn
