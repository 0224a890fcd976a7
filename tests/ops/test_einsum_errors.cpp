// What einsum says of equations and shapes that make no sense, and of the place of the call.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <xtape/core/creation.hpp>
#include <xtape/ops/einsum.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::text_of;

BOOST_AUTO_TEST_SUITE(einsum_errors)

BOOST_AUTO_TEST_CASE(errors_of_equations) {
  const auto x = ones({2, 3});
  const auto text = [&](const Equation& equation, const std::vector<Tensor>& operands) {
    return text_of<ValueError>([&] { einsum(equation, operands); });
  };
  BOOST_TEST(text("ij,jk->ik", {x}) ==
             "einsum: in \"ij,jk->ik\", 2 operands are described, but 1 given: (2, 3)");
  BOOST_TEST(text("ij", {x, x}) == "einsum: in \"ij\", 1 operand is described, but 2 given: (2, 3), (2, 3)");
  BOOST_TEST(text("ij", {}) == "einsum: in \"ij\", 1 operand is described, but 0 given");
  BOOST_TEST(text("ij->ii", {x}) == "einsum: in \"ij->ii\", the output names index i twice");
  BOOST_TEST(text("ij->k", {x}) == "einsum: in \"ij->k\", index k of the output is an index of no operand");
  const std::string grammar =
      "makes no sense; axes are named by letters, \"...\" once in a term stands for those without one, and "
      "\"->\" comes once, before the output";
  BOOST_TEST(text("i1->i", {x}) == "einsum: in \"i1->i\", '1' in operand 0 " + grammar);
  BOOST_TEST(text("ij,j.", {x, x}) == "einsum: in \"ij,j.\", '.' in operand 1 " + grammar);
  BOOST_TEST(text("...i...", {x}) == "einsum: in \"...i...\", '.' in operand 0 " + grammar);
  BOOST_TEST(text("ij->i->j", {x}) == "einsum: in \"ij->i->j\", '-' in the output " + grammar);
  BOOST_TEST(text("ij-i", {x}) == "einsum: in \"ij-i\", '-' in operand 0 " + grammar);
  BOOST_TEST(text("ij->i,j", {x}) == "einsum: in \"ij->i,j\", ',' in the output " + grammar);
  BOOST_TEST(text("i\tj", {x}) == "einsum: in \"i\tj\", '\t' in operand 0 " + grammar);
}

BOOST_AUTO_TEST_CASE(errors_of_shapes) {
  const auto text = [&](const Equation& equation, const std::vector<Shape>& shapes) {
    std::vector<Tensor> operands;
    for (const Shape& shape : shapes) operands.push_back(ones(shape));
    return text_of<ShapeError>([&] { einsum(equation, operands); });
  };
  BOOST_TEST(text("ij,jk->ik", {{2, 3}, {4, 5}}) ==
             "einsum: in \"ij,jk->ik\", index j is 3 in operand 0 (2, 3) and 4 in operand 1 (4, 5)");
  BOOST_TEST(
      text("ij,jk->ik", {{2, 1}, {4, 5, 6}}) ==
      "einsum: in \"ij,jk->ik\", \"jk\" names 2 axes, but operand 1 (4, 5, 6) has 3; \"...\" stands for "
      "the others");
  BOOST_TEST(text("i", {{}}) == "einsum: in \"i\", \"i\" names 1 axis, but operand 0 () has 0");
  BOOST_TEST(text("...ij", {{3}}) ==
             "einsum: in \"...ij\", \"...ij\" names 2 axes, but operand 0 (3,) has 1");
  BOOST_TEST(text("ii->i", {{2, 3}}) == "einsum: in \"ii->i\", index i is 2 and 3 in operand 0 (2, 3)");
  BOOST_TEST(text("ii->i", {{1, 3}}) == "einsum: in \"ii->i\", index i is 1 and 3 in operand 0 (1, 3)");
  BOOST_TEST(
      text("...i,...i->...", {{2, 3}, {4, 3}}) ==
      "einsum: in \"...i,...i->...\", an axis under \"...\" is 2 in operand 0 (2, 3) and 4 in operand 1 "
      "(4, 3)");
  BOOST_TEST(text("...i,i->i", {{2, 3}, {3}}) ==
             "einsum: in \"...i,i->i\", \"...\" stands for 1 axis of operand 0 (2, 3), but the output has no "
             "\"...\"; to sum over them, name them by letters");
}

BOOST_AUTO_TEST_CASE(errors_name_the_line_of_the_call) {
  const auto x = ones({2, 3});
  int line = __LINE__ + 1;
  const auto wrong = [&] { einsum("ij->k", x); };
  BOOST_TEST(test::message_of<ValueError>(wrong) ==
             "einsum: in \"ij->k\", index k of the output is an index of no operand" +
                 test::place(__FILE__, line));
  const auto leaf = ones<double>({3, 3}).requires_grad_();
  line = __LINE__ + 1;
  const auto y = einsum("ii,ij,j", leaf, leaf, Tensor64{1, 2, 3});
  BOOST_TEST(y.node()->at.line == line);
  BOOST_TEST(y.node()->inputs[0].parent->at.line == line);
}

BOOST_AUTO_TEST_SUITE_END()
