// AdamW, SGD and gradient clipping against PyTorch, and what they keep.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <string>

#include <xtape/core/creation.hpp>
#include <xtape/core/profile.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/nn/clip_grad.hpp>
#include <xtape/nn/sgd.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/goldens.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::text_of;

namespace {

constexpr int steps = 5;

std::vector<Tensor64> start(const nn::StateDict& state) {
  std::vector<Tensor64> parameters;
  for (const char* name : {"start.0", "start.1"})
    parameters.push_back(state.get<Tensor64>(name).clone().requires_grad_());
  return parameters;
}

void set_grads(const std::vector<Tensor64>& parameters, const nn::StateDict& state, int step) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].set_grad(state.get<Tensor64>("grad." + std::to_string(step) + '.' + std::to_string(i)));
}

/// Follows a case of the golden and compares the parameters after each step.
template <class MakeOptimizer>
void check_case(const std::string& name, MakeOptimizer make) {
  const auto state = golden("nn/optimizers");
  const auto parameters = start(state);
  auto optimizer = make(parameters);
  for (int s = 0; s < steps; ++s) {
    set_grads(parameters, state, s);
    optimizer.step();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto expected = name + '.' + std::to_string(s) + '.' + std::to_string(i);
      BOOST_TEST_CONTEXT(expected)
      BOOST_TEST(difference(parameters[i], state.get<Tensor64>(expected)) < 1e-14);
    }
  }
}

using Parameters = std::vector<Tensor64>;
using AdamW64 = nn::BasicAdamW<double>;
using SGD64 = nn::BasicSGD<double>;

/// Clipping in passing, in each step of several groups, is clipping before it, but that gradients stay.
template <class MakeOptimizer>
void check_clipping(MakeOptimizer make) {
  const auto state = golden("nn/optimizers");
  for (const double most : {0.0, 1.0, 100.0}) {
    const Parameters x = start(state), clipped = start(state);
    auto in_passing = make(x, std::optional(most)), plain = make(clipped, std::optional<double>());
    for (int s = 0; s < steps; ++s) {
      for (const Parameters& parameters : {x, clipped}) set_grads(parameters, state, s);
      const double norm = nn::clip_grad_norm(clipped, most);
      BOOST_TEST((norm > 1 && norm < 100));
      in_passing.step();
      plain.step();
      for (std::size_t i = 0; i < x.size(); ++i) {
        BOOST_TEST(difference(x[i], clipped[i]) < 1e-15);
        const auto name = "grad." + std::to_string(s) + '.' + std::to_string(i);
        BOOST_TEST(difference(x[i].grad(), state.get<Tensor64>(name)) == 0);
      }
    }
  }
}

Tensor leaf_with_grad(const Tensor& values, const Tensor& grad) {
  auto x = values.clone().requires_grad_();
  x.set_grad(grad);
  return x;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optimizers)

BOOST_AUTO_TEST_CASE(adamw_as_in_pytorch) {
  check_case("adamw", [](const Parameters& p) { return AdamW64(p, {.lr = 0.1}); });
  check_case("adamw_options", [](const Parameters& p) {
    return AdamW64(p, {.lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-3, .weight_decay = 0.3});
  });
  check_case("adamw_groups",
             [](const Parameters& p) { return AdamW64(nn::decay_groups(p, 0.5), {.lr = 0.05}); });
}

BOOST_AUTO_TEST_CASE(sgd_as_in_pytorch) {
  check_case("sgd", [](const Parameters& p) { return SGD64(p, {.lr = 0.1}); });
  check_case("sgd_decay", [](const Parameters& p) { return SGD64(p, {.lr = 0.1, .weight_decay = 0.2}); });
  check_case("sgd_momentum",
             [](const Parameters& p) { return SGD64(p, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.2}); });
  check_case("sgd_nesterov", [](const Parameters& p) {
    return SGD64(p, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.2, .nesterov = true});
  });
  BOOST_TEST(text_of<ValueError>([] { nn::SGD sgd(std::vector<Tensor>{}, {.nesterov = true}); }) ==
             "SGD: nesterov needs momentum; set .momentum");
}

