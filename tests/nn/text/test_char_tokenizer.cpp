// Characters and token ids.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/text/char_tokenizer.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using nn::CharTokenizer;
using test::text_of;

BOOST_AUTO_TEST_SUITE(tokenizer)

BOOST_AUTO_TEST_CASE(ids_follow_the_order_of_code_points) {
  const CharTokenizer tokenizer("hello, w\xc3\xb6rld \xf0\x9f\x98\x80");
  BOOST_TEST(tokenizer.vocabulary() == " ,dehlorw\xc3\xb6\xf0\x9f\x98\x80");
  BOOST_TEST(tokenizer.vocab_size() == 11);
  const auto ids = tokenizer.encode("h\xc3\xb6\xf0\x9f\x98\x80");
  BOOST_TEST((ids.shape() == Shape{3}));
  BOOST_TEST(ids.at({0}) == 4);
  BOOST_TEST(ids.at({1}) == 9);
  BOOST_TEST(ids.at({2}) == 10);
}

BOOST_AUTO_TEST_CASE(decoding_undoes_encoding) {
  const std::string text = "d\xc3\xa9j\xc3\xa0 vu, \xe2\x82\xac 5\n";
  const CharTokenizer tokenizer(text);
  BOOST_TEST(tokenizer.decode(tokenizer.encode(text)) == text);
  BOOST_TEST(tokenizer.decode(tokenizer.encode("\xe2\x82\xac").item()) == "\xe2\x82\xac");
  BOOST_TEST((tokenizer.encode("").shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(the_vocabulary_makes_an_equal_tokenizer) {
  const CharTokenizer tokenizer("the quick brown fox");
  const CharTokenizer again(tokenizer.vocabulary());
  BOOST_TEST(again.vocabulary() == tokenizer.vocabulary());
  BOOST_TEST(again.encode("fox").at({0}) == tokenizer.encode("fox").at({0}));
}

BOOST_AUTO_TEST_CASE(characters_outside_the_vocabulary_are_named) {
  const CharTokenizer tokenizer("abc");
  BOOST_TEST(
      text_of<ValueError>([&] { tokenizer.encode("ab\xc3\xa9"); }) ==
      "CharTokenizer: the character '\xc3\xa9' (U+00E9) at position 2 is not among the 3 of the vocabulary");
  BOOST_TEST(text_of<ValueError>([&] { tokenizer.encode("a\n"); }) ==
             "CharTokenizer: the character U+000A at position 1 is not among the 3 of the vocabulary");
  BOOST_TEST(text_of<IndexError>([&] {
               tokenizer.decode(Indices{0, 3});
             }) ==
             "CharTokenizer: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_refused) {
  const auto refusal = [](const std::string& text) {
    return text_of<ValueError>([&] { CharTokenizer tokenizer(text); });
  };
  BOOST_TEST(refusal("ab\xff") == "CharTokenizer: the text is not UTF-8 at byte 2, 0xff; convert it first");
  for (const std::string broken :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xc3(", "\xf0\x8f\xbf\xbf"})
    BOOST_TEST(refusal(broken).starts_with("CharTokenizer: the text is not UTF-8 at byte 0"));
  const std::string edges =
      "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
  BOOST_TEST(CharTokenizer(edges).vocabulary() == edges);
}

BOOST_AUTO_TEST_SUITE_END()
