// GRU, LSTM and their cells.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/recurrent/gru.hpp>
#include <xtape/nn/recurrent/lstm.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/view.hpp>

#include "tests/nn/module_goldens.hpp"
#include "tests/support/misuse.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::leaf_from;

namespace {

using GRU64 = nn::BasicGRU<double>;
using LSTM64 = nn::BasicLSTM<double>;
using State64 = nn::BasicLSTMState<double>;
using Tensors = std::vector<Tensor64>;

/// All results as one row, as the goldens have them.
Tensor64 as_row(const Tensors& results) {
  Tensors rows;
  for (const auto& x : results) rows.push_back(flatten(x));
  return concatenate(rows);
}

/// Output, last h and last c; of padded sequences where there are lengths.
Tensors results(const GRU64& gru, const Tensors& in, const std::optional<Indices>& lengths = {}) {
  if (!lengths) {
    const auto [y, h] = gru(in[0], in[1]);
    return {y, h};
  }
  const auto [y, h] = gru(nn::pack_padded_sequence(in[0], *lengths), in[1]);
  return {nn::pad_packed_sequence(y).first, h};
}

Tensors results(const LSTM64& lstm, const Tensors& in, const std::optional<Indices>& lengths = {}) {
  if (!lengths) {
    const auto [y, last] = lstm(in[0], State64{in[1], in[2]});
    return {y, last.h, last.c};
  }
  const auto [y, last] = lstm(nn::pack_padded_sequence(in[0], *lengths), State64{in[1], in[2]});
  return {nn::pad_packed_sequence(y).first, last.h, last.c};
}

Tensors results(const nn::BasicGRUCell<double>& cell, const Tensors& in, const std::optional<Indices>&) {
  return {cell(in[0], in[1])};
}

Tensors results(const nn::BasicLSTMCell<double>& cell, const Tensors& in, const std::optional<Indices>&) {
  const auto [h, c] = cell(in[0], State64{in[1], in[2]});
  return {h, c};
}

template <class M, class Config>
void check_golden(const std::string& name, Config config, const std::vector<std::string>& inputs) {
  BOOST_TEST_CONTEXT(name) {
    const auto state = golden("recurrent/" + name);
    M module(config);
    test::load_from(module, state);
    Tensors in;
    for (const auto& input : inputs) in.push_back(leaf_from(state, input));
    std::optional<Indices> lengths;
    if (name.ends_with("_padded")) lengths = state.get<Indices>("lengths");
    test::check_result(module, state, as_row(results(module, in, lengths)));
    for (std::size_t i = 0; i < in.size(); ++i) test::check_grad(state, inputs[i], in[i]);
  }
}

template <class M>
void check_goldens(const std::string& name, const std::vector<std::string>& inputs) {
  for (const std::string padded : {"", "_padded"}) {
    check_golden<M>(name + padded, nn::RecurrentConfig{.input_size = 3, .hidden_size = 2}, inputs);
    check_golden<M>(name + "_no_bias" + padded,
                    nn::RecurrentConfig{.input_size = 3, .hidden_size = 2, .bias = false}, inputs);
    check_golden<M>(
        name + "_layers" + padded,
        nn::RecurrentConfig{.input_size = 3, .hidden_size = 2, .num_layers = 2, .bidirectional = true},
        inputs);
  }
}

/// Checks the gradients of all inputs and parameters of a module in both directions.
template <class M>
void check_module_grads(std::size_t states, const Shape& shape, const std::optional<Indices>& lengths) {
  const nn::RecurrentConfig config = {.input_size = shape[2], .hidden_size = 2, .bidirectional = true};
  Generator generator(5);
  Tensors in = {randn<double>(shape, generator)};
  for (std::size_t i = 0; i < states; ++i) in.push_back(randn<double>({2, shape[0], 2}, generator));
  const auto inputs = static_cast<std::ptrdiff_t>(in.size());
  for (const auto& x : M(config, generator).parameters()) in.push_back(x.detach());
  check_grads(
      [&](const Tensors& all) {
        Generator unused;
        M module(config, unused);
        auto next = all.begin() + inputs;
        const nn::Visitor<double> visitor(module);
        for (const auto& parameter : visitor.parameters()) *parameter.tensor = *next++;
        return as_row(results(module, all, lengths));
      },
      in);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(as_in_pytorch) {
  const nn::RecurrentCellConfig sizes = {.input_size = 3, .hidden_size = 2};
  check_golden<nn::BasicGRUCell<double>>("gru_cell", sizes, {"x", "h"});
  check_golden<nn::BasicLSTMCell<double>>("lstm_cell", sizes, {"x", "h", "c"});
  check_goldens<GRU64>("gru", {"x", "h"});
  check_goldens<LSTM64>("lstm", {"x", "h", "c"});
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  check_module_grads<GRU64>(1, {2, 3, 2}, Indices{1, 3});
  check_module_grads<GRU64>(1, {1, 1, 1}, std::nullopt);
  check_module_grads<LSTM64>(2, {2, 2, 1}, Indices{2, 1});
  check_module_grads<LSTM64>(2, {1, 2, 2}, std::nullopt);
}

BOOST_AUTO_TEST_CASE(no_first_state_means_zeros) {
  Generator generator(1);
  const nn::GRU gru({.input_size = 3, .hidden_size = 2}, generator);
  const nn::LSTM lstm({.input_size = 3, .hidden_size = 2}, generator);
  const auto x = randn({2, 4, 3}, generator), zero = zeros({1, 2, 2});
  BOOST_TEST(difference(gru(x).first, gru(x, zero).first) == 0);
  BOOST_TEST(difference(lstm(x).first, lstm(x, nn::LSTMState{zero, zero}).first) == 0);
  const nn::GRUCell cell(3, 2, generator);
  const nn::LSTMCell lstm_cell(3, 2, generator);
  const auto step = reshape(x, {8, 3}), none = zeros({8, 2});
  BOOST_TEST(difference(cell(step), cell(step, none)) == 0);
  BOOST_TEST(difference(lstm_cell(step).c, lstm_cell(step, nn::LSTMState{none, none}).c) == 0);
}

BOOST_AUTO_TEST_CASE(a_row_of_cells_is_the_module) {
  Generator generator(2);
  const nn::GRU gru({.input_size = 3, .hidden_size = 4}, generator);
  const auto x = randn({2, 3, 3}, generator);
  const auto steps = split(x, 3, 1);
  Tensor h = zeros({2, 4});
  for (const auto& step : steps) h = gru.cells[0](squeeze(step, 1), h);
  const auto [y, last] = gru(x);
  BOOST_TEST((y.shape() == Shape{2, 3, 4}));
  BOOST_TEST(difference(squeeze(last, 0), h) < 1e-6);
}

BOOST_AUTO_TEST_CASE(full_lengths_and_a_batch_of_one_change_nothing) {
  Generator generator(3);
  const nn::LSTM lstm({.input_size = 2, .hidden_size = 3, .bidirectional = true}, generator);
  const auto x = randn({1, 4, 2}, generator);
  const auto [y, last] = lstm(x);
  const auto [packed, packed_last] = lstm(nn::pack_padded_sequence(x, {4}));
  BOOST_TEST(difference(nn::pad_packed_sequence(packed).first, y) == 0);
  BOOST_TEST(difference(packed_last.c, last.c) == 0);
  BOOST_TEST((lstm(zeros({0, 4, 2})).first.shape() == Shape{0, 4, 6}));
}

BOOST_AUTO_TEST_CASE(padding_is_not_read) {
  Generator generator(4);
  nn::GRU gru({.input_size = 2, .hidden_size = 3, .num_layers = 2, .bidirectional = true}, generator);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor{{{1, 2}, {nan, nan}}, {{3, 4}, {5, 6}}}.requires_grad_();
  const auto [packed, last] = gru(nn::pack_padded_sequence(x, {1, 2}));
  const auto y = nn::pad_packed_sequence(packed).first;
  BOOST_TEST(y.at({0, 1, 0}) == 0);
  const auto alone = gru(Tensor{{{1, 2}}});
  BOOST_TEST(difference(Tensor(strided_view(last, {Slice(), Slice(0, 1)})), alone.second) < 1e-6);
  sum(y).backward();
  BOOST_TEST(x.grad().at({0, 1, 0}) == 0);
  for (const auto& p : gru.parameters()) BOOST_TEST(std::isfinite(p.grad().data()[0]));
}

BOOST_AUTO_TEST_CASE(names_and_first_values_are_pytorchs) {
  Generator generator(6);
  const nn::GRU gru({.input_size = 3, .hidden_size = 25, .num_layers = 2, .bidirectional = true}, generator);
  std::string names;
  for (const auto& [name, x] : gru.named_parameters())
    if (x.dimension() == 2) names += name + to_string(x.shape()) + ' ';
  BOOST_TEST(
      names ==
      "weight_ih_l0(75, 3) weight_hh_l0(75, 25) weight_ih_l0_reverse(75, 3) weight_hh_l0_reverse(75, 25) "
      "weight_ih_l1(75, 50) weight_hh_l1(75, 25) weight_ih_l1_reverse(75, 50) weight_hh_l1_reverse(75, 25) ");
  for (const auto& x : gru.parameters()) {
    const auto [smallest, largest] = std::minmax_element(x.data(), x.data() + x.size());
    BOOST_TEST(*smallest >= -0.2F);
    BOOST_TEST(*smallest < -0.16F);
    BOOST_TEST(*largest < 0.2F);
    BOOST_TEST(*largest > 0.16F);
  }
  const nn::LSTM lstm({.input_size = 2, .hidden_size = 3, .bias = false}, generator);
  BOOST_TEST(lstm.parameter_count() == 12 * 5);
  BOOST_TEST(nn::LSTMCell(2, 3, generator).parameter_count() == 12 * 7);
}

BOOST_AUTO_TEST_CASE(dropout_acts_between_layers_while_training) {
  Generator generator(7);
  nn::GRU gru({.input_size = 2, .hidden_size = 8, .num_layers = 2, .dropout = 0.5}, generator);
  const auto x = randn({2, 3, 2}, generator);
  const auto first = gru(x), second = gru(x);
  const auto layer = [](const Tensor& h, index_t i) { return strided_view(h, {i}); };
  BOOST_TEST(difference(layer(first.second, 0), layer(second.second, 0)) == 0);
  BOOST_TEST(difference(layer(first.second, 1), layer(second.second, 1)) > 0);
  const auto copy = nn::clone(gru);
  gru.eval();
  BOOST_TEST(difference(gru(x).first, gru(x).first) == 0);
  BOOST_TEST(difference(copy(x).first, copy(x).first) > 0);
}

BOOST_AUTO_TEST_CASE(misuse) {
  Generator g;
  const nn::GRU gru({.input_size = 3, .hidden_size = 2}, g);
  const nn::LSTM lstm({.input_size = 3, .hidden_size = 2, .bidirectional = true}, g);
  const nn::GRUCell cell(3, 2, g);
  const nn::LSTMCell lstm_cell(3, 2, g);
  nn::PackedSequence packed = nn::pack_padded_sequence(zeros({2, 3, 3}), {3, 1});
  packed.data = zeros({3, 3});
  test::check_misuses({
      {[&] { nn::GRU({.hidden_size = 2}, g); }, "GRU: input_size = 0 must be 1 or more"},
      {[&] { nn::LSTM({.input_size = 2}, g); }, "LSTM: hidden_size = 0 must be 1 or more"},
      {[&] { nn::GRU({.input_size = 2, .hidden_size = 2, .num_layers = 0}, g); },
       "GRU: num_layers = 0 must be 1 or more"},
      {[&] { nn::GRU({.input_size = 2, .hidden_size = 2, .dropout = 2}, g); },
       "GRU: dropout = 2 is not a probability; it lies between 0 and 1"},
      {[&] { nn::GRUCell(0, 2, g); }, "GRUCell: input_size = 0 must be 1 or more"},
      {[&] { nn::LSTMCell(2, -1, g); }, "LSTMCell: hidden_size = -1 must be 1 or more"},
      {[&] {
         gru(zeros({4, 3}));
       },
       "GRU: x needs 3 axes, not shape (4, 3)"},
      {[&] {
         gru(zeros({4, 2, 5}));
       },
       "GRU: x (4, 2, 5) does not end with input_size = 3 channels"},
      {[&] {
         gru(zeros({4, 0, 3}));
       },
       "GRU: x (4, 0, 3) has no steps"},
      {[&] { gru(packed); }, "GRU: packed data (3, 3) needs 4 rows, the sum of batch_sizes"},
      {[&] {
         gru(zeros({4, 2, 3}), zeros({4, 2}));
       },
       "GRU: h0 of shape (4, 2) does not fit; it needs (1, 4, 2)"},
      {[&] {
         lstm(zeros({4, 2, 3}), nn::LSTMState{zeros({2, 4, 2}), zeros({2, 4, 3})});
       },
       "LSTM: c0 of shape (2, 4, 3) does not fit; it needs (2, 4, 2)"},
      {[&] {
         cell(zeros({2, 4}));
       },
       "GRUCell: x (2, 4) does not end with input_size = 3 channels"},
      {[&] {
         cell(zeros({2, 3}), zeros({1, 2}));
       },
       "GRUCell: h of shape (1, 2) does not fit; it needs (2, 2)"},
      {[&] {
         lstm_cell(zeros({2, 3}), nn::LSTMState{zeros({2, 2}), zeros({2, 1})});
       },
       "LSTMCell: c of shape (2, 1) does not fit; it needs (2, 2)"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
