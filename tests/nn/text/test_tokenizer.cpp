// Tokenizers of any kind, and their files.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/text/bpe_files.hpp>
#include <xtape/nn/text/bpe_training.hpp>
#include <xtape/nn/text/tokenizer_files.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using nn::Tokenizer;
using test::text_of;

namespace {

const std::string text = "the then them, d\xc3\xa9j\xc3\xa0 vu \"\\\n\t<|endoftext|>";

Tokenizer bpe() { return nn::train_bpe(text, {.vocab_size = 260}); }
Tokenizer characters() { return nn::CharTokenizer(text); }

std::string refusal(const std::string& json) {
  return text_of<IoError>([&] { nn::tokenizer_from_json(json); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(any_tokenizer)

BOOST_AUTO_TEST_CASE(does_what_the_one_inside_does) {
  const nn::CharTokenizer inside(text);
  BOOST_TEST(characters().vocab_size() == inside.vocab_size());
  BOOST_TEST(characters().encode("d\xc3\xa9").at({1}) == inside.encode("\xc3\xa9").item());
  BOOST_TEST(bpe().vocab_size() == 260);
  BOOST_TEST(bpe().encode("<|endoftext|>", {.special_tokens = true}).item() == 259);
  BOOST_TEST(bpe().encode("<|endoftext|>").size() > 1);
  for (const auto& tokenizer : {characters(), bpe()}) {
    BOOST_TEST(tokenizer.decode(tokenizer.encode(text)) == text);
    BOOST_TEST(tokenizer.decode(tokenizer.encode("t").item()) == "t");
  }
  BOOST_TEST((characters().get_if<nn::CharTokenizer>() != nullptr));
  BOOST_TEST((characters().get_if<nn::BpeTokenizer>() == nullptr));
}

BOOST_AUTO_TEST_CASE(files_bring_back_the_same_tokenizer) {
  const test::TemporaryFolder folder;
  for (const auto& tokenizer : {characters(), bpe()}) {
    nn::save_tokenizer(tokenizer, folder / "tokenizer.json");
    for (const auto& path : {folder.path(), folder / "tokenizer.json"}) {
      const auto loaded = nn::load_tokenizer(path);
      BOOST_TEST(nn::tokenizer_to_json(loaded) == nn::tokenizer_to_json(tokenizer));
      BOOST_TEST(loaded.decode(loaded.encode(text)) == text);
    }
  }
  BOOST_TEST(nn::load_bpe(folder / "tokenizer.json").vocab_size() == 260);  // Hugging Face's kind
}

BOOST_AUTO_TEST_CASE(gpt2s_two_files_are_found_in_their_folder) {
  const test::TemporaryFolder folder;
  nn::save_bpe(*bpe().get_if<nn::BpeTokenizer>(), folder / "vocab.json", folder / "merges.txt");
  const auto loaded = nn::load_tokenizer(folder.path());
  BOOST_TEST(nn::tokenizer_to_json(loaded) == nn::tokenizer_to_json(bpe()));
  const auto endless = nn::train_bpe(text, {.vocab_size = 258, .special_tokens = {}});
  nn::save_bpe(endless, folder / "vocab.json", folder / "merges.txt");
  BOOST_TEST(nn::load_tokenizer(folder.path()).vocab_size() == 258);
}

BOOST_AUTO_TEST_CASE(what_is_no_tokenizer_is_refused) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "a", "{");
  BOOST_TEST(text_of<IoError>([&] { nn::load_tokenizer(folder / "a"); }) ==
             "load_tokenizer: " + (folder / "a") + ": it is not JSON, from byte 2 on");
  BOOST_TEST(text_of<IoError>([&] { nn::load_tokenizer(folder.path()); }) ==
             "load_tokenizer: " + (folder / "tokenizer.json") + ": No such file or directory");
  const auto list = [](const std::string& characters) {
    return refusal(R"({"model": {"type": "Characters", "characters": )" + characters + "}}");
  };
  BOOST_TEST(list("3") == "tokenizer_from_json: its characters are 3, not a text");
  BOOST_TEST(list("\"\"") == "tokenizer_from_json: it has no characters");
  for (const auto* wrong : {R"("ba")", R"("aa")"})
    BOOST_TEST(list(wrong) ==
               "tokenizer_from_json: its characters are not in the order of their code points, each once");
  BOOST_TEST(list("\"\xff\"").starts_with("tokenizer_from_json: it is not JSON"));
  BOOST_TEST(refusal("[]") == "tokenizer_from_json: it is a list, not an object");
  BOOST_TEST(refusal(R"({"model": [1]})") == "tokenizer_from_json: pre_tokenizer is null, not an object");
  for (const auto* wrong : {"3", "\"text\"", R"({"model": 3})", R"({"model": {"type": 3}})"})
    BOOST_TEST(refusal(wrong).starts_with("tokenizer_from_json: "));
}

BOOST_AUTO_TEST_SUITE_END()
