// Texts in messages.
#include <xtape/nn/io/malformed_impl.hpp>

#include <nlohmann/json.hpp>

namespace xtape::nn {

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  const nlohmann::json cut = text.substr(0, longest);
  return cut.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         (text.size() > longest ? "..." : "");
}

}  // namespace xtape::nn
