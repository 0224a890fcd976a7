// The filters of sampling, against transformers' LogitsProcessors where values are given.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/generation/sampling_impl.hpp>

#include "tests/support/misuse.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using nn::GenerateOptions;
using test::close;

namespace {

const Tensor64 logits = {1.5, -0.5, 0.25, 2.0, -1.0, 0.75, -3.0, 1.0};

/// The probabilities that the filters leave, as many as there are tokens.
Tensor64 probabilities(const Tensor64& from, const GenerateOptions& options) {
  auto scores = uninitialized<double>(from.shape());
  std::copy_n(from.data(), from.size(), scores.data());
  if (options.repetition_penalty != 1) nn::penalize(scores.data(), {3, 1, 6}, options.repetition_penalty);
  const auto candidates = nn::candidates_of(Tensor64(scores), options);
  double total = 0;
  for (const auto& c : candidates) total += c.probability;
  auto y = uninitialized<double>(from.shape());
  std::fill_n(y.data(), y.size(), 0.0);
  for (const auto& c : candidates) y.data()[c.token] = c.probability / total;
  return y;
}

Tensor64 probabilities(const GenerateOptions& options) { return probabilities(logits, options); }

}  // namespace

BOOST_AUTO_TEST_SUITE(sampling)

BOOST_AUTO_TEST_CASE(each_filter_agrees_with_transformers) {
  BOOST_TEST(close(probabilities({}),
                   {0.235701600881, 0.0318987429146, 0.06752963928, 0.388606242911, 0.019347565584,
                    0.111337552684, 0.00261840826825, 0.142960247478},
                   1e-11));
  BOOST_TEST(close(probabilities({.repetition_penalty = 1.3}),
                   {0.277185024947, 0.0322876641784, 0.0794148392653, 0.288053659867, 0.0227527323914,
                    0.130932934706, 0.00125192860126, 0.168121216044},
                   1e-11));
  BOOST_TEST(close(probabilities({.temperature = 0.7}),
                   {0.242152569627, 0.0139074563361, 0.0406034766532, 0.494651609111, 0.00680827925497,
                    0.0829418209064, 0.000391017310318, 0.118543770801},
                   1e-11));
  BOOST_TEST(close(probabilities({.top_k = 3}),
                   {0.307195885718, 0, 0, 0.506480391056, 0, 0, 0, 0.186323723226}, 1e-11));
  BOOST_TEST(close(probabilities({.top_p = 0.8}),
                   {0.268267797394, 0, 0, 0.442298823807, 0, 0.126720734666, 0, 0.162712644133}, 1e-11));
  BOOST_TEST(close(probabilities({.min_p = 0.2}),
                   {0.268267797394, 0, 0, 0.442298823807, 0, 0.126720734666, 0, 0.162712644133}, 1e-11));
}

BOOST_AUTO_TEST_CASE(filters_follow_each_other_as_in_transformers) {
  BOOST_TEST(close(probabilities({.temperature = 2, .top_k = 5, .top_p = 0.6}),
                   {0.3264958358, 0, 0, 0.41922895161, 0, 0, 0, 0.25427521259}, 1e-11));
  BOOST_TEST(close(probabilities({.temperature = 1.5, .min_p = 0.5}),
                   {0.321321919853, 0, 0, 0.448440863799, 0, 0, 0, 0.230237216348}, 1e-11));
  BOOST_TEST(close(probabilities({.top_k = 4, .top_p = 0.75}),
                   {0.307195885718, 0, 0, 0.506480391056, 0, 0, 0, 0.186323723226}, 1e-11));
  BOOST_TEST(close(
      probabilities({.repetition_penalty = 1.5, .temperature = 0.8, .top_k = 6, .top_p = 0.9, .min_p = 0.15}),
      {0.365122958263, 0, 0, 0.296456600628, 0, 0.142984204885, 0, 0.195436236225}, 1e-11));
}

BOOST_AUTO_TEST_CASE(at_least_one_token_stays) {
  const Tensor64 first = {0, 0, 0, 1, 0, 0, 0, 0};
  BOOST_TEST(close(probabilities({.top_p = 0}), first));
  BOOST_TEST(close(probabilities({.top_k = 600, .top_p = 0}), first));
  BOOST_TEST(close(probabilities({.top_k = 1}), first));
  BOOST_TEST(close(probabilities({.min_p = 1}), first));
  BOOST_TEST(close(probabilities({.temperature = 1e-300}), first));
}

BOOST_AUTO_TEST_CASE(what_cannot_come_never_does) {
  const double never = -INFINITY;
  for (const GenerateOptions& options : {GenerateOptions{}, {.top_k = 3}, {.top_p = 0.99}, {.min_p = 0.1}})
    BOOST_TEST(close(probabilities({0, never, 0, never}, options), {0.5, 0, 0.5, 0}, 1e-15));
}

BOOST_AUTO_TEST_CASE(of_equal_tokens_the_smaller_ids_stay) {
  BOOST_TEST(close(probabilities({0, 1, 1, 1, 0, 1, 0, 1}, {.top_k = 2}), {0, 0.5, 0.5, 0, 0, 0, 0, 0}));
  BOOST_TEST(close(probabilities({0, 0, 0, 0}, {.top_p = 0.5}), {0.5, 0.5, 0, 0}, 1e-15));
}

BOOST_AUTO_TEST_CASE(many_tokens_may_stay) {
  Generator generator(1);
  const auto flat = randn<double>({5000}, generator) * 0.01;
  const auto kept = [&](const GenerateOptions& options) {
    const auto p = probabilities(flat, options);
    return std::count_if(p.data(), p.data() + p.size(), [](double x) { return x > 0; });
  };
  BOOST_TEST(kept({.top_k = 100}) == 100);
  BOOST_TEST(kept({.top_k = 4000}) == 4000);
  BOOST_TEST(std::abs(kept({.top_p = 0.9}) - 4490) < 10);
  BOOST_TEST(std::abs(kept({.top_k = 4000, .top_p = 0.9}) - 3590) < 10);
}

BOOST_AUTO_TEST_CASE(draws_follow_the_probabilities) {
  Generator generator(2);
  int counts[3] = {};
  for (int i = 0; i < 4000; ++i) ++counts[nn::draw({{2, 0.1}, {0, 0.3}, {1, 0.0}}, generator)];
  BOOST_TEST(std::abs(counts[2] - 1000) < 110);
  BOOST_TEST(counts[1] == 0);
}

BOOST_AUTO_TEST_CASE(settings_that_cannot_be_are_refused) {
  const auto check = [](const GenerateOptions& options) {
    return [options] { nn::check_sampling(options, Here::now()); };
  };
  test::check_misuses({
      {check({.repetition_penalty = 0}), "generate: repetition_penalty = 0 must be finite and above 0"},
      {check({.repetition_penalty = NAN}), "generate: repetition_penalty = nan must be finite and above 0"},
      {check({.temperature = -1}), "generate: temperature = -1 must be 0 or more"},
      {check({.top_k = 0}), "generate: top_k = 0 must be 1 or more"},
      {check({.top_p = 1.5}), "generate: top_p = 1.5 is not a probability; it lies between 0 and 1"},
      {check({.min_p = -0.1}), "generate: min_p = -0.1 is not a probability; it lies between 0 and 1"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
