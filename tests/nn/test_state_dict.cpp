// State dicts, and modules that load them.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/module.hpp>

#include "tests/nn/toy_modules.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::Affine;
using test::text_of;
using test::Toy;

namespace {

nn::StateDict affine_state(double weight, double bias) {
  nn::StateDict state;
  state.add("weight", full({3, 2}, weight));
  state.add("bias", full({3}, bias));
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state_dict)

BOOST_AUTO_TEST_CASE(names_are_found_and_unique) {
  nn::StateDict state;
  state.add("b", Tensor{1, 2});
  state.add("a", Indices{3});
  BOOST_TEST(state.size() == 2U);
  BOOST_TEST(state.begin()->first == "b");
  BOOST_TEST(state.get<Tensor>("b").at({1}) == 2);
  BOOST_TEST(!state.contains("c"));
  BOOST_TEST(text_of<ValueError>([&] { state.add("a", Mask{true}); }) ==
             "state dict: a is there already; names are unique");
  BOOST_TEST(text_of<ValueError>([&] { state.get<Tensor>("c"); }) ==
             "state dict: there is no c among 2 names");
  BOOST_TEST(text_of<ValueError>([&] { state.get<Tensor>("a"); }) ==
             "state dict: a (1,) is of type int64, not float32");
}

BOOST_AUTO_TEST_CASE(it_holds_constants) {
  nn::StateDict state;
  state.add("x", Tensor{1}.requires_grad_());
  BOOST_TEST(!state.get<Tensor>("x").requires_grad());
}

BOOST_AUTO_TEST_CASE(a_module_lists_parameters_and_buffers) {
  const Toy toy;
  const auto state = toy.state_dict();
  BOOST_TEST(state.size() == 12U);
  BOOST_TEST(state.get<Indices>("ids").at({2}) == 3);
  BOOST_TEST(state.get<Tensor64>("exact").at({0}) == 0.1);
  BOOST_TEST(state.get<Mask>("keep").at({0}));
  BOOST_TEST(state.get<Tensor>("stem.weight").data() == toy.stem.weight.data());
}

BOOST_AUTO_TEST_CASE(loading_writes_into_the_same_parameters) {
  Affine affine;
  const auto weight = affine.weight;
  affine.load_state_dict(affine_state(5, 6));
  BOOST_TEST(weight.at({2, 1}) == 5);
  BOOST_TEST(affine.bias->at({0}) == 6);
  BOOST_TEST(affine.weight.requires_grad());
}

BOOST_AUTO_TEST_CASE(loading_converts_element_types) {
  nn::StateDict state;
  state.add("weight", full<double>({3, 2}, 0.1));
  state.add("bias", full<float>({3}, 0.5));
  Affine affine;
  affine.load_state_dict(state);
  BOOST_TEST(affine.weight.at({0, 0}) == 0.1F);
}

BOOST_AUTO_TEST_CASE(a_round_trip_restores_buffers) {
  Toy from, to;
  from.mean = Tensor{1, 2, 3};
  from.exact = {5, 6};
  from.ids = {7, 8, 9};
  from.keep = {false, false};
  to.load_state_dict(from.state_dict());
  BOOST_TEST(to.mean.at({2}) == 3);
  BOOST_TEST(to.mean.data() != from.mean.data());
  BOOST_TEST(to.exact.at({1}) == 6);
  BOOST_TEST(to.ids.at({0}) == 7);
  BOOST_TEST(!to.keep.at({0}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_listed_side_by_side_and_nothing_changes) {
  nn::StateDict state;
  state.add("stem.weight", full({3, 2}, 9));
  state.add("stem.bias", full({4}, 9));
  state.add("h.0.weight", Indices{1, 2});
  state.add("gamma", full({2, 2}, 9));
  Toy toy;
  toy.layers.pop_back();
  BOOST_TEST(text_of<ValueError>([&] { toy.load_state_dict(state); }) ==
             R"(load_state_dict: 10 names do not fit; nothing was loaded
  name         module          given
  stem.bias    (3,)            (4,)
  h.0.weight   (3, 2) float32  (2,) int64
  h.0.bias     (3,)            -
  head.weight  (3, 2)          -
  scale        ()              -
  mean         (3,)            -
  exact        (2,)            -
  ids          (3,)            -
  keep         (2,)            -
  gamma        -               (2, 2)
 )");
  BOOST_TEST(toy.stem.weight.at({0, 0}) == 1);
}

BOOST_AUTO_TEST_CASE(a_load_that_is_not_strict_reports) {
  auto state = affine_state(5, 6);
  state.add("gamma", Tensor{1});
  Toy toy;
  nn::StateDict part;
  part.add("stem.weight", full({3, 2}, 9));
  part.add("gamma", Tensor{1});
  const auto report = toy.load_state_dict(part, {.strict = false});
  BOOST_TEST(toy.stem.weight.at({0, 0}) == 9);
  BOOST_TEST(report.missing.size() == 11U);
  BOOST_TEST(report.missing[0] == "stem.bias");
  BOOST_TEST(report.unexpected.size() == 1U);
  BOOST_TEST(report.unexpected[0] == "gamma");

  nn::StateDict misshapen;
  misshapen.add("stem.weight", full({2, 3}, 9));
  BOOST_CHECK_THROW(toy.load_state_dict(misshapen, {.strict = false}), ValueError);
}

BOOST_AUTO_TEST_CASE(tied_parameters_load_under_any_name) {
  Toy toy;
  toy.tie();
  auto renamed = [&](std::vector<std::pair<std::string, double>> values) {
    nn::StateDict state;
    for (const auto& [name, x] : toy.state_dict())
      if (name != "stem.weight") state.add(name, x);
    for (const auto& [name, value] : values) state.add(name, full({3, 2}, value));
    return state;
  };
  toy.load_state_dict(renamed({{"head.weight", 4}}));
  BOOST_TEST(toy.stem.weight.at({1, 1}) == 4);
  toy.load_state_dict(renamed({{"head.weight", 5}, {"stem.weight", 5}}));
  BOOST_TEST(toy.stem.weight.at({1, 1}) == 5);
  BOOST_TEST(text_of<ValueError>([&] {
               toy.load_state_dict(renamed({{"head.weight", 6}, {"stem.weight", 7}}));
             }) == R"(load_state_dict: 1 name does not fit; nothing was loaded
  name         module               given
  head.weight  tied to stem.weight  other values
 )");
  BOOST_TEST(toy.stem.weight.at({1, 1}) == 5);
}

BOOST_AUTO_TEST_CASE(a_parameter_that_an_op_made_is_not_written) {
  Affine affine;
  affine.bias = affine.bias->clone();
  BOOST_TEST(text_of<ValueError>([&] { affine.load_state_dict(affine_state(5, 6)); }) ==
             R"(load_state_dict: 1 name does not fit; nothing was loaded
  name  module         given
  bias  made by clone  (3,)
 )");
  BOOST_TEST(affine.weight.at({0, 0}) == 1);
}

BOOST_AUTO_TEST_CASE(long_lists_are_cut) {
  nn::StateDict state = affine_state(1, 1);
  for (int i = 0; i < 100; ++i) state.add("extra." + std::to_string(i), Tensor{1});
  Affine affine;
  BOOST_TEST(text_of<ValueError>([&] { affine.load_state_dict(state); }).ends_with("\n  and 60 more\n "));
}

BOOST_AUTO_TEST_SUITE_END()
