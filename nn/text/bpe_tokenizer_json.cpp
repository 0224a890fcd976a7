// Hugging Face's tokenizer.json, of GPT-2's kind.
#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_json_impl.hpp>

#include <algorithm>

namespace xtape::nn::bpe {

namespace {

/// A member that has to be an object, or a list.
const Json& object_in(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_object()) fail("{} is {}, not an object", key, described(value));
  return value;
}

const Json& list_in(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_array()) fail("{} is {}, not a list", key, described(value));
  return value;
}

/// Refuses a member that is neither missing nor null nor one of these values.
void only(const Json& json, const char* path, std::initializer_list<Json> values) {
  const Json& value =
      member(json, std::string_view(path).substr(std::string_view(path).rfind('.') + 1).data());
  if (value.is_null() || std::find(values.begin(), values.end(), value) != values.end()) return;
  fail("{} is {}; GPT-2's kind of tokenizer has {}", path, described(value),
       values.size() == 0 ? "none" : described(*values.begin()));
}

/// Refuses a part that is there and not of the type ByteLevel.
void only_byte_level(const Json& json, const char* key) {
  const Json& part = member(json, key);
  if (part.is_null()) return;
  if (!part.is_object() || member(part, "type") != "ByteLevel")
    fail("{} is {}; GPT-2's kind of tokenizer has the type \"ByteLevel\"", key,
         described(part.is_object() ? member(part, "type") : part));
}

void check_kind(const Json& json) {
  for (const char* key : {"normalizer", "truncation", "padding"}) only(json, key, {});
  only_byte_level(json, "pre_tokenizer");
  only_byte_level(json, "post_processor");
  only_byte_level(json, "decoder");
  const Json& splitting = object_in(json, "pre_tokenizer");
  if (member(splitting, "add_prefix_space").is_null()) fail("pre_tokenizer.add_prefix_space is missing");
  only(splitting, "pre_tokenizer.add_prefix_space", {false});
  only(splitting, "pre_tokenizer.use_regex", {true});
  const Json& model = object_in(json, "model");
  only(model, "model.type", {"BPE"});
  only(model, "model.dropout", {0.0});
  only(model, "model.continuing_subword_prefix", {""});
  only(model, "model.end_of_word_suffix", {""});
  only(model, "model.ignore_merges", {false});
}

/// Adds the names of added tokens that the model's vocabulary lacks.
std::vector<AddedToken> parse_added(const Json& json, Names& names) {
  std::vector<AddedToken> added;
  if (member(json, "added_tokens").is_null()) return added;
  for (const Json& token : list_in(json, "added_tokens")) {
    if (!token.is_object()) fail("an added token is {}, not an object", described(token));
    const Json& content = member(token, "content");
    if (!content.is_string()) fail("the content of an added token is {}, not a text", described(content));
    const auto& text = content.get_ref<const std::string&>();
    for (const char* key : {"single_word", "lstrip", "rstrip"})
      if (!member(token, key).is_null() && member(token, key) != false)
        fail("the added token {} has {}: {}; only false is supported", shown(text), key,
             described(member(token, key)));
    const Json& special = member(token, "special");
    if (!special.is_boolean()) fail("the added token {} has special: {}", shown(text), described(special));
    const auto id = parse_id(text, member(token, "id"));
    if (names.try_emplace(text, id).first->second != id)
      fail("the added token {} has the id {}, and in the vocabulary {}", shown(text), id, names.at(text));
    added.push_back({id, special.get<bool>()});
  }
  return added;
}

/// A merge is "left right" or ["left", "right"].
Merges parse_merges(const Json& list, const Names& names) {
  Merges merges;
  merges.reserve(list.size());
  for (const Json& merge : list) {
    const auto where = fmt::format("merge {}", merges.size());
    if (merge.is_string())
      merges.push_back(parse_merge(merge.get_ref<const std::string&>(), names, where));
    else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
      merges.emplace_back(id_of(merge[0].get_ref<const std::string&>(), names, where),
                          id_of(merge[1].get_ref<const std::string&>(), names, where));
    else
      fail("{} is neither a text nor a list of two", where);
  }
  return merges;
}

}  // namespace

BpeVocabulary parse_tokenizer_json(std::string_view text) {
  const Json json = parse_json(text);
  if (!json.is_object()) fail("it is {}, not an object", described(json));
  check_kind(json);
  const Json& model = json["model"];
  auto names = parse_names(object_in(model, "vocab"));
  auto merges = parse_merges(list_in(model, "merges"), names);
  const auto added = parse_added(json, names);
  return make_vocabulary(names, added, std::move(merges));
}

std::string print_tokenizer_json(const BpeVocabulary& vocabulary) {
  OrderedJson added = OrderedJson::array();
  for (const auto& [id, special] : vocabulary.added_tokens)
    added.push_back({{"id", id},
                     {"content", vocabulary.tokens[static_cast<std::size_t>(id)]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", special}});
  const OrderedJson byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  const OrderedJson model = {{"type", "BPE"},
                             {"dropout", nullptr},
                             {"unk_token", nullptr},
                             {"continuing_subword_prefix", nullptr},
                             {"end_of_word_suffix", nullptr},
                             {"fuse_unk", false},
                             {"byte_fallback", false},
                             {"ignore_merges", false},
                             {"vocab", print_names(vocabulary)},
                             {"merges", print_merges(vocabulary)}};
  const OrderedJson json = {{"version", "1.0"},
                            {"truncation", nullptr},
                            {"padding", nullptr},
                            {"added_tokens", std::move(added)},
                            {"normalizer", nullptr},
                            {"pre_tokenizer", byte_level},
                            {"post_processor", nullptr},
                            {"decoder", byte_level},
                            {"model", model}};
  return print(json, 2);
}

}  // namespace xtape::nn::bpe
