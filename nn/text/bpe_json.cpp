// JSON of tokenizer files, and what vocab.json and tokenizer.json have in common.
#include <xtape/nn/text/bpe_json_impl.hpp>

#include <xtape/nn/text/bpe_malformed_impl.hpp>
#include <xtape/nn/text/bpe_names_impl.hpp>

#include <array>
#include <unordered_set>

namespace xtape::nn::bpe {

namespace {

constexpr int max_depth = 16;

std::unordered_set<std::int64_t> added_ids(const std::vector<AddedToken>& added) {
  std::unordered_set<std::int64_t> ids;
  for (const auto& token : added) ids.insert(token.id);
  return ids;
}

}  // namespace

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

std::int64_t parse_id(std::string_view name, const Json& id) {
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() > INT64_MAX)
    fail("the id of {} is {}, not a whole number from 0 on", shown(name), described(id));
  return id.get<std::int64_t>();
}

Names parse_names(const Json& vocab) {
  Names names;
  names.reserve(vocab.size());
  for (const auto& [name, id] : vocab.items()) names.emplace(name, parse_id(name, id));
  return names;
}

TokenPair parse_merge(std::string_view text, const Names& names, std::string_view where) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos)
    fail("{}: {} is not two names with a space between them", where, shown(text));
  return {id_of(text.substr(0, space), names, where), id_of(text.substr(space + 1), names, where)};
}

std::int64_t id_of(std::string_view name, const Names& names, std::string_view where) {
  const auto found = names.find(std::string(name));
  if (found == names.end()) fail("{}: {} is not in the vocabulary", where, shown(name));
  return found->second;
}

BpeVocabulary make_vocabulary(const Names& names, const std::vector<AddedToken>& added, Merges merges) {
  BpeVocabulary vocabulary{std::vector<std::string>(names.size()), std::move(merges), added};
  std::vector<const std::string*> by_id(names.size());
  for (const auto& [name, id] : names) {
    if (static_cast<std::size_t>(id) >= names.size())
      fail("the id of {} is {}, but the ids of {} tokens are 0 to {}", shown(name), id, names.size(),
           names.size() - 1);
    const auto*& place = by_id[static_cast<std::size_t>(id)];
    if (place)
      fail("{} and {} have the same id, {}", shown(std::min(*place, name)), shown(std::max(*place, name)),
           id);
    place = &name;
  }
  const auto is_added = added_ids(added);
  for (std::size_t id = 0; id < by_id.size(); ++id) {
    const auto bytes = is_added.contains(static_cast<std::int64_t>(id)) ? std::optional(*by_id[id])
                                                                        : bytes_named(*by_id[id]);
    if (!bytes) fail("{} has characters that stand for no byte, and is no added token", shown(*by_id[id]));
    vocabulary.tokens[id] = *bytes;
  }
  return vocabulary;
}

OrderedJson print_names(const BpeVocabulary& vocabulary) {
  const auto is_added = added_ids(vocabulary.added_tokens);
  std::unordered_set<std::string> names;
  OrderedJson json = OrderedJson::object();
  auto& entries = json.get_ref<OrderedJson::object_t&>();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const auto& bytes = vocabulary.tokens[id];
    auto name = is_added.contains(static_cast<std::int64_t>(id)) ? bytes : name_of(bytes);
    if (!names.insert(name).second) fail("two tokens would have the name {}", shown(name));
    entries.emplace_back(std::move(name), id);  // json[name] would look through all that are there
  }
  return json;
}

std::string print(const OrderedJson& json, int indent) {
  try {
    return json.dump(indent);
  } catch (const OrderedJson::exception&) {
    fail("added tokens must be UTF-8");
  }
}

std::string print_merge(const BpeVocabulary& vocabulary, const TokenPair& merge) {
  const auto name = [&](std::int64_t id) { return name_of(vocabulary.tokens[static_cast<std::size_t>(id)]); };
  return name(merge.first) + ' ' + name(merge.second);
}

}  // namespace xtape::nn::bpe
