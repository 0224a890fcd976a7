// Places in messages: how an error finds the user's line and module.
#include <xtape/core/call_site.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/here_impl.hpp>

#include <fmt/format.h>

#include <string_view>

namespace xtape {

constinit thread_local const CallSite* detail::innermost_call_site = nullptr;

CallSite::CallSite(Here at, Path module)
    : at_(place(at)),
      module_(module ? std::move(module) : CallSite::module()),
      outer_(std::exchange(detail::innermost_call_site, this)) {}

std::string to_string(Here at) {
  if (!at.file) return {};
  const std::string_view path = at.file;
  return fmt::format("{}:{}", path.substr(path.find_last_of('/') + 1), at.line);
}

std::string with_place(std::string message, Here at) {
  const Here place = CallSite::place(at);
  if (place.file) message += ", at " + to_string(place);
  if (const auto module = CallSite::module()) message += fmt::format(", in {}", *module);
  return message;
}

}  // namespace xtape
