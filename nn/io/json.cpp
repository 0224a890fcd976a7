// JSON, parsed within limits.
#include <xtape/nn/io/json_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>

#include <array>
#include <unordered_set>

namespace xtape::nn {

namespace {
constexpr int max_depth = 16;
}

Json parse_json(std::string_view text) {
  std::array<std::unordered_set<std::string>, max_depth + 1> keys;  // of the objects that are open
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth >= max_depth) fail("its JSON is nested more than {} deep", max_depth);
    auto& siblings = keys[static_cast<std::size_t>(depth)];
    if (event == Event::key && !siblings.insert(parsed.get_ref<const std::string&>()).second)
      fail("the name {} stands twice", shown(parsed.get_ref<const std::string&>()));
    if (event == Event::object_start) keys[static_cast<std::size_t>(depth) + 1] = {};
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::parse_error& error) {
    fail("it is not JSON, from byte {} on", error.byte);
  } catch (const Json::out_of_range&) {
    fail("it is not JSON: a number is too large");
  }
}

const Json& member(const Json& object, const char* key) {
  static const Json null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

std::string described(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return value.is_string() ? shown(value.get_ref<const std::string&>()) : value.dump();
}

}  // namespace xtape::nn
