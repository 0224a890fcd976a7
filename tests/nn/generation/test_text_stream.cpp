// Text in pieces of bytes: whole characters, up to a stop string.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/generation/text_stream.hpp>

#include "tests/support/misuse.hpp"

using namespace xtape;
using nn::TextStream;

namespace {

using Pieces = std::vector<std::string>;

/// What a stream gives for each piece, and at the end.
Pieces given(const Pieces& pieces, const Pieces& stop_strings = {}) {
  TextStream stream(stop_strings);
  Pieces texts;
  for (const std::string& piece : pieces) texts.push_back(stream.add(piece));
  texts.push_back(stream.finish());
  return texts;
}

std::string joined(const Pieces& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text_stream)

BOOST_AUTO_TEST_CASE(characters_come_whole) {
  BOOST_TEST((given({"a\xc3", "\xa9", "\xe2\x82", "\xac!"}) == Pieces{"a", "é", "", "€!", ""}));
  BOOST_TEST((given({"\xf0", "\x9f", "\x98", "\x80"}) == Pieces{"", "", "", "😀", ""}));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_characters_become_replacements) {
  BOOST_TEST((given({"a\xff", "b"}) == Pieces{"a\ufffd", "b", ""}));
  BOOST_TEST((given({"\xc3", "x"}) == Pieces{"", "\ufffdx", ""}));
  BOOST_TEST((given({"\x80\x80\x80\x80"}) == Pieces{"\ufffd\ufffd\ufffd\ufffd", ""}));
  BOOST_TEST((given({"ab\xe2\x82"}) == Pieces{"ab", "\ufffd\ufffd"}));
}

BOOST_AUTO_TEST_CASE(text_ends_before_a_stop_string) {
  BOOST_TEST((given({"one, ", "two; ", "three"}, {";"}) == Pieces{"one, ", "two", "", ""}));
  TextStream stream({"\n\n"});
  BOOST_TEST(stream.add("a\n") == "a");
  BOOST_TEST(!stream.stopped());
  BOOST_TEST(stream.add("\nb") == "");
  BOOST_TEST(stream.stopped());
  BOOST_TEST(stream.add("c") == "");
  BOOST_TEST(stream.finish() == "");
}

BOOST_AUTO_TEST_CASE(what_may_begin_a_stop_string_waits) {
  BOOST_TEST((given({"a<e", "n", "d>b"}, {"<end>"}) == Pieces{"a", "", "", ""}));
  BOOST_TEST((given({"a<e", "n", "ough>"}, {"<end>"}) == Pieces{"a", "", "<enough>", ""}));
  BOOST_TEST((given({"a<e"}, {"<end>"}) == Pieces{"a", "<e"}));
  BOOST_TEST((given({"aa", "ab"}, {"aab"}) == Pieces{"", "a", ""}));
}

BOOST_AUTO_TEST_CASE(of_several_stop_strings_the_earliest_counts) {
  BOOST_TEST((given({"one two three"}, {"three", "two", "four"}) == Pieces{"one ", ""}));
  BOOST_TEST((given({"ab", "c"}, {"abd", "bc"}) == Pieces{"", "a", ""}));
  BOOST_TEST((given({"abcd"}, {"abcd", "bc"}) == Pieces{"a", ""}));  // as in pieces of one letter
}

BOOST_AUTO_TEST_CASE(a_stop_string_may_end_within_a_character) {
  BOOST_TEST((given({"a\xe2\x82", "\xacz"}, {"\x82\xac"}) == Pieces{"a", "\ufffd", ""}));
}

BOOST_AUTO_TEST_CASE(cuts_do_not_change_the_text) {
  const std::string text = "Grüße, 世界 😀\xff\xf0\x9f\xc3(ENDing)\xe2\x82";
  for (const Pieces& stops : {Pieces{}, Pieces{"END."}, Pieces{"EN", "界"}}) {
    const std::string whole = joined(given({text}, stops));
    for (std::size_t a = 0; a <= text.size(); ++a)
      for (std::size_t b = a; b <= text.size(); ++b)
        if (joined(given({text.substr(0, a), text.substr(a, b - a), text.substr(b)}, stops)) != whole)
          BOOST_ERROR("cut at " << a << " and " << b);
  }
  BOOST_TEST(joined(given({text}, {"(END"})) == "Grüße, 世界 😀\ufffd\ufffd\ufffd\ufffd");
}

BOOST_AUTO_TEST_CASE(an_empty_stop_string_is_refused) {
  test::check_misuses({{[] {
                          TextStream({"a", ""});
                        },
                        "TextStream: a stop string is empty; every text would stop at once"}});
}

BOOST_AUTO_TEST_SUITE_END()
