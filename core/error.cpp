// Places in messages: how an error finds the user's line and module.
#include <xtape/core/call_site.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/here_impl.hpp>

#include <fmt/format.h>

#include <string_view>

namespace xtape {

namespace {

constinit thread_local const CallSite* innermost = nullptr;

}  // namespace

CallSite::CallSite(Here at, Path module)
    : at_(innermost ? innermost->at_ : at),
      module_(module || !innermost ? std::move(module) : innermost->module_),
      outer_(innermost) {
  innermost = this;
}

CallSite::CallSite(Here at, Path module, Replace) : at_(at), module_(std::move(module)), outer_(innermost) {
  innermost = this;
}

CallSite::~CallSite() { innermost = outer_; }

Here CallSite::place(Here at) { return innermost ? innermost->at_ : at; }

CallSite::Path CallSite::module() { return innermost ? innermost->module_ : nullptr; }

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
