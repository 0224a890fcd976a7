// Token files, and batches from another thread.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <numeric>
#include <set>

#include <xtape/nn/text/data_loader.hpp>
#include <xtape/nn/text/prefetcher_impl.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using nn::DataLoader;
using nn::Tokens;
using test::text_of;

namespace {

Indices count_to(index_t n) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), std::int64_t{0});
  return values;
}

std::vector<std::int64_t> values(const Indices& x) { return {x.data(), x.data() + x.size()}; }

/// The first tokens of the windows of some batches.
std::vector<std::int64_t> starts(DataLoader& loader, int batches) {
  std::vector<std::int64_t> starts;
  for (int i = 0; i < batches; ++i) {
    const auto [x, y] = loader.next();
    for (index_t b = 0; b < x.shape(0); ++b) {
      starts.push_back(x.at({b, 0}));
      BOOST_TEST(y.at({b, -1}) == x.at({b, 0}) + x.shape(1));
    }
  }
  return starts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(token_data)

BOOST_AUTO_TEST_CASE(files_hold_ids_of_16_or_32_bits) {
  const test::TemporaryFolder folder;
  nn::save_tokens(folder / "a.bin", Indices{0, 258, 65535}, 65536);
  BOOST_TEST(test::bytes_of_file(folder / "a.bin") == std::string("\0\0\2\1\xff\xff", 6));
  BOOST_TEST((values(nn::load_tokens(folder / "a.bin", 65536).to_indices()) ==
              std::vector<std::int64_t>{0, 258, 65535}));
  nn::save_tokens(folder / "b.bin", Indices{1, 65536, 4294967295}, index_t{1} << 32);
  BOOST_TEST(test::bytes_of_file(folder / "b.bin") == std::string("\1\0\0\0\0\0\1\0\xff\xff\xff\xff", 12));
  BOOST_TEST((values(nn::load_tokens(folder / "b.bin", index_t{1} << 32).to_indices()) ==
              std::vector<std::int64_t>{1, 65536, 4294967295}));
  nn::save_tokens(folder / "c.bin", count_to(200'000), 200'000);
  BOOST_TEST((values(nn::load_tokens(folder / "c.bin", 200'000).to_indices()) == values(count_to(200'000))));
  nn::save_tokens(folder / "d.bin", Indices{}, 5);
  BOOST_TEST(nn::load_tokens(folder / "d.bin", 5).size() == 0);
  BOOST_TEST((nn::load_tokens(folder / "d.bin", 5).to_indices().shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(files_of_another_kind_are_refused) {
  const test::TemporaryFolder folder;
  const auto refusal = [&](index_t vocab_size) {
    const auto text = text_of<IoError>([&] { nn::load_tokens(folder / "a", vocab_size); });
    const auto prefix = "load_tokens: " + (folder / "a") + ": ";
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
  };
  BOOST_TEST(refusal(9) == "No such file or directory");
  test::write_file(folder / "a", std::string("\1\0\7\0\2\0", 6));
  BOOST_TEST(refusal(7) == "the id 7 at position 1 is not below the vocabulary's size, 7");
  BOOST_TEST(refusal(100'000) == "6 bytes are not ids of 32 bits, as a vocabulary of 100000 has them");
  test::write_file(folder / "a", "odd");
  BOOST_TEST(refusal(7) == "3 bytes are not ids of 16 bits, as a vocabulary of 7 has them");
  BOOST_TEST(text_of<ValueError>([&] { nn::load_tokens(folder / "a", 0); }) ==
             "load_tokens: vocab_size = 0; it is from 1 to 2^32");
  BOOST_TEST(text_of<IndexError>([&] {
               nn::save_tokens(folder / "b", Indices{0, 7}, 7);
             }) == "save_tokens: index 7 at position 1 is out of range; there are 7 to choose from, 0 to 6");
  BOOST_TEST(!std::filesystem::exists(folder / "b"));
}

BOOST_AUTO_TEST_CASE(slices_share_the_ids) {
  const auto [train, val] = Tokens(count_to(19)).split();
  BOOST_TEST((values(val.to_indices()) == std::vector<std::int64_t>{17, 18}));
  BOOST_TEST((values(train.slice(3, 5).slice(1, 2).to_indices()) == std::vector<std::int64_t>{4}));
  BOOST_TEST(train.slice(17, 17).size() == 0);
  for (const auto& [begin, end] : {std::pair<index_t, index_t>{-1, 2}, {3, 2}, {0, 18}})
    BOOST_TEST(text_of<IndexError>([&, &part = train, b = begin, e = end] { part.slice(b, e); }) ==
               "Tokens: " + std::to_string(begin) + " to " + std::to_string(end) +
                   " is no part of 17 tokens");
  BOOST_TEST(text_of<ShapeError>([] { Tokens(Indices{{1, 2}}); }).starts_with("Tokens: ids "));
  BOOST_TEST(nn::batch_at(val, {0}, 1).y.item() == 18);
}

BOOST_AUTO_TEST_CASE(random_windows_are_those_of_one_generator) {
  for (const index_t B : {1, 3, 4})
    for (const index_t prefetch : {0, 1, 5}) {
      DataLoader loader(count_to(100), {.batch_size = B, .block_size = 7, .seed = 11, .prefetch = prefetch});
      Generator generator(11);
      for (int i = 0; i < 9; ++i) {
        const auto wanted = nn::random_batch(count_to(100), B, 7, generator), batch = loader.next();
        BOOST_TEST((values(batch.x) == values(wanted.x)));
        BOOST_TEST((values(batch.y) == values(wanted.y)));
      }
      BOOST_TEST(loader.position() == 9);
    }
}

BOOST_AUTO_TEST_CASE(an_epoch_has_each_window_once) {
  // 45 tokens hold 11 windows of 4 with a token after each; three batches of 4 reach into the next epoch.
  DataLoader loader(count_to(45), {.batch_size = 4, .block_size = 4, .epochs = true, .seed = 2});
  const auto all = starts(loader, 33);  // 12 epochs
  std::set<std::vector<std::int64_t>> orders;
  for (auto epoch = all.begin(); epoch != all.end(); epoch += 11) {
    orders.insert({epoch, epoch + 11});
    const std::set<std::int64_t> windows(epoch, epoch + 11);
    BOOST_TEST(windows.size() == 11U);
    BOOST_TEST(*windows.rbegin() == 40);
    for (const auto start : windows) BOOST_TEST(start % 4 == 0);
  }
  BOOST_TEST(orders.size() == 12U);
}

BOOST_AUTO_TEST_CASE(a_position_is_a_place_to_go_on_from) {
  for (const bool epochs : {false, true}) {
    const nn::DataLoaderOptions options{.batch_size = 3, .block_size = 4, .epochs = epochs, .seed = 7};
    DataLoader loader(count_to(60), options), other(count_to(60), options);
    const auto all = starts(loader, 20);
    loader.seek(4);
    const auto state = loader.state_dict();
    starts(loader, 9);
    other.load_state_dict(state);
    BOOST_TEST(other.position() == 4);
    BOOST_TEST((starts(other, 16) == std::vector(all.begin() + 12, all.end())));
    DataLoader moved(std::move(other));
    moved.seek(0);
    BOOST_TEST((starts(moved, 20) == all));
  }
}

BOOST_AUTO_TEST_CASE(a_position_of_other_data_is_refused) {
  DataLoader loader(count_to(60), {.batch_size = 3, .block_size = 4}),
      other(count_to(60), {.batch_size = 2, .block_size = 4, .epochs = true});
  BOOST_TEST(text_of<ValueError>([&] { other.load_state_dict(loader.state_dict()); }) ==
             "DataLoader: the state is of tokens, batch_size, block_size, epochs and seed 60, 3, 4, 0, 0, "
             "not 60, 2, 4, 1, 0");
  for (const std::int64_t outside : {std::int64_t{-1}, INT64_MAX})
    BOOST_TEST(text_of<ValueError>([&] { loader.seek(outside); }) ==
               "DataLoader: position = " + std::to_string(outside) + "; it is from 0 to 1537228672809129301");
  BOOST_TEST(
      text_of<ValueError>([&] { DataLoader(count_to(4), {.block_size = 4}); }) ==
      "DataLoader: 4 tokens are too few for a block of 4 and the token after it; use a longer text or a "
      "smaller block_size");
  BOOST_TEST(text_of<ValueError>([&] { DataLoader(count_to(9), {.batch_size = 0, .prefetch = -1}); }) ==
             "DataLoader: batch_size 0 and block_size 64 must be 1 or more, prefetch -1 must be 0 or more");
}

BOOST_AUTO_TEST_CASE(no_more_is_made_ahead_than_asked_for) {
  std::atomic<index_t> made{0};
  {
    nn::Prefetcher<index_t> prefetcher([&](index_t i) { return ++made, i; }, 5, 3);
    for (index_t i = 5; i < 105; ++i) BOOST_TEST(prefetcher.next() == i);
    BOOST_TEST(made >= 100);
    BOOST_TEST(made <= 104);  // three wait, one is in hand
  }
  BOOST_TEST(made <= 104);
}

BOOST_AUTO_TEST_CASE(what_is_thrown_there_arrives_here) {
  nn::Prefetcher<index_t> prefetcher(
      [](index_t i) {
        if (i == 2) throw IoError("the disk is gone");
        return i;
      },
      0, 8);
  BOOST_TEST(prefetcher.next() == 0);
  BOOST_TEST(prefetcher.next() == 1);
  for (int i = 0; i < 2; ++i) BOOST_TEST(text_of<IoError>([&] { prefetcher.next(); }) == "the disk is gone");
  const nn::Prefetcher<index_t> unused([](index_t) -> index_t { throw IoError("nobody asks"); }, 0, 1);
}

BOOST_AUTO_TEST_SUITE_END()