BOOST_AUTO_TEST_CASE(clipping_as_in_pytorch) {
  const auto state = golden("nn/optimizers");
  const auto parameters = start(state);
  set_grads(parameters, state, 0);
  const double norm = nn::clip_grad_norm(parameters, 0.5);
  BOOST_TEST(norm == state.get<Tensor64>("clip.norm").item(), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(difference(parameters[0].grad(), state.get<Tensor64>("clip.0")) < 1e-15);
  BOOST_TEST(difference(parameters[1].grad(), state.get<Tensor64>("clip.1")) < 1e-15);
}

BOOST_AUTO_TEST_CASE(gradients_within_the_norm_stay) {
  const auto x = leaf_with_grad({0, 0}, {3, 4}), y = ones({2}).requires_grad_();
  BOOST_TEST(nn::clip_grad_norm<float>({x, y}, 5.1) == 5);
  BOOST_TEST(difference(x.grad(), Tensor{3, 4}) == 0);
  BOOST_TEST(!y.has_grad());
  BOOST_TEST(nn::clip_grad_norm<float>({y}, 1) == 0);
  BOOST_TEST(nn::clip_grad_norm<float>({x}, 0) == 5);
  BOOST_TEST(difference(x.grad(), Tensor{0, 0}) == 0);
  BOOST_TEST(text_of<ValueError>([&] { nn::clip_grad_norm<float>({x}, -1); }) ==
             "clip_grad_norm: max_norm = -1 must be 0 or more");
}

BOOST_AUTO_TEST_CASE(clipping_leaves_other_holders_of_the_memory_alone) {
  const Tensor shared = {3, 4};
  const auto x = leaf_with_grad({0, 0}, shared), y = leaf_with_grad({0, 0}, shared);
  BOOST_TEST(nn::clip_grad_norm<float>({x, y, x}, 1) == std::sqrt(50.0), boost::test_tools::tolerance(1e-7));
  BOOST_TEST(shared.at({1}) == 4);
  BOOST_TEST(difference(x.grad(), Tensor{3 / std::sqrt(50.0F), 4 / std::sqrt(50.0F)}) < 1e-6);
  BOOST_TEST(difference(y.grad(), x.grad()) == 0);
}

BOOST_AUTO_TEST_CASE(infinite_gradients_give_an_infinite_norm) {
  const auto x = leaf_with_grad({0, 0}, {INFINITY, 1});
  BOOST_TEST(std::isinf(nn::clip_grad_norm<float>({x}, 1)));
  BOOST_TEST(x.grad().at({1}) == 0);
}

BOOST_AUTO_TEST_CASE(a_step_clips_in_passing) {
  check_clipping([](const Parameters& p, auto most) {
    return AdamW64(nn::decay_groups(p, 0.5), {.lr = 0.1, .eps = 0.1, .max_grad_norm = most});
  });
  check_clipping([](const Parameters& p, auto most) {
    return SGD64(nn::decay_groups(p, 0.5), {.lr = 0.1, .momentum = 0.9, .max_grad_norm = most});
  });
  const std::vector<Tensor> x = {leaf_with_grad({1}, {1})};
  BOOST_TEST(text_of<ValueError>([&] { nn::AdamW(x, {.max_grad_norm = -1}).step(); }) ==
             "AdamW: max_grad_norm = -1 must be 0 or more");
  BOOST_TEST(text_of<ValueError>([&] { nn::SGD(x, {.max_grad_norm = -1}).step(); }) ==
             "SGD: max_grad_norm = -1 must be 0 or more");
}

BOOST_AUTO_TEST_CASE(decay_is_for_matrices) {
  const std::vector<Tensor> parameters = {ones({2, 3}), ones({3}), ones({2, 2, 2}), ones({})};
  const auto groups = nn::decay_groups(parameters, 0.1);
  BOOST_TEST(groups.size() == 2U);
  BOOST_TEST(groups[0].parameters.size() == 2U);
  BOOST_TEST(*groups[0].weight_decay == 0.1);
  BOOST_TEST(groups[1].parameters.size() == 2U);
  BOOST_TEST(*groups[1].weight_decay == 0);
}

BOOST_AUTO_TEST_CASE(each_parameter_is_updated_once_and_only_with_a_gradient) {
  const auto x = leaf_with_grad({1}, {1}), idle = Tensor{1}.requires_grad_();
  const auto frozen = Tensor{1}.requires_grad_().requires_grad_(false);
  nn::SGD sgd(std::vector<Tensor>{x, x, frozen, idle}, {.lr = 0.25});
  sgd.step();
  BOOST_TEST(x.item() == 0.75);
  BOOST_TEST(frozen.item() == 1);
  BOOST_TEST(idle.item() == 1);
  sgd.zero_grad();
  BOOST_TEST(!x.has_grad());
  sgd.step();
  BOOST_TEST(x.item() == 0.75);
}

BOOST_AUTO_TEST_CASE(a_profile_has_a_row_for_each_kind_of_work) {
  const std::vector<Tensor> parameters = {leaf_with_grad({1}, {1})};
  nn::SGD sgd(parameters, {.lr = 0.25});
  nn::AdamW adamw(parameters, {.lr = 0.25});
  Profile profile;
  nn::clip_grad_norm(parameters, 0.5);
  sgd.step();
  adamw.step();
  profile.stop();
  std::map<std::string, std::size_t> calls;
  for (const auto& row : profile.rows()) calls[row.op] = row.calls;
  BOOST_TEST((calls == std::map<std::string, std::size_t>{
                           {"AdamW", 1}, {"SGD", 1}, {"clip_grad_norm", 1}, {"(outside)", 0}}));
}

BOOST_AUTO_TEST_CASE(rates_follow_config_and_group) {
  const auto x = leaf_with_grad({1}, {1}), y = leaf_with_grad({1}, {1});
  nn::SGD sgd({nn::ParamGroup{{x}}, nn::ParamGroup{.parameters = {y}, .lr_scale = 0.5}}, {.lr = 0.5});
  sgd.step();
  BOOST_TEST(x.item() == 0.5);
  BOOST_TEST(y.item() == 0.75);
  sgd.config.lr = 0.25;
  sgd.step();
  BOOST_TEST(x.item() == 0.25);
}

BOOST_AUTO_TEST_CASE(a_remembered_state_goes_on_as_before) {
  const auto state = golden("nn/optimizers");
  const auto parameters = start(state);
  AdamW64 first(parameters, {.lr = 0.1});
  for (int s = 0; s < 2; ++s) {
    set_grads(parameters, state, s);
    first.step();
  }
  AdamW64 second(parameters, {.lr = 0.1});
  second.load_state_dict(first.state_dict());
  for (int s = 2; s < steps; ++s) {
    set_grads(parameters, state, s);
    second.step();
  }
  BOOST_TEST(difference(parameters[0], state.get<Tensor64>("adamw.4.0")) < 1e-14);
  BOOST_TEST(second.state_dict().get<Indices>("step").at({1}) == 5);
  BOOST_TEST(first.state_dict().get<Indices>("step").at({1}) == 2);

  const auto weights = start(state);
  SGD64 momentum(weights, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.2});
  set_grads(weights, state, 0);
  momentum.step();
  SGD64 restored(weights, momentum.config);
  restored.load_state_dict(momentum.state_dict());
  set_grads(weights, state, 1);
  restored.step();
  BOOST_TEST(difference(weights[1], state.get<Tensor64>("sgd_momentum.1.1")) < 1e-14);
}

