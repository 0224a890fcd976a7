// Tokenizer files: written and read again, and files that are not what they claim.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>

#include <nlohmann/json.hpp>

#include <xtape/nn/text/bpe_files.hpp>
#include <xtape/nn/text/bpe_names_impl.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::bytes_of_file;
using test::TemporaryFolder;
using test::text_of;
using test::write_file;
using Json = nlohmann::json;

namespace {

const std::string golden = XTAPE_GOLDENS "/bpe/";

/// A tokenizer.json with all bytes, "ab" of id 256 and the special token "<e>" of id 257.
Json small_json() {
  Json vocab;
  for (const char byte : nn::bpe::bytes_in_order()) vocab[nn::bpe::name_of({&byte, 1})] = vocab.size();
  vocab["ab"] = 256;
  return {{"added_tokens", {{{"id", 257}, {"content", "<e>"}, {"special", true}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"model", {{"vocab", vocab}, {"merges", {"a b"}}}}};
}

std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder / "tokenizer.json";
  write_file(path, bytes);
  const auto text = text_of<IoError>([&] { nn::load_bpe(path); });
  const auto start = "load_bpe: " + path + ": ";
  BOOST_TEST(text.starts_with(start));
  return text.substr(start.size());
}

/// What loading says once the value at a path, "/model/type", is another, or without its file's name.
std::string refusal(const std::string& place, const Json& value) {
  auto json = small_json();
  json[Json::json_pointer(place)] = value;
  return refusal(json.dump());
}

/// What loading two files says, the names of their folder removed.
std::string refusal_of_two(const std::string& vocab, const std::string& merges,
                           const std::vector<std::string>& special) {
  const TemporaryFolder folder;
  write_file(folder / "vocab", vocab);
  write_file(folder / "merges", merges);
  const auto text = text_of<IoError>([&] { nn::load_bpe(folder / "vocab", folder / "merges", special); });
  BOOST_TEST(text.starts_with("load_bpe: "));
  return std::regex_replace(text.substr(10), std::regex(folder.path() + "/"), "");
}

bool equal(const nn::BpeTokenizer& a, const nn::BpeTokenizer& b) {
  return a.vocabulary().tokens == b.vocabulary().tokens && a.vocabulary().merges == b.vocabulary().merges &&
         a.vocabulary().added_tokens.size() == b.vocabulary().added_tokens.size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bpe_files)

BOOST_AUTO_TEST_CASE(a_round_trip_keeps_everything) {
  const TemporaryFolder folder;
  const auto tokenizer = nn::load_bpe(golden + "tokenizer.json");
  nn::save_bpe(tokenizer, folder / "tokenizer.json");
  BOOST_TEST(equal(nn::load_bpe(folder / "tokenizer.json"), tokenizer));
  nn::save_bpe(tokenizer, folder / "vocab.json", folder / "merges.txt");
  BOOST_TEST(equal(nn::load_bpe(folder / "vocab.json", folder / "merges.txt", {"<|endoftext|>"}), tokenizer));
  BOOST_TEST(bytes_of_file(folder / "merges.txt") == bytes_of_file(golden + "merges.txt"));
  auto vocab = bytes_of_file(golden + "vocab.json");
  BOOST_TEST(bytes_of_file(folder / "vocab.json") ==
             vocab.replace(vocab.size() - 1, 1, R"(,"<|endoftext|>":600})"));
}

BOOST_AUTO_TEST_CASE(both_kinds_of_files_give_the_same_tokens) {
  const auto tokenizer = nn::load_bpe(golden + "tokenizer.json");
  const auto two = nn::load_bpe(golden + "vocab.json", golden + "merges.txt");
  BOOST_TEST(two.vocab_size() == tokenizer.vocab_size() - 1);
  BOOST_TEST((two.vocabulary().merges == tokenizer.vocabulary().merges));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_refused) {
  const TemporaryFolder folder;
  auto vocabulary = nn::load_bpe(golden + "tokenizer.json").vocabulary();
  vocabulary.tokens.back() = "\xff\xff";
  BOOST_TEST(text_of<IoError>([&] { nn::save_bpe(nn::BpeTokenizer(vocabulary), folder / "a"); }) ==
             "save_bpe: " + (folder / "a") + ": added tokens must be UTF-8");
  vocabulary.tokens.back() = nn::bpe::name_of(" ");
  BOOST_TEST(text_of<IoError>([&] { nn::save_bpe(nn::BpeTokenizer(vocabulary), folder / "a"); }) ==
             "save_bpe: " + (folder / "a") + ": two tokens would have the name \"\xc4\xa0\"");
  vocabulary.tokens.back() = "a b";
  vocabulary.tokens.push_back("a bc");
  const auto c = std::find(vocabulary.tokens.begin(), vocabulary.tokens.end(), "c");
  vocabulary.merges.emplace_back(vocabulary.tokens.size() - 2, c - vocabulary.tokens.begin());
  BOOST_TEST(text_of<IoError>([&] { nn::save_bpe(nn::BpeTokenizer(vocabulary), folder / "a"); }) ==
             "save_bpe: " + (folder / "a") +
                 ": the added token \"a b\" is part of a merge, which would name it \"a\xc4\xa0\x62\"");
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  BOOST_TEST(refusal("") == "it is not JSON, from byte 1 on");
  BOOST_TEST(refusal("{}}") == "it is not JSON, from byte 3 on");
  BOOST_TEST(refusal("[1]") == "it is a list, not an object");
  BOOST_TEST(refusal("{\"\xff\": 1}") == "it is not JSON, from byte 3 on");
  BOOST_TEST(refusal("{\"a\": 1e999}") == "it is not JSON: a number is too large");
  BOOST_TEST(refusal(R"({"a": {"b": 1, "c": [{}], "b": 2}})") == "the name \"b\" stands twice");
  BOOST_TEST(refusal(std::string(1'000'000, '[')) == "its JSON is nested more than 16 deep");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  BOOST_TEST(refusal(objects) == "its JSON is nested more than 16 deep");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_anywhere) {
  const auto whole = small_json().dump();
  const TemporaryFolder folder;
  for (std::size_t length = 0; length < whole.size(); length += 29) {
    write_file(folder / "cut", whole.substr(0, length));
    BOOST_CHECK_THROW(nn::load_bpe(folder / "cut"), IoError);
  }
  write_file(folder / "whole", whole);
  BOOST_TEST(nn::load_bpe(folder / "whole").vocab_size() == 258);
}

BOOST_AUTO_TEST_CASE(tokenizers_of_another_kind) {
  BOOST_TEST(refusal("/model/type", "WordPiece") ==
             "model.type is \"WordPiece\"; GPT-2's kind of tokenizer has \"BPE\"");
  BOOST_TEST(refusal("/model", nullptr) == "model is null, not an object");
  BOOST_TEST(refusal("/model/dropout", 0.5) == "model.dropout is 0.5; GPT-2's kind of tokenizer has 0.0");
  BOOST_TEST(refusal("/model/ignore_merges", true) ==
             "model.ignore_merges is true; GPT-2's kind of tokenizer has false");
  BOOST_TEST(refusal("/model/end_of_word_suffix", "</w>") ==
             "model.end_of_word_suffix is \"</w>\"; GPT-2's kind of tokenizer has \"\"");
  BOOST_TEST(refusal("/normalizer/type", "NFC") ==
             "normalizer is an object; GPT-2's kind of tokenizer has none");
  BOOST_TEST(refusal("/pre_tokenizer/type", "Whitespace") ==
             "pre_tokenizer is \"Whitespace\"; GPT-2's kind of tokenizer has the type \"ByteLevel\"");
  BOOST_TEST(refusal("/pre_tokenizer", nullptr) == "pre_tokenizer is null, not an object");
  BOOST_TEST(refusal("/pre_tokenizer/add_prefix_space", true) ==
             "pre_tokenizer.add_prefix_space is true; GPT-2's kind of tokenizer has false");
  BOOST_TEST(
      refusal("/post_processor/type", "TemplateProcessing") ==
      "post_processor is \"TemplateProcessing\"; GPT-2's kind of tokenizer has the type \"ByteLevel\"");
  BOOST_TEST(refusal("/added_tokens/0/lstrip", true) ==
             "the added token \"<e>\" has lstrip: true; only false is supported");
}

BOOST_AUTO_TEST_CASE(vocabularies_that_are_not_whole) {
  BOOST_TEST(refusal("/model/vocab", Json::array()) == "vocab is a list, not an object");
  BOOST_TEST(refusal("/model/vocab/ab", "256") ==
             "the id of \"ab\" is \"256\", not a whole number from 0 on");
  BOOST_TEST(refusal("/model/vocab/ab", -1) == "the id of \"ab\" is -1, not a whole number from 0 on");
  BOOST_TEST(refusal("/model/vocab/ab", UINT64_MAX) ==
             "the id of \"ab\" is 18446744073709551615, not a whole number from 0 on");
  BOOST_TEST(refusal("/model/vocab/ab", 4'000'000'000) ==
             "the id of \"ab\" is 4000000000, but the ids of 258 tokens are 0 to 257");
  BOOST_TEST(refusal("/model/vocab/ab", 255) == "\"ab\" and \"\xc5\x83\" have the same id, 255");
  BOOST_TEST(refusal("/added_tokens/0/id", 258) ==
             "the id of \"<e>\" is 258, but the ids of 258 tokens are 0 to 257");
  BOOST_TEST(refusal("/added_tokens/0/content", "ab") ==
             "the added token \"ab\" has the id 257, and in the vocabulary 256");
  BOOST_TEST(refusal("/added_tokens/0", 7) == "an added token is 7, not an object");
  BOOST_TEST(refusal("/added_tokens/0/special", 1) == "the added token \"<e>\" has special: 1");
  BOOST_TEST(refusal("/model/merges", {"a  b"}) ==
             "merge 0: \"a  b\" is not two names with a space between them");
  BOOST_TEST(refusal("/model/merges", Json::array({7})) == "merge 0 is neither a text nor a list of two");
  BOOST_TEST(refusal("/model/merges", Json::array({Json::array({"a", "zz"})})) ==
             "merge 0: \"zz\" is not in the vocabulary");
  BOOST_TEST(
      refusal("/model/merges", Json::array()) ==
      "the token \"ab\" of id 256 is no byte, joined by no merge and no added token; are all merges there?");
  auto json = small_json();
  json["model"]["vocab"].erase("a");
  json["model"]["vocab"]["a b"] = 64;
  json["model"]["merges"] = Json::array();
  BOOST_TEST(refusal(json.dump()) == "\"a b\" has characters that stand for no byte, and is no added token");
}

BOOST_AUTO_TEST_CASE(two_files_that_do_not_fit) {
  const auto vocab = small_json()["model"]["vocab"].dump();
  const auto with_end = vocab.substr(0, vocab.size() - 1) + R"(,"<e>":257})";
  BOOST_TEST(refusal_of_two(with_end, "a b\n", {}) ==
             "vocab with merges: the token \"<e>\" of id 257 is no byte, joined by no merge and no added "
             "token; are all "
             "merges there?");
  BOOST_TEST(refusal_of_two(vocab, "a b\n", {"<e>"}) ==
             "vocab: special tokens: \"<e>\" is not in the vocabulary");
  BOOST_TEST(refusal_of_two(vocab, "#version: 0.2\na b c\n", {}) ==
             "merges: line 2: \"a b c\" is not two names with a space between them");
  BOOST_TEST(refusal_of_two(vocab, "a \xff\n", {}) ==
             "merges: line 1: \"\xef\xbf\xbd\" is not in the vocabulary");
  BOOST_TEST(refusal_of_two("[]", "", {}) == "vocab: it is a list, not an object of names with ids");
  BOOST_TEST(refusal_of_two(vocab, "a b\na b\n", {}) ==
             "vocab with merges: the merge of \"a\" and \"b\" stands twice");
}

BOOST_AUTO_TEST_SUITE_END()
