// Beam search against a search of all sequences.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/random.hpp>
#include <xtape/nn/generation/beam_search.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/softmax.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using nn::BeamSearchOptions;
using nn::Hypothesis;
using test::text_of;

namespace {

/// A language of 3 tokens, 0 the end, whose next token depends on the last one, on how many there were, and
/// on the source.
struct Language {
  Tensor64 logits;  // (sources, T, V, V)

  Tensor64 operator()(const Indices& prefixes, const Indices& sources) const {
    std::vector<std::int64_t> rows;
    for (index_t n = 0; n < prefixes.shape(0); ++n)
      rows.push_back((sources.at({n}) * logits.shape(1) + prefixes.shape(1) - 1) * logits.shape(2) +
                     prefixes.at({n, -1}));
    return take(reshape(logits, {-1, 3}), rows, 0);  // (N, V)
  }
};

Language language(std::uint64_t seed, index_t sources = 1) {
  Generator generator(seed);
  return {randn<double>({sources, 4, 3, 3}, generator) * 2};
}

constexpr BeamSearchOptions all_of_it = {.start = 1, .end = 0, .beam_width = 1000, .max_length = 4};

/// Every sequence of at most max_length tokens, end among them, that goes on from `prefix`.
void search_all(const Language& next, std::vector<std::int64_t> tokens, double log_probability,
                const BeamSearchOptions& options, std::vector<Hypothesis>& found) {
  const auto score = [&](double total, std::size_t length) {
    return total / std::pow(static_cast<double>(length), options.length_penalty);
  };
  if (std::ssize(tokens) == options.max_length) {
    found.push_back({tokens, log_probability, score(log_probability, tokens.size()), false});
    return;
  }
  std::vector<std::int64_t> prefix = {options.start};
  prefix.insert(prefix.end(), tokens.begin(), tokens.end());
  const auto y = log_softmax(next(Indices(prefix).reshape({1, -1}), {0}));  // (1, V)
  for (index_t token = 0; token < 3; ++token) {
    const double total = log_probability + y.at({0, token});
    if (token == options.end) {
      found.push_back({tokens, total, score(total, tokens.size() + 1), true});
      continue;
    }
    auto longer = tokens;
    longer.push_back(token);
    search_all(next, longer, total, options, found);
  }
}

std::vector<Hypothesis> exhaustive(const Language& next, const BeamSearchOptions& options) {
  std::vector<Hypothesis> found;
  search_all(next, {}, 0, options, found);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  return found;
}

void check_equal(const std::vector<Hypothesis>& found, const std::vector<Hypothesis>& expected) {
  BOOST_REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    BOOST_TEST(found[i].tokens == expected[i].tokens, boost::test_tools::per_element());
    BOOST_TEST(std::abs(found[i].log_probability - expected[i].log_probability) < 1e-14);
    BOOST_TEST(std::abs(found[i].score - expected[i].score) < 1e-14);
    BOOST_TEST(found[i].ended == expected[i].ended);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(beam_search)

BOOST_AUTO_TEST_CASE(a_wide_beam_finds_every_sequence_in_order) {
  for (const double penalty : {0.0, 0.7, 1.0})
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      auto options = all_of_it;
      options.length_penalty = penalty;
      const auto next = language(seed);
      check_equal(nn::beam_search(next, 1, options)[0], exhaustive(next, options));
    }
}

BOOST_AUTO_TEST_CASE(a_narrow_beam_keeps_the_best) {
  // The likeliest first token, 1 at 0.6, leads to 0.6 * 0.5; the other one to 0.4 * 0.9.
  const auto next = [](const Indices& prefixes, const Indices&) {
    auto y = uninitialized<double>({prefixes.shape(0), 3});
    for (index_t n = 0; n < prefixes.shape(0); ++n) {
      const auto last = prefixes.at({n, -1});
      const double p[3][3] = {{0.0, 0.6, 0.4}, {0.5, 0.25, 0.25}, {0.9, 0.05, 0.05}};
      for (index_t token = 0; token < 3; ++token) y.data()[n * 3 + token] = std::log(p[last][token]);
    }
    return Tensor64(y);
  };
  BeamSearchOptions options = {.start = 0, .end = 0, .beam_width = 2, .max_length = 5};
  const auto close = boost::test_tools::tolerance(1e-14);
  const auto greedy = nn::greedy_search(next, 1, options)[0];
  BOOST_TEST(greedy.tokens == std::vector<std::int64_t>{1}, boost::test_tools::per_element());
  BOOST_TEST(std::exp(greedy.log_probability) == 0.3, close);
  const auto beam = nn::beam_search(next, 1, options)[0];
  BOOST_TEST(beam.size() == 2U);
  BOOST_TEST(beam[0].tokens == std::vector<std::int64_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(std::exp(beam[0].log_probability) == 0.36, close);
  BOOST_TEST(beam[1].tokens == greedy.tokens, boost::test_tools::per_element());
  BOOST_TEST(beam[0].ended);
  options.beam_width = 1;
  check_equal(nn::beam_search(next, 1, options)[0], {greedy});
  options.max_length = 1;
  const auto cut = nn::beam_search(next, 1, options)[0][0];
  BOOST_TEST(!cut.ended);
  BOOST_TEST(cut.tokens == std::vector<std::int64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sources_do_not_disturb_each_other) {
  const auto both = language(4, 3);
  const BeamSearchOptions options = {.start = 1, .end = 0, .beam_width = 2, .max_length = 4};
  const auto found = nn::beam_search(both, 3, options);
  BOOST_TEST(found.size() == 3U);
  for (index_t source = 0; source < 3; ++source) {
    const Language alone = {take(both.logits, Indices{source}, 0)};
    check_equal(found[static_cast<std::size_t>(source)], nn::beam_search(alone, 1, options)[0]);
    check_equal({nn::greedy_search(both, 3, options)[static_cast<std::size_t>(source)]},
                nn::greedy_search(alone, 1, options));
  }
}

BOOST_AUTO_TEST_CASE(what_ends_at_once_is_empty) {
  index_t calls = 0;
  const auto next = [&](const Indices& prefixes, const Indices&) {
    ++calls;
    BOOST_TEST(prefixes.shape() == Shape({2, 1}));
    BOOST_TEST(prefixes.at({1, 0}) == 7);
    return Tensor{{0, -INFINITY}, {0, -INFINITY}};
  };
  const auto found = nn::beam_search(next, 2, {.start = 7, .end = 0, .beam_width = 3});
  BOOST_TEST(calls == 1);
  check_equal(found[1], {{.ended = true}});
  const auto nothing = [](const Indices&, const Indices&) { return Tensor{{-INFINITY, -INFINITY}}; };
  BOOST_TEST(nn::beam_search(nothing, 1, {})[0].empty());
  check_equal(nn::greedy_search(nothing, 1, {}), {{}});
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto search = [](const Tensor& logits, const BeamSearchOptions& options = {}) {
    nn::beam_search([&](const Indices&, const Indices&) { return logits; }, 1, options);
  };
  BOOST_TEST(text_of<ValueError>([&] { search({}, {.beam_width = 0}); }) ==
             "beam_search: beam_width = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([&] { search({}, {.max_length = 0}); }) ==
             "beam_search: max_length = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([&] {
               search(zeros({1, 3}), {.end = 3});
             }) == "beam_search: end = 3 is not one of the 3 tokens that have logits");
  BOOST_TEST(text_of<ValueError>([&] {
               search({{0, NAN}});
             }) == "beam_search: the logits are not numbers; did training diverge?");
  BOOST_TEST(text_of<ShapeError>([&] {
               search(zeros({1, 1, 3}));
             }) == "beam_search: prefixes (1, 1) need logits of shape (1, V), not (1, 1, 3)");
  BOOST_TEST(text_of<ShapeError>([&] {
               search(zeros({2, 3}));
             }) == "beam_search: prefixes (1, 1) need logits of shape (1, V), not (2, 3)");
}

BOOST_AUTO_TEST_SUITE_END()
