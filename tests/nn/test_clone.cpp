// Deep copies of modules.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/clone.hpp>

#include "tests/nn/toy_modules.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::Affine;
using test::BasicAffine;
using test::BasicToy;
using test::text_of;
using test::Toy;

BOOST_AUTO_TEST_SUITE(cloning)

BOOST_AUTO_TEST_CASE(a_clone_has_storage_of_its_own) {
  Affine affine({.in = 4, .out = 5, .bias = false});
  affine.weight.requires_grad_(false);
  affine.eval();
  const Affine copy = nn::clone(affine);
  BOOST_TEST((copy.weight.shape() == Shape{5, 4}));
  BOOST_TEST(!copy.bias.has_value());
  BOOST_TEST(copy.weight.data() != affine.weight.data());
  BOOST_TEST(!copy.weight.requires_grad());
  BOOST_TEST(!copy.training());
}

BOOST_AUTO_TEST_CASE(ties_are_kept) {
  Toy toy;
  toy.tie();
  toy.layers[0].eval();
  toy.ids = {4, 5, 6};
  const auto copy = nn::clone(toy);
  BOOST_TEST(copy.parameters().size() == 7U);
  BOOST_TEST(copy.head.weight.data() == copy.stem.weight.data());
  BOOST_TEST((copy.head.weight.node() == copy.stem.weight.node()));
  BOOST_TEST(copy.stem.weight.data() != toy.stem.weight.data());
  BOOST_TEST(!copy.layers[0].training());
  BOOST_TEST(copy.layers[1].training());
  BOOST_TEST(copy.ids.at({0}) == 4);
  BOOST_TEST(copy.mean.data() != toy.mean.data());
}

BOOST_AUTO_TEST_CASE(cast_converts) {
  Toy toy;
  toy.tie();
  toy.mean = Tensor{1, 2, 3};
  const auto wide = nn::cast<double>(toy);
  static_assert(std::is_same_v<decltype(wide), const BasicToy<double>>);
  BOOST_TEST(wide.parameters().size() == 7U);
  BOOST_TEST(wide.mean.at({2}) == 3.0);
  BOOST_TEST(wide.exact.at({0}) == 0.1);
  const auto narrow = nn::cast<float>(wide);
  BOOST_TEST(narrow.stem.weight.at({0, 0}) == 1.0F);
}

BOOST_AUTO_TEST_CASE(a_module_that_outgrew_its_constructor_is_refused) {
  Toy toy;
  toy.layers.pop_back();
  BOOST_TEST(text_of<ValueError>([&] { nn::clone(toy); }) ==
             "clone: the module names 6 parameters, one built anew from its config 8; a module that changed "
             "after its constructor ran cannot be cloned");
  Affine affine;
  affine.weight = ones({7, 7});
  BOOST_TEST(
      text_of<ValueError>([&] { nn::clone(affine); }) ==
      "clone: weight (7, 7) becomes weight (3, 2) in a module built anew from its config; a module that "
      "changed after its constructor ran cannot be cloned");
}

BOOST_AUTO_TEST_SUITE_END()
