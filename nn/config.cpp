// Checks of configurations.
#include <xtape/nn/config_impl.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

namespace xtape::nn {

index_t check_size(std::string_view module, std::string_view name, index_t size, Here at) {
  if (size < 1) raise<ValueError>(fmt::format("{}: {} = {} must be 1 or more", module, name, size), at);
  return size;
}

void check_heads(std::string_view module, std::string_view width_name, index_t width,
                 std::string_view heads_name, index_t heads, Here at) {
  check_size(module, width_name, width, at);
  check_size(module, heads_name, heads, at);
  if (width % heads != 0)
    raise<ValueError>(
        fmt::format("{}: {} = {} is not a multiple of {} = {}", module, width_name, width, heads_name, heads),
        at);
}

}  // namespace xtape::nn
