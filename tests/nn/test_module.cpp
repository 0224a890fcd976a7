// Modules: what follows from the names that visit() gives.
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <thread>

#include <xtape/nn/module.hpp>

#include "tests/nn/toy_modules.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::Affine;
using test::message_of;
using test::place;
using test::Toy;

namespace {

std::vector<std::string> names_of(const nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, x] : module.named_parameters()) names.push_back(name);
  return names;
}

/// Raises an error of its own, two modules deep.
class Failing : public nn::Module {
 public:
  void operator()(Here at = Here::now()) const {
    const auto site = this->enter(at);
    raise<ValueError>("failing: as asked", Here::now());
  }
  void visit(nn::Visitor<float>&) override {}
};

class Layer : public nn::Module {
 public:
  void operator()(Here at = Here::now()) const {
    const auto site = this->enter(at);
    inner();
  }
  void visit(nn::Visitor<float>& v) override { v("inner", inner); }

  Failing inner;
};

class Net : public nn::Module {
 public:
  void operator()(std::size_t i, Here at = Here::now()) const {
    const auto site = this->enter(at);
    layers.at(i)();
  }
  void visit(nn::Visitor<float>& v) override { v("h", layers); }

  std::vector<Layer> layers{2};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(module)

BOOST_AUTO_TEST_CASE(names_come_in_the_order_of_visit) {
  const std::vector<std::string> expected = {"stem.weight", "stem.bias", "h.0.weight",  "h.0.bias",
                                             "h.1.weight",  "h.1.bias",  "head.weight", "scale"};
  BOOST_TEST(names_of(Toy()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tied_parameters_are_one) {
  Toy toy;
  BOOST_TEST(toy.parameters().size() == 8U);
  BOOST_TEST(toy.parameter_count() == 6 + 3 + 9 + 9 + 6 + 1);
  toy.tie();
  BOOST_TEST(toy.parameters().size() == 7U);
  BOOST_TEST(toy.parameter_count() == 6 + 3 + 9 + 9 + 1);
  BOOST_TEST(names_of(toy)[0] == "stem.weight");
  BOOST_TEST(!toy.state_dict().contains("head.weight"));
}

BOOST_AUTO_TEST_CASE(parameters_are_handles) {
  Affine affine;
  const auto parameters = affine.parameters();
  parameters[0].set_grad(ones({3, 2}));
  BOOST_TEST(affine.weight.has_grad());
  affine.zero_grad();
  BOOST_TEST(!parameters[0].has_grad());
}

BOOST_AUTO_TEST_CASE(freezing_reaches_every_parameter) {
  Toy toy;
  toy.requires_grad_(false);
  for (const auto& x : toy.parameters()) BOOST_TEST(!x.requires_grad());
  toy.requires_grad_();
  for (const auto& x : toy.parameters()) BOOST_TEST(x.requires_grad());
}

BOOST_AUTO_TEST_CASE(modes_reach_every_child) {
  Toy toy;
  BOOST_TEST(toy.layers[1].training());
  toy.eval();
  BOOST_TEST(!toy.training());
  BOOST_TEST(!toy.stem.training());
  BOOST_TEST(!toy.layers[1].training());
  toy.train();
  BOOST_TEST(toy.layers[1].training());
}

BOOST_AUTO_TEST_CASE(modules_move_and_are_not_copied) {
  static_assert(!std::is_copy_constructible_v<Toy> && !std::is_copy_assignable_v<Toy>);
  static_assert(std::is_nothrow_move_constructible_v<Affine>);
  Toy toy;
  toy.eval();
  const Toy moved = std::move(toy);
  BOOST_TEST(!moved.training());
  BOOST_TEST(moved.parameters().size() == 8U);
}

BOOST_AUTO_TEST_CASE(the_summary_is_a_table) {
  Toy toy;
  toy.tie();
  toy.stem.weight.requires_grad_(false);
  toy.layers.erase(toy.layers.begin());
  toy.layers[0].weight = ones({1000, 2}).requires_grad_();
  std::ostringstream printed;
  printed << toy;
  BOOST_TEST(printed.str() == R"(name         shape              count
stem.weight  (3, 2)                 6
stem.bias    (3,)                   3
h.0.weight   (1000, 2)          2,000
h.0.bias     (3,)                   3
head.weight  (3, 2)     = stem.weight
scale        ()                     1
mean         (3,)              buffer
exact        (2,)              buffer
ids          (3,)              buffer
keep         (2,)              buffer
total                           2,013
frozen                              6
)");
}

BOOST_AUTO_TEST_CASE(errors_name_the_users_line_and_the_module) {
  const Net net;
  const int line = __LINE__ + 1;
  const auto message = message_of<ValueError>([&] { net(1); });
  BOOST_TEST(message == "failing: as asked" + place(__FILE__, line) + ", in h.1.inner");
}

BOOST_AUTO_TEST_CASE(paths_follow_modules_that_move) {
  Net net;
  const auto path_at = [&](std::size_t i) {
    const auto message = message_of<ValueError>([&] { net(i); });
    return message.substr(message.find(", in "));
  };
  BOOST_TEST(path_at(0) == ", in h.0.inner");
  net.layers.insert(net.layers.begin(), Layer());
  BOOST_TEST(path_at(0) == ", in h.0.inner");
  BOOST_TEST(path_at(2) == ", in h.2.inner");
}

BOOST_AUTO_TEST_CASE(threads_may_call_a_new_module_at_once) {
  for (int round = 0; round < 20; ++round) {
    const Net net;
    std::vector<std::string> messages(4);
    std::vector<std::thread> threads;
    for (auto& message : messages)
      threads.emplace_back([&] {
        try {
          net(1);
        } catch (const ValueError& error) {
          message = error.what();
        }
      });
    for (auto& thread : threads) thread.join();
    for (const auto& message : messages) BOOST_TEST(message.ends_with(", in h.1.inner"));
  }
}

BOOST_AUTO_TEST_CASE(a_part_called_alone_keeps_its_path) {
  const Net net;
  BOOST_TEST(message_of<ValueError>([&] { net.layers[1](); }).ends_with(", in inner"));
  BOOST_TEST(message_of<ValueError>([&] { net(1); }).ends_with(", in h.1.inner"));
  BOOST_TEST(message_of<ValueError>([&] { net.layers[1](); }).ends_with(", in h.1.inner"));
  BOOST_TEST(message_of<ValueError>([&] { Failing()(); }).find(", in ") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
