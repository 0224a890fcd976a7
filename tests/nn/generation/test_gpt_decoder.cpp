// Reading on with keys and values that are kept: the same logits as reading all anew.
#include <boost/test/unit_test.hpp>

#include <xtape/core/grad_mode.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/generation/gpt_decoder.hpp>
#include <xtape/ops/kernels/few_rows.hpp>
#include <xtape/ops/view.hpp>

#include "tests/support/misuse.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;

namespace {

using Types = std::tuple<float, double>;
using GPTDecoder64 = nn::BasicGPTDecoder<double>;

constexpr nn::GPTConfig tiny = {.n_layer = 2, .n_head = 2, .n_embd = 8, .block_size = 6, .vocab_size = 11};

template <Real T>
nn::BasicGPT<T> make_model(nn::GPTConfig config) {
  Generator generator(1);
  nn::BasicGPT<T> model(config, generator);
  for (auto& [name, x] : model.named_parameters()) {  // larger than at the start, so that attention chooses
    const NoGrad writing;
    x.assign(randn<T>(x.shape(), generator) * 0.4);
  }
  return model;
}

Indices random_tokens(index_t n, std::uint64_t seed = 2) {
  Generator generator(seed);
  return randint(0, 11, {n}, generator);
}

Indices part(const Indices& tokens, index_t begin, index_t end) {
  return std::vector<std::int64_t>(tokens.data() + begin, tokens.data() + end);
}

/// The logits after the first n tokens, without a cache.
template <Real T>
BasicTensor<T> uncached(const nn::BasicGPT<T>& model, const Indices& tokens, index_t n) {
  const index_t length = nn::context_length(n, model.config().block_size);
  const NoGrad reading;
  return view(model(part(tokens, n - length, n).reshape({1, length})), 0, -1);  // (V,)
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gpt_decoder)

BOOST_AUTO_TEST_CASE(the_window_lets_go_of_its_older_half) {
  std::vector<index_t> six, five, one;
  for (index_t n = 0; n < 12; ++n) {
    six.push_back(nn::context_length(n, 6));
    five.push_back(nn::context_length(n, 5));
    one.push_back(nn::context_length(n, 1));
  }
  BOOST_TEST((six == std::vector<index_t>{0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5}));
  BOOST_TEST((five == std::vector<index_t>{0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5}));
  BOOST_TEST((one == std::vector<index_t>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cached_logits_equal_uncached_ones, T, Types) {
  const double tolerance = std::same_as<T, float> ? 1e-5 : 1e-13;
  const auto tokens = random_tokens(25);
  for (const index_t block_size : {1, 5, 6, 100}) {
    auto config = tiny;
    config.block_size = block_size;
    const auto model = make_model<T>(config);
    const nn::BasicGPTDecoder<T> decoder(model);
    nn::BasicKeyValueCache<T> cache(config);
    for (index_t n = 1; n <= 25; ++n) {
      BOOST_TEST(close(decoder(part(tokens, n - 1, n), cache), uncached(model, tokens, n), tolerance));
      BOOST_TEST(cache.length() == nn::context_length(n, block_size));
      BOOST_TEST(cache.tokens_read() == n);
    }
  }
}

BOOST_AUTO_TEST_CASE(tokens_may_come_in_any_portions) {
  const auto model = make_model<double>(tiny);
  const GPTDecoder64 decoder(model);
  const auto tokens = random_tokens(40);
  for (const std::vector<index_t>& portions :
       {std::vector<index_t>{3, 2, 1, 4, 9}, {6, 1, 6, 6}, {40}, {5, 2, 3, 3, 7, 1, 12}}) {
    nn::BasicKeyValueCache<double> cache(tiny);
    index_t n = 0;
    for (const index_t portion : portions) {
      const auto logits = decoder(part(tokens, n, n + portion), cache);
      n += portion;
      BOOST_TEST(close(logits, uncached(model, tokens, n), 1e-13));
    }
  }
}

BOOST_AUTO_TEST_CASE(memory_grows_in_chunks) {
  auto config = tiny;
  config.block_size = 300;
  const auto model = make_model<double>(config);
  const GPTDecoder64 decoder(model);
  nn::BasicKeyValueCache<double> cache(config);
  const auto tokens = random_tokens(310);
  decoder(part(tokens, 0, 250), cache);
  BOOST_TEST(cache.capacity() == 256);
  for (index_t n = 251; n <= 310; ++n) {
    const auto logits = decoder(part(tokens, n - 1, n), cache);
    if (n % 10 < 2 || n == 256 || n == 257) BOOST_TEST(close(logits, uncached(model, tokens, n), 1e-13));
  }
  BOOST_TEST(cache.capacity() == 300);
}

BOOST_AUTO_TEST_CASE(texts_of_different_lengths_do_not_see_each_other) {
  const auto model = make_model<float>(tiny);
  for (const bool int8 : {false, true}) {
    const nn::GPTDecoder decoder(model, {.int8 = int8});
    const Indices prompts[] = {random_tokens(1, 3), random_tokens(5, 4), random_tokens(9, 5)};
    std::vector<nn::KeyValueCache> alone(3, nn::KeyValueCache(tiny)), together = alone;
    std::vector<nn::Reading> readings;
    for (std::size_t i = 0; i < 3; ++i) readings.push_back({&together[i], prompts[i]});
    for (int step = 0; step < 10; ++step) {
      const auto logits = decoder(readings);  // (3, V)
      for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(equal(view(logits, index_t(i)), decoder(readings[i].tokens, alone[i])));
      for (std::size_t i = 0; i < 3; ++i) readings[i].tokens = {(step * 7 + std::int64_t(i)) % 11};
    }
  }
}

BOOST_AUTO_TEST_CASE(with_int8_each_weight_is_the_nearest_of_255_steps) {
  auto config = tiny;
  config.block_size = 40;
  config.n_embd = 80;  // so that a weight is more than a panel
  const auto model = make_model<double>(config);
  auto rounded = nn::clone(model);
  const auto round = [](nn::BasicLinear<double>& linear) {
    const NoGrad writing;
    const index_t n = linear.weight.shape(0), k = linear.weight.shape(1);
    std::vector<std::int8_t> bytes(static_cast<std::size_t>(n * k));
    std::vector<double> scales(static_cast<std::size_t>(n));
    kernels::to_int8(bytes.data(), scales.data(), linear.weight.data(), n, k);
    linear.weight = linear.weight.detach().clone();  // the embedding, which shares the head's, stays
    kernels::from_int8(linear.weight.mutable_data(), {bytes.data(), scales.data()}, n, k);
  };
  for (auto& block : rounded.h)
    for (nn::BasicLinear<double>* x :
         {&block.attn.c_attn, &block.attn.c_proj, &block.mlp.c_fc, &block.mlp.c_proj})
      round(*x);
  round(rounded.lm_head);
  const GPTDecoder64 decoder(model, {.int8 = true});
  const auto tokens = random_tokens(40);
  for (const index_t first : {1, 10, 30}) {  // few rows at first, and many
    nn::BasicKeyValueCache<double> cache(config);
    BOOST_TEST(close(decoder(part(tokens, 0, first), cache), uncached(rounded, tokens, first), 1e-11));
    BOOST_TEST(
        close(decoder(part(tokens, first, first + 2), cache), uncached(rounded, tokens, first + 2), 1e-11));
  }
  nn::BasicKeyValueCache<double> cache(config);
  const auto off = decoder(tokens, cache) - uncached(model, tokens, 40);
  BOOST_TEST(std::abs(off.data()[0]) > 1e-4);
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded_or_dropped) {
  auto config = tiny;
  config.dropout = 0.5;
  const auto model = make_model<float>(config);  // training
  const nn::GPTDecoder decoder(model);
  nn::KeyValueCache one(config), other(config);
  const auto before = live_nodes();
  const auto logits = decoder({1, 2, 3}, one);
  BOOST_TEST(live_nodes() == before);
  BOOST_TEST(equal(logits, decoder({1, 2, 3}, other)));
}

BOOST_AUTO_TEST_CASE(a_copied_cache_goes_on_by_itself) {
  const auto model = make_model<float>(tiny);
  const nn::GPTDecoder decoder(model);
  nn::KeyValueCache one(tiny), other(tiny);
  decoder({3, 1}, one);
  other = one;
  decoder({4}, one);
  decoder({5}, other);
  BOOST_TEST(close(decoder({2}, one), uncached(model, {3, 1, 4, 2}, 4), 1e-5));
  BOOST_TEST(close(decoder({2}, other), uncached(model, {3, 1, 5, 2}, 4), 1e-5));
}

BOOST_AUTO_TEST_CASE(misuse) {
  const auto model = make_model<float>(tiny);
  const nn::GPTDecoder decoder(model);
  nn::KeyValueCache cache(tiny);
  auto larger = tiny;
  larger.n_layer = 3;
  nn::KeyValueCache other(larger);
  auto diverged = nn::clone(model);
  const NoGrad writing;
  diverged.h[1].mlp.c_fc.weight.mutable_data()[5] = INFINITY;
  test::check_misuses({
      {[&] { decoder({}, cache); }, "GPTDecoder: a text needs at least one more token"},
      {[&] { decoder(std::vector<nn::Reading>{}); }, "GPTDecoder: there is nothing to read"},
      {[&] {
         decoder({{&cache, {1}}, {&cache, {2}}});
       },
       "GPTDecoder: two texts share a cache"},
      {[&] {
         decoder(Indices{{1, 2}}, cache);
       },
       "GPTDecoder: tokens needs 1 axis, not shape (1, 2)"},
      {[&] { decoder({1}, other); },
       "GPTDecoder: the cache is for n_layer = 3, n_head = 2, n_embd = 8, block_size = 6; the model has 2, "
       "2, "
       "8, 6"},
      {[&] { nn::GPTDecoder(diverged, {.int8 = true}); },
       "GPTDecoder: h.1.mlp.c_fc has values that are not finite; they have no bytes"},
  });
  const auto tokens = random_tokens(4);
  decoder(part(tokens, 0, 3), cache);
  BOOST_CHECK_THROW(decoder({11}, cache), IndexError);
  BOOST_CHECK_THROW(decoder({1000000, 1, 2, 3, 4, 5, 6, 7}, cache), IndexError);  // the first would be let go
  BOOST_TEST(cache.length() == 3);
  BOOST_TEST(close(decoder(part(tokens, 3, 4), cache), uncached(model, tokens, 4), 1e-5));
}

BOOST_AUTO_TEST_SUITE_END()
