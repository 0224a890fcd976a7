// Text files, splits and batches.
#include <boost/test/unit_test.hpp>

#include <set>

#include <xtape/nn/text/text.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::text_of;

namespace {

Indices count_to(index_t n) {
  std::vector<std::int64_t> values;
  for (index_t i = 0; i < n; ++i) values.push_back(i);
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(files_are_read_whole) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "a", std::string("line\n\0more", 10));
  BOOST_TEST(nn::read_text(folder / "a") == std::string("line\n\0more", 10));
  test::write_file(folder / "b", "");
  BOOST_TEST(nn::read_text(folder / "b").empty());
  BOOST_TEST(text_of<IoError>([&] { nn::read_text(folder / "c"); }) ==
             "read_text: " + (folder / "c") + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(the_first_part_trains) {
  const auto [train, val] = nn::split_text(count_to(19));
  BOOST_TEST(train.size() == 17);
  BOOST_TEST(val.size() == 2);
  BOOST_TEST(train.at({16}) == 16);
  BOOST_TEST(val.at({0}) == 17);
  BOOST_TEST(nn::split_text(count_to(4), 1).val.size() == 0);
  BOOST_CHECK_THROW(nn::split_text(count_to(4), 1.5), ValueError);
}

BOOST_AUTO_TEST_CASE(a_batch_is_windows_and_what_follows) {
  const auto [x, y] = nn::batch_at(count_to(10), {0, 6}, 3);
  BOOST_TEST((x.shape() == Shape{2, 3}));
  BOOST_TEST((y.shape() == Shape{2, 3}));
  BOOST_TEST(x.at({0, 0}) == 0);
  BOOST_TEST(y.at({0, 2}) == 3);
  BOOST_TEST(x.at({1, 2}) == 8);
  BOOST_TEST(y.at({1, 2}) == 9);
  BOOST_TEST(text_of<IndexError>([&] { nn::batch_at(count_to(10), {7}, 3); }) ==
             "batch_at: index 7 at position 0 is out of range; there are 7 to choose from, 0 to 6");
}

BOOST_AUTO_TEST_CASE(random_batches_reach_every_offset) {
  Generator generator(3);
  std::set<std::int64_t> starts;
  for (int i = 0; i < 50; ++i) {
    const auto [x, y] = nn::random_batch(count_to(10), 4, 3, generator);
    BOOST_TEST((x.shape() == Shape{4, 3}));
    for (index_t b = 0; b < 4; ++b) {
      starts.insert(x.at({b, 0}));
      BOOST_TEST(y.at({b, 0}) == x.at({b, 0}) + 1);
    }
  }
  BOOST_TEST(starts.size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_batches) {
  Generator a(5), b(5);
  const auto first = nn::random_batch(count_to(100), 8, 10, a).x,
             second = nn::random_batch(count_to(100), 8, 10, b).x;
  BOOST_TEST(std::equal(first.data(), first.data() + first.size(), second.data()));
}

BOOST_AUTO_TEST_CASE(text_that_is_too_short_is_refused) {
  BOOST_TEST(
      text_of<ValueError>([&] { nn::random_batch(count_to(8), 1, 8); }) ==
      "random_batch: 8 tokens are too few for a block of 8 and the token after it; use a longer text or a "
      "smaller block_size");
  BOOST_TEST(text_of<ValueError>([&] { nn::random_batch(count_to(8), 0, 4); }) ==
             "random_batch: batch_size 0 and block_size 4 must be 1 or more");
}

BOOST_AUTO_TEST_SUITE_END()
