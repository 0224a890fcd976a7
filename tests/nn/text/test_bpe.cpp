// Byte-level BPE: ids as tokenizers and tiktoken give them, any bytes there and back, and vocabularies
// learned.
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

#include <xtape/core/parallel.hpp>
#include <xtape/nn/text/bpe_files.hpp>
#include <xtape/nn/text/bpe_split_impl.hpp>
#include <xtape/nn/text/bpe_training.hpp>
#include <xtape/nn/text/text.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/goldens.hpp"

using namespace xtape;
using nn::BpeTokenizer;
using nn::BpeVocabulary;
using test::text_of;

namespace {

const std::string folder = XTAPE_GOLDENS "/bpe/";

std::vector<std::int64_t> values(const Indices& ids) { return {ids.data(), ids.data() + ids.size()}; }

/// The bytes in the order of their values, "ab" 256 and so on.
BpeVocabulary vocabulary_of(const std::vector<std::string>& joined) {
  BpeVocabulary vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
  vocabulary.tokens.insert(vocabulary.tokens.end(), joined.begin(), joined.end());
  return vocabulary;
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> found;
  nn::bpe::for_each_piece(text, [&](std::string_view piece) { found.emplace_back(piece); });
  return found;
}

using Strings = std::vector<std::string>;

/// The merges that training finds when it counts everything anew before each.
Strings naive_merges(std::string_view text, const std::string& bytes_in_order, std::size_t count) {
  std::map<std::string, std::size_t> ids;
  for (const char byte : bytes_in_order) ids.emplace(std::string(1, byte), ids.size());
  std::vector<Strings> words;
  for (const auto& piece : pieces(text)) {
    words.emplace_back();
    for (const char byte : piece) words.back().emplace_back(1, byte);
  }
  Strings merges;
  while (merges.size() < count) {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const auto& word : words)
      for (std::size_t i = 1; i < word.size(); ++i) ++counts[{word[i - 1], word[i]}];
    const auto rank = [&](const auto& entry) {
      return std::tuple(-entry.second, ids.at(entry.first.first), ids.at(entry.first.second));
    };
    const auto best = std::min_element(counts.begin(), counts.end(),
                                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    const auto [left, right] = best->first;
    merges.push_back(left + "+" + right);
    ids.emplace(left + right, ids.size());
    for (auto& word : words)
      for (std::size_t i = 1; i < word.size(); ++i)
        if (word[i - 1] == left && word[i] == right) {
          word[i - 1] += right;
          word.erase(word.begin() + static_cast<std::ptrdiff_t>(i));
        }
  }
  return merges;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bpe)

BOOST_AUTO_TEST_CASE(ids_are_those_of_tokenizers_and_tiktoken) {
  const auto tokenizer = nn::load_bpe(folder + "tokenizer.json");
  const auto text = nn::read_text(folder + "text.txt");
  const auto golden = test::golden("bpe/ids");
  BOOST_TEST(values(tokenizer.encode(text)) == values(golden.get<Indices>("text")),
             boost::test_tools::per_element());
  BOOST_TEST(
      values(tokenizer.encode(text, {.special_tokens = true})) == values(golden.get<Indices>("special")),
      boost::test_tools::per_element());
  BOOST_TEST(tokenizer.decode(golden.get<Indices>("special")) == text);
  BOOST_TEST(tokenizer.decode(golden.get<Indices>("text")) == text);
}

BOOST_AUTO_TEST_CASE(pieces_are_those_of_the_pattern) {
  BOOST_TEST((pieces("I'll we'Re it's'S '' 'd") ==
              Strings{"I", "'ll", " we", "'", "Re", " it", "'s", "'", "S", " ''", " '", "d"}));
  BOOST_TEST((pieces("I've I'm don't I'd") == Strings{"I", "'ve", " I", "'m", " don", "'t", " I", "'d"}));
  BOOST_TEST((pieces("!\xc2\x85!\xe2\x80\xa8") == Strings{"!", "\xc2\x85", "!", "\xe2\x80\xa8"}));
  BOOST_TEST((pieces("a  b \r\n\tc   ") == Strings{"a", " ", " b", " \r\n", "\t", "c", "   "}));
  BOOST_TEST((pieces(" x12 \xc2\xbd!?_ a") == Strings{" x", "12", " \xc2\xbd", "!?_", " a"}));
  BOOST_TEST((pieces("a\xe3\x80\x80 b\xe3\x80\x80") == Strings{"a", "\xe3\x80\x80", " b", "\xe3\x80\x80"}));
  BOOST_TEST((pieces("e\xcc\x81 \xc3\xa9\x85") == Strings{"e", "\xcc\x81", " \xc3\xa9", "\x85"}));
  BOOST_TEST((pieces("a\xff\xe2\x82 \xed\xa0\x80!b") == Strings{"a", "\xff\xe2\x82", " \xed\xa0\x80!", "b"}));
  BOOST_TEST(pieces("").empty());
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back) {
  const auto tokenizer = nn::load_bpe(folder + "tokenizer.json");
  std::uint32_t state = 7;
  for (std::size_t length = 0; length < 300; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) {
      state = state * 1664525 + 1013904223;
      bytes += static_cast<char>(state >> 24);
    }
    BOOST_TEST((tokenizer.decode(tokenizer.encode(bytes)) == bytes));
  }
  BOOST_TEST((tokenizer.encode("").shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(the_first_merge_wins_then_the_leftmost) {
  auto vocabulary = vocabulary_of({"bc", "ab", "aa", "aaa"});
  vocabulary.merges = {{'b', 'c'}, {'a', 'b'}, {'a', 'a'}, {'a', 258}};
  const BpeTokenizer tokenizer(vocabulary);
  const auto ids = [&](const char* text) { return values(tokenizer.encode(text)); };
  using Ids = std::vector<std::int64_t>;
  BOOST_TEST((ids("abc") == Ids{'a', 256}));
  BOOST_TEST((ids("abab") == Ids{257, 257}));
  BOOST_TEST((ids("aaaa") == Ids{258, 258}));
  BOOST_TEST((ids("aaa") == Ids{258, 'a'}));  // so "aaa" is a token that its own bytes do not become
  BOOST_TEST(tokenizer.decode(259) == "aaa");
}

BOOST_AUTO_TEST_CASE(a_long_piece_takes_no_longer_than_many_short_ones) {
  auto vocabulary = vocabulary_of({"aa", "aaaa"});
  vocabulary.merges = {{'a', 'a'}, {256, 256}};
  const auto ids = BpeTokenizer(vocabulary).encode(std::string(400'002, 'a'));
  BOOST_TEST(ids.size() == 100'001);
  BOOST_TEST(ids.at({100'000}) == 256);
}

BOOST_AUTO_TEST_CASE(added_tokens_are_found_leftmost_and_longest) {
  auto vocabulary = vocabulary_of({"<a>", "<a><b>", "<b>x", "  "});
  vocabulary.added_tokens = {{.id = 256}, {.id = 257}, {.id = 258}, {.id = 259, .special = false}};
  const BpeTokenizer tokenizer(vocabulary);
  using Ids = std::vector<std::int64_t>;
  BOOST_TEST(
      (values(tokenizer.encode("<a><b>x<b>x  ", {.special_tokens = true})) == Ids{257, 'x', 258, 259}));
  BOOST_TEST((values(tokenizer.encode("<a>   ")) == Ids{'<', 'a', '>', 259, ' '}));
  BOOST_TEST(tokenizer.decode(Indices{257, 259, 'x'}) == "<a><b>  x");
  BOOST_TEST(tokenizer.added_token("<b>x") == 258);
  BOOST_TEST(text_of<ValueError>([&] { tokenizer.added_token("<b>"); }) ==
             "BpeTokenizer: \"<b>\" is none of the 4 added tokens");
  BOOST_TEST(text_of<IndexError>([&] { tokenizer.decode(260); }) ==
             "BpeTokenizer: index 260 at position 0 is out of range; there are 260 to choose from, 0 to 259");
}

BOOST_AUTO_TEST_CASE(a_cut_leaves_the_pieces_as_they_are) {
  const std::string text = "It's  a \t cut\r\n\r\n 'll\xe3\x80\x80 be\n\n  12 !? ok";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::size_t cut = nn::bpe::cut_length(text, length);
    BOOST_TEST(cut >= length);
    auto parts = pieces(text.substr(0, cut));
    for (const auto& piece : pieces(text.substr(cut))) parts.push_back(piece);
    BOOST_TEST(parts == pieces(text), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_where_pieces_end) {
  const auto tokenizer = nn::load_bpe(folder + "tokenizer.json");
  const auto text = nn::read_text(folder + "text.txt");
  std::string many;
  for (int i = 0; i < 120; ++i) many += text;
  const auto cut = values(tokenizer.encode(many));
  std::vector<std::int64_t> whole;
  for (const auto& piece : pieces(many))
    for (const auto id : values(tokenizer.encode(piece))) whole.push_back(id);
  BOOST_TEST((cut == whole));
  set_num_threads(1);
  BOOST_TEST((values(tokenizer.encode(many)) == cut));
  set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(vocabularies_that_cannot_work_are_refused) {
  const auto refusal = [](const BpeVocabulary& vocabulary) {
    return text_of<ValueError>([&] { BpeTokenizer tokenizer(vocabulary); }).substr(14);
  };
  auto vocabulary = vocabulary_of({"ab"});
  BOOST_TEST(refusal(vocabulary) ==
             "the token \"ab\" of id 256 is no byte, joined by no merge and no added token; "
             "are all merges there?");
  vocabulary.merges = {{'a', 'b'}, {'a', 'b'}};
  BOOST_TEST(refusal(vocabulary) == "the merge of \"a\" and \"b\" stands twice");
  vocabulary.merges = {{'a', 'c'}};
  BOOST_TEST(refusal(vocabulary) == "merge 0 joins \"a\" and \"c\", but \"ac\" is no token");
  vocabulary.merges = {{'a', 257}};
  BOOST_TEST(refusal(vocabulary) == "merge 0 joins the ids 97 and 257; there are 257 tokens");
  vocabulary.added_tokens = {{.id = 257}};
  BOOST_TEST(refusal(vocabulary) == "an added token has the id 257; there are 257 tokens");
  vocabulary.added_tokens = {{.id = 256}, {.id = 256}};
  BOOST_TEST(refusal(vocabulary) == "the added token \"ab\" stands twice");
  BOOST_TEST(refusal(vocabulary_of({"a"})) == "\"a\" has two ids, 97 and 256");
  BOOST_TEST(refusal(vocabulary_of({""})) == "the token of id 256 is empty");
  BOOST_TEST(refusal({}) == "no token for the byte 0x00; a byte-level vocabulary has all 256");
}

BOOST_AUTO_TEST_CASE(training_merges_the_most_frequent_pair) {
  const auto text = nn::read_text(folder + "text.txt");
  const auto vocabulary =
      nn::train_bpe(text, {.vocab_size = 256 + 150, .min_count = 1, .special_tokens = {}}).vocabulary();
  BOOST_TEST(vocabulary.tokens.size() == 406U);
  std::string bytes;
  for (std::size_t id = 0; id < 256; ++id) bytes += vocabulary.tokens[id];
  Strings merges;
  for (const auto& [left, right] : vocabulary.merges)
    merges.push_back(vocabulary.tokens[static_cast<std::size_t>(left)] + "+" +
                     vocabulary.tokens[static_cast<std::size_t>(right)]);
  BOOST_TEST(merges == naive_merges(text, bytes, merges.size()), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(training_counts_every_document) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "ab<|endoftext|>";
  BOOST_TEST(nn::train_bpe(text, {.vocab_size = 300, .min_count = 1000}).vocabulary().merges.size() == 1U);
  BOOST_TEST(nn::train_bpe(text, {.vocab_size = 300, .min_count = 1001}).vocabulary().merges.empty());
}

BOOST_AUTO_TEST_CASE(training_knows_its_bounds) {
  const auto tokenizer = nn::train_bpe("hello hello<|endoftext|>world", {.vocab_size = 1000});
  BOOST_TEST(tokenizer.vocab_size() == 256 + 4 + 1);  // he, ll, hell, hello; "<|" is not counted
  BOOST_TEST(tokenizer.added_token("<|endoftext|>") == 260);
  BOOST_TEST(tokenizer.encode("hello").item() == 259);
  BOOST_TEST(nn::train_bpe("hello hello", {.vocab_size = 259}).vocab_size() == 259);
  BOOST_TEST(nn::train_bpe("", {.vocab_size = 300}).vocab_size() == 257);
  const auto all = nn::train_bpe("aaaa", {.vocab_size = 300, .min_count = 0});
  BOOST_TEST(all.vocab_size() == 256 + 2 + 1);  // aa, aaaa; what no longer occurs is not merged
  BOOST_TEST(text_of<ValueError>([] { nn::train_bpe("a", {.vocab_size = 256}); }) ==
             "train_bpe: vocab_size 256 has no room for 256 bytes and 1 special tokens");
  BOOST_TEST(text_of<ValueError>([] {
               nn::train_bpe("a", {.vocab_size = 300, .special_tokens = {"x", "x"}});
             }) == "train_bpe: the added token \"x\" stands twice");
}

BOOST_AUTO_TEST_SUITE_END()
