// First values of parameters.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/nn/init.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;

namespace {

/// Mean, deviation and the extremes of a parameter.
struct Moments {
  double mean = 0, deviation = 0;
  float smallest, largest;

  explicit Moments(const Tensor& x)
      : smallest(*std::min_element(x.data(), x.data() + x.size())),
        largest(*std::max_element(x.data(), x.data() + x.size())) {
    const auto n = static_cast<double>(x.size());
    for (index_t i = 0; i < x.size(); ++i) mean += x.data()[i] / n;
    for (index_t i = 0; i < x.size(); ++i) deviation += std::pow(x.data()[i] - mean, 2) / n;
    deviation = std::sqrt(deviation);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(init)

BOOST_AUTO_TEST_CASE(parameters_are_leaves) {
  const auto x = nn::parameter<float>({2, 3}, 0.5);
  BOOST_TEST(x.requires_grad());
  BOOST_TEST(x.is_leaf());
  BOOST_TEST(x.at({1, 2}) == 0.5);
}

BOOST_AUTO_TEST_CASE(draws_are_skipped_for_models_that_are_loaded_next) {
  Generator generator(1);
  auto x = nn::parameter<float>({2, 2}, 0.5);
  {
    const nn::SkipInit outer;
    { const nn::SkipInit inner; }
    nn::init::normal_(x, 0, 1, generator);
    nn::init::uniform_(x, 0, 1, generator);
    nn::init::xavier_uniform_(x, generator);
  }
  BOOST_TEST(x.at({0, 0}) == 0.5);
  BOOST_TEST(generator.position() == 0U);
  nn::init::normal_(x, 0, 1, generator);
  BOOST_TEST(x.at({0, 0}) != 0.5);
}

BOOST_AUTO_TEST_CASE(fills_write_the_values_that_all_handles_see) {
  auto x = nn::parameter<float>({100, 50});
  const auto handle = x;
  Generator generator(1), same(1);
  nn::init::normal_(x, 3, 0.5, generator);
  const Moments normal(handle);
  BOOST_TEST(std::abs(normal.mean - 3) < 0.03);
  BOOST_TEST(std::abs(normal.deviation - 0.5) < 0.02);

  auto again = nn::parameter<float>({100, 50});
  nn::init::normal_(again, 3, 0.5, same);
  BOOST_TEST(std::equal(x.data(), x.data() + 5000, again.data()));

  nn::init::uniform_(x, -1, 3, generator);
  const Moments uniform(handle);
  BOOST_TEST(std::abs(uniform.mean - 1) < 0.07);
  BOOST_TEST(uniform.smallest >= -1);
  BOOST_TEST(uniform.smallest < -0.98);
  BOOST_TEST(uniform.largest < 3);
  BOOST_TEST(uniform.largest > 2.98);

  nn::init::xavier_uniform_(x, generator);
  BOOST_TEST(Moments(handle).largest < 0.2);
  BOOST_TEST(Moments(handle).largest > 0.199);

  nn::init::constant_(x, 7);
  BOOST_TEST(Moments(handle).smallest == 7);
  BOOST_TEST(Moments(handle).largest == 7);
  BOOST_TEST(handle.requires_grad());
}

BOOST_AUTO_TEST_CASE(xavier_is_for_matrices) {
  auto x = nn::parameter<float>({3});
  BOOST_TEST(test::text_of<ShapeError>([&] { nn::init::xavier_uniform_(x); }) ==
             "xavier_uniform_: the parameter needs 2 axes, not shape (3,)");
}

BOOST_AUTO_TEST_SUITE_END()
