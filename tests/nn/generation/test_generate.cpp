// Sampling from a GPT.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <xtape/core/grad_mode.hpp>
#include <xtape/nn/generation/generate.hpp>
#include <xtape/ops/softmax.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::text_of;

namespace {

constexpr nn::GPTConfig tiny = {.n_layer = 1, .n_head = 2, .n_embd = 8, .block_size = 6, .vocab_size = 11};

nn::GPT make_model() {
  Generator generator(1);
  nn::GPT model(tiny, generator);
  model.eval();
  return model;
}

std::vector<std::int64_t> ids_of(const Indices& x) { return {x.data(), x.data() + x.size()}; }

std::int64_t likeliest(const nn::GPT& model, std::vector<std::int64_t> context) {
  const auto length = static_cast<index_t>(context.size());
  const auto logits = model(Indices(context).reshape({1, length}));
  const float* row = logits.data() + (length - 1) * 11;
  return std::max_element(row, row + 11) - row;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(generate)

BOOST_AUTO_TEST_CASE(the_prompt_is_kept_and_continued) {
  const auto model = make_model();
  const auto ids = nn::generate(model, {3, 1, 4}, {.max_new_tokens = 20});
  BOOST_TEST((ids.shape() == Shape{23}));
  BOOST_TEST(ids.at({0}) == 3);
  BOOST_TEST(ids.at({2}) == 4);
  for (const auto id : ids_of(ids)) BOOST_TEST((id >= 0 && id < 11));
  BOOST_TEST((nn::generate(model, {3, 1}, {.max_new_tokens = 0}).shape() == Shape{2}));
}

BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_text) {
  const auto model = make_model();
  Generator a(4), b(4), c(5);
  const auto first = ids_of(nn::generate(model, {1}, {.max_new_tokens = 30, .generator = &a}));
  BOOST_TEST(first == ids_of(nn::generate(model, {1}, {.max_new_tokens = 30, .generator = &b})),
             boost::test_tools::per_element());
  BOOST_TEST((first != ids_of(nn::generate(model, {1}, {.max_new_tokens = 30, .generator = &c}))));
}

BOOST_AUTO_TEST_CASE(no_temperature_and_top_one_take_the_likeliest) {
  const auto model = make_model();
  auto expected = std::vector<std::int64_t>{2, 7};
  for (int i = 0; i < 10; ++i) {
    const auto first = expected.end() - nn::context_length(std::ssize(expected), 6);
    expected.push_back(likeliest(model, {first, expected.end()}));
  }
  BOOST_TEST(ids_of(nn::generate(model, {2, 7}, {.max_new_tokens = 10, .temperature = 0})) == expected,
             boost::test_tools::per_element());
  BOOST_TEST(ids_of(nn::generate(model, {2, 7}, {.max_new_tokens = 10, .top_k = 1})) == expected,
             boost::test_tools::per_element());
  BOOST_TEST(ids_of(nn::generate(model, {2, 7}, {.max_new_tokens = 10, .temperature = 1e-6})) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(draws_follow_the_probabilities) {
  auto model = make_model();
  const NoGrad writing;
  model.ln_f.weight.assign(Tensor{0, 0, 0, 0, 0, 0, 0, 0});
  model.ln_f.bias->assign(Tensor{1, 0, 0, 0, 0, 0, 0, 0});
  Tensor embedding = model.wte.weight;
  for (index_t v = 0; v < 11; ++v) embedding.mutable_data()[v * 8] = v < 3 ? std::log(float(v + 1)) : -20;
  Generator generator(6);
  std::vector<int> counts(11);
  const auto count = [&](std::int64_t id) { return ++counts[std::size_t(id)] > 0; };
  nn::generate(model, {0}, {.max_new_tokens = 3000, .generator = &generator, .on_token = count});
  BOOST_TEST(std::abs(counts[0] - 500) < 80);
  BOOST_TEST(std::abs(counts[1] - 1000) < 100);
  BOOST_TEST(std::abs(counts[2] - 1500) < 110);

  counts.assign(11, 0);
  nn::generate(
      model, {0},
      {.max_new_tokens = 1000, .temperature = 0.5, .top_k = 2, .generator = &generator, .on_token = count});
  BOOST_TEST(counts[0] == 0);
  BOOST_TEST(std::abs(counts[1] - 1000 * 4 / 13) < 60);
  BOOST_TEST(counts[1] + counts[2] == 1000);
}

BOOST_AUTO_TEST_CASE(the_callback_sees_each_token_and_may_stop) {
  const auto model = make_model();
  std::vector<std::int64_t> seen;
  const auto ids = nn::generate(model, {5}, {.max_new_tokens = 50, .on_token = [&](std::int64_t id) {
                                               seen.push_back(id);
                                               return seen.size() < 4;
                                             }});
  BOOST_TEST(ids.size() == 5);
  BOOST_TEST(seen.size() == 4U);
  BOOST_TEST(ids.at({4}) == seen[3]);
}

BOOST_AUTO_TEST_CASE(a_batch_writes_what_its_prompts_write_one_after_the_other) {
  const auto model = make_model();
  const std::vector<Indices> prompts = {{3, 1, 4, 1, 5, 9, 2}, {6}, {5, 3}, {6}};
  for (const double temperature : {0.0, 3.0}) {
    Generator batch(7), single(7);
    const auto together = nn::generate_batch(
        model, prompts, {.max_new_tokens = 15, .temperature = temperature, .generator = &batch});
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      const auto alone = nn::generate_batch(
          model, {prompts[i]}, {.max_new_tokens = 15, .temperature = temperature, .generator = &single});
      BOOST_TEST(together[i].tokens == alone[0].tokens, boost::test_tools::per_element());
      BOOST_TEST(together[i].tokens.size() == 15U);
    }
    BOOST_TEST((together[1].tokens == together[3].tokens) == (temperature == 0));
  }
}

BOOST_AUTO_TEST_CASE(log_probabilities_are_the_models_own) {
  const auto model = make_model();
  Generator generator(8);
  const auto written = nn::generate_batch(model, {{2}},
                                          {.max_new_tokens = 4,
                                           .repetition_penalty = 1.2,
                                           .temperature = 2,
                                           .top_k = 5,
                                           .generator = &generator})
                           .front();
  std::vector<std::int64_t> tokens = {2};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto length = static_cast<index_t>(tokens.size());
    const auto log_probs = log_softmax(model(Indices(tokens).reshape({1, length})), -1);
    BOOST_TEST(std::abs(written.log_probs[i] - log_probs.at({0, -1, written.tokens[i]})) < 1e-5);
    tokens.push_back(written.tokens[i]);
  }
}

BOOST_AUTO_TEST_CASE(what_stands_in_the_text_is_penalised_once) {
  const auto model = make_model();
  std::vector<std::int64_t> expected = {3, 1, 3};
  for (int i = 0; i < 3; ++i) {
    const auto length = static_cast<index_t>(expected.size());
    const auto logits = model(Indices(expected).reshape({1, length}));
    std::vector<float> row(logits.data() + (length - 1) * 11, logits.data() + length * 11);
    for (const auto id : std::set<std::int64_t>(expected.begin(), expected.end())) {
      float& logit = row[static_cast<std::size_t>(id)];
      logit = logit > 0 ? logit / 3 : logit * 3;
    }
    expected.push_back(std::max_element(row.begin(), row.end()) - row.begin());
  }
  const auto ids =
      nn::generate(model, {3, 1, 3}, {.max_new_tokens = 3, .repetition_penalty = 3, .temperature = 0});
  BOOST_TEST(ids_of(ids) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(texts_end_at_stop_tokens_and_before_stop_strings) {
  const auto model = make_model();
  const auto letter = [](std::int64_t id) { return std::string(1, static_cast<char>('a' + id)); };
  const nn::GenerateOptions plain = {.max_new_tokens = 12, .temperature = 0, .decode = letter};
  const auto all = nn::generate_batch(model, {{4}}, plain).front();
  BOOST_TEST(all.text.size() == 12U);
  BOOST_TEST((all.ending == nn::Ending::max_new_tokens));

  auto options = plain;
  options.stop_tokens = {99, all.tokens[5]};
  const auto at_token = nn::generate_batch(model, {{4}}, options).front();
  const auto first = std::find(all.tokens.begin(), all.tokens.end(), all.tokens[5]) - all.tokens.begin();
  BOOST_TEST(std::ssize(at_token.tokens) == first + 1);
  BOOST_TEST(at_token.text == all.text.substr(0, static_cast<std::size_t>(first)));
  BOOST_TEST((at_token.ending == nn::Ending::stop_token));

  options = plain;
  options.stop_strings = {all.text.substr(6, 3)};
  const std::size_t found = all.text.find(options.stop_strings[0]);
  std::string shown;
  options.on_text = [&](index_t row, std::string_view text) {
    BOOST_TEST(row == 0);
    shown += text;
  };
  const auto at_string = nn::generate_batch(model, {{4}}, options).front();
  BOOST_TEST(at_string.tokens.size() == found + 3);
  BOOST_TEST(at_string.text == all.text.substr(0, found));
  BOOST_TEST(shown == at_string.text);
  BOOST_TEST((at_string.ending == nn::Ending::stop_string));
}

BOOST_AUTO_TEST_CASE(a_text_that_has_ended_leaves_the_others_to_go_on) {
  const auto model = make_model();
  std::vector<int> seen(2);
  const auto texts = nn::generate_batch(
      model, {{1}, {2, 3}}, {.max_new_tokens = 8, .on_token = [&](const nn::WrittenToken& token) {
                               return ++seen[static_cast<std::size_t>(token.row)] < 3 || token.row == 1;
                             }});
  BOOST_TEST(texts[0].tokens.size() == 3U);
  BOOST_TEST((texts[0].ending == nn::Ending::on_token));
  BOOST_TEST(texts[1].tokens.size() == 8U);
  BOOST_TEST(nn::generate_batch(model, {}).empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded) {
  const auto model = make_model();
  const auto on_token = [](std::int64_t) {
    BOOST_TEST(!grad_enabled());
    return true;
  };
  nn::generate(model, {5}, {.max_new_tokens = 3, .on_token = on_token});
  BOOST_TEST(grad_enabled());
}

BOOST_AUTO_TEST_CASE(options_that_cannot_be_are_refused) {
  const auto model = make_model();
  BOOST_TEST(text_of<ValueError>([&] { nn::generate(model, Indices()); }) ==
             "generate: the prompt needs at least one token");
  BOOST_TEST(text_of<ValueError>([&] { nn::generate(model, {1}, {.temperature = -1}); }) ==
             "generate: temperature = -1 must be 0 or more");
  BOOST_TEST(text_of<ValueError>([&] { nn::generate(model, {1}, {.stop_strings = {"a"}}); }) ==
             "generate: stop_strings need decode, which gives a token's bytes");
  BOOST_TEST(text_of<ValueError>([&] {
               nn::generate(model, {1}, {.on_text = [](index_t, std::string_view) {}});
             }) == "generate: on_text needs decode, which gives a token's bytes");
  const int line = __LINE__ + 1;
  const auto message = test::message_of<IndexError>([&] { nn::generate(model, {11}); });
  BOOST_TEST(message.ends_with(test::place(__FILE__, line)), message);
}

BOOST_AUTO_TEST_CASE(a_model_that_diverged_is_told) {
  auto model = make_model();
  const NoGrad writing;
  model.ln_f.weight.mutable_data()[0] = NAN;
  BOOST_TEST(text_of<ValueError>([&] { nn::generate(model, {1}); }) ==
             "generate: the model's logits are not numbers; did training diverge?");
}

BOOST_AUTO_TEST_SUITE_END()
