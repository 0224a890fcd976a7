// What the JSON of vocab.json and tokenizer.json has in common.
#include <xtape/nn/text/bpe_json_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_names_impl.hpp>

#include <unordered_set>

namespace xtape::nn::bpe {

namespace {

std::unordered_set<std::int64_t> added_ids(const std::vector<AddedToken>& added) {
  std::unordered_set<std::int64_t> ids;
  for (const auto& token : added) ids.insert(token.id);
  return ids;
}

}  // namespace

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

std::vector<std::string> print_merges(const BpeVocabulary& vocabulary) {
  const auto is_added = added_ids(vocabulary.added_tokens);
  const auto name = [&](std::int64_t id) {
    const auto& bytes = vocabulary.tokens[static_cast<std::size_t>(id)];
    auto printed = name_of(bytes);
    if (printed != bytes && is_added.contains(id))
      fail("the added token {} is part of a merge, which would name it {}", shown(bytes), shown(printed));
    return printed;
  };
  std::vector<std::string> merges;
  for (const auto& [left, right] : vocabulary.merges) merges.push_back(name(left) + ' ' + name(right));
  return merges;
}

}  // namespace xtape::nn::bpe
