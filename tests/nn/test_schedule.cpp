// Learning-rate schedules.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/schedule.hpp>

using xtape::nn::WarmupCosine;
using xtape::nn::WarmupInverseSqrt;

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(warm_up_then_cosine) {
  const WarmupCosine schedule{.lr = 1e-3, .min_lr = 1e-4, .warmup_steps = 100, .decay_steps = 2000};
  const auto close = boost::test_tools::tolerance(1e-14);
  BOOST_TEST(schedule(0) == 1e-3 / 101, close);
  BOOST_TEST(schedule(99) == 1e-3 * 100 / 101, close);
  BOOST_TEST(schedule(100) == 1e-3, close);
  BOOST_TEST(schedule(575) == 1e-4 + 9e-4 * 0.5 * (1 + 0.7071067811865476), close);
  BOOST_TEST(schedule(1050) == 5.5e-4, close);
  BOOST_TEST(schedule(2000) == 1e-4);
  BOOST_TEST(schedule(5000) == 1e-4);
}

BOOST_AUTO_TEST_CASE(without_warm_up_or_decay) {
  const WarmupCosine cosine{.lr = 2, .min_lr = 1, .decay_steps = 10};
  BOOST_TEST(cosine(0) == 2);
  const WarmupCosine warmup{.lr = 2, .min_lr = 1, .warmup_steps = 3, .decay_steps = 3};
  BOOST_TEST(warmup(2) == 1.5);
  BOOST_TEST(warmup(3) == 1);
}

BOOST_AUTO_TEST_CASE(warm_up_then_the_inverse_root) {
  const WarmupInverseSqrt schedule{.d_model = 64, .warmup_steps = 100};
  const auto close = boost::test_tools::tolerance(1e-14);
  BOOST_TEST(schedule(0) == 1.0 / 8 / 1000, close);
  BOOST_TEST(schedule(24) == 25.0 / 8 / 1000, close);
  BOOST_TEST(schedule(99) == 1.0 / 8 / 10, close);
  BOOST_TEST(schedule(100) == 1.0 / 8 / 10.04987562112089, close);
  BOOST_TEST(schedule(399) == 1.0 / 8 / 20, close);
  BOOST_TEST((WarmupInverseSqrt{.d_model = 64, .warmup_steps = 100, .scale = 2})(399) == 1.0 / 80, close);
  BOOST_TEST((WarmupInverseSqrt{.d_model = 4, .warmup_steps = 0})(3) == 0.25);
  BOOST_TEST(WarmupInverseSqrt{}(3999) == 6.987712429686843e-4, close);  // the paper's highest
}

BOOST_AUTO_TEST_SUITE_END()