BOOST_AUTO_TEST_CASE(a_state_of_other_parameters_is_refused) {
  const auto x = leaf_with_grad({1, 2}, {1, 1});
  nn::AdamW adamw(std::vector<Tensor>{x});
  nn::AdamW other(std::vector<Tensor>{x, ones({3}).requires_grad_()});
  BOOST_TEST(text_of<ValueError>([&] { adamw.load_state_dict(other.state_dict()); }) ==
             "optimizer: a state of 2 parameters, not 1");
  nn::AdamW misshapen(std::vector<Tensor>{ones({3}).requires_grad_()});
  BOOST_TEST(text_of<ValueError>([&] { adamw.load_state_dict(misshapen.state_dict()); }) ==
             "optimizer: exp_avg.0 has shape (3,) for a parameter of shape (2,)");
  nn::SGD sgd(std::vector<Tensor>{x});
  nn::StateDict endless;
  endless.add("step", Indices{-1});
  BOOST_TEST(text_of<ValueError>([&] { adamw.load_state_dict(endless); }) ==
             "optimizer: -1 steps; they are from 0 to 4611686018427387904");
  BOOST_TEST(text_of<ValueError>([&] { sgd.load_state_dict(adamw.state_dict()); }) ==
             "optimizer: velocity.0 is missing for a parameter of shape (2,)");
}

BOOST_AUTO_TEST_SUITE_END()
