// What goes wrong with arithmetic, products, norms, losses and attention, and what is said then.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/cross_entropy.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/einsum.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/layer_norm.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/selection.hpp>

#include "tests/support/misuse.hpp"

using namespace xtape;
using test::check_misuses;

namespace {

const Tensor x = zeros({2, 3});
const Tensor cube = zeros({2, 3, 4});
const Tensor scalar = zeros({});
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

BOOST_AUTO_TEST_SUITE(math_misuse)

BOOST_AUTO_TEST_CASE(elementwise_shapes) {
  check_misuses({
      {[] { x + zeros({2}); },
       "add: shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2"},
      {[] { x - cube; },
       "sub: shapes (2, 3) and (2, 3, 4) do not broadcast: axis 2 from the last has 2 and 3"},
      {[] {
         x* zeros({3, 2});
       },
       "mul: shapes (2, 3) and (3, 2) do not broadcast: axis 2 from the last has 2 and 3"},
      {[] {
         x / zeros({0, 3});
       },
       "div: shapes (2, 3) and (0, 3) do not broadcast: axis 2 from the last has 2 and 0"},
      {[] { maximum(x, zeros({4})); },
       "maximum: shapes (2, 3) and (4,) do not broadcast: axis 1 from the last has 3 and 4"},
      {[] { pow(x, zeros({4})); },
       "pow: shapes (2, 3) and (4,) do not broadcast: axis 1 from the last has 3 and 4"},
      {[] {
         elementwise(
             "twice_a_plus_b", [](auto a, auto b) { return a + a + b; }, x, zeros({4}));
       },
       "twice_a_plus_b: shapes (2, 3) and (4,) do not broadcast: axis 1 from the last has 3 and 4"},
  });
}

BOOST_AUTO_TEST_CASE(products) {
  check_misuses({
      {[] { matmul(x, x); }, "matmul: inner sizes differ: (2, 3) x (2, 3)"},
      {[] { matmul(x, zeros({4})); }, "matmul: inner sizes differ: (2, 3) x (4,)"},
      {[] { matmul(scalar, x); }, "matmul: a scalar is no matrix, multiply by it with *: () x (2, 3)"},
      {[] { matmul(x, scalar); }, "matmul: a scalar is no matrix, multiply by it with *: (2, 3) x ()"},
      {[] {
         matmul(cube, zeros({3, 4, 2}));
       },
       "matmul: batch axes do not broadcast: (2, 3, 4) x (3, 4, 2)"},
      {[] { matmul(x, x, {.transpose_a = true, .transpose_b = true}); },
       "matmul: inner sizes differ: (2, 3)^T x (2, 3)^T"},
      {[] {
         linear(x, zeros({4, 2}));
       },
       "linear: x (2, 3) does not end with the 2 columns of weight (4, 2)"},
      {[] { linear(x, zeros({4})); }, "linear: weight is (out, in), not (4,)"},
      {[] {
         linear(x, zeros({4, 3}), zeros({3}));
       },
       "linear: bias (3,) is not one value for each of the 4 rows of weight (4, 3)"},
      {[] {
         linear(scalar, zeros({4, 3}));
       },
       "linear: x () does not end with the 3 columns of weight (4, 3)"},
  });
}

BOOST_AUTO_TEST_CASE(equations) {
  check_misuses({
      {[] { einsum("ij,jk->ik", x); },
       "einsum: in \"ij,jk->ik\", 2 operands are described, but 1 given: (2, 3)"},
      {[] { einsum("ij->i", x, x); },
       "einsum: in \"ij->i\", 1 operand is described, but 2 given: (2, 3), (2, 3)"},
      {[] { einsum("ijk->i", x); },
       "einsum: in \"ijk->i\", \"ijk\" names 3 axes, but operand 0 (2, 3) has 2"},
      {[] { einsum("i->i", x); },
       "einsum: in \"i->i\", \"i\" names 1 axis, but operand 0 (2, 3) has 2; \"...\" stands for the others"},
      {[] { einsum("ij,jk->ik", x, x); },
       "einsum: in \"ij,jk->ik\", index j is 3 in operand 0 (2, 3) and 2 in operand 1 (2, 3)"},
      {[] { einsum("ii->i", x); }, "einsum: in \"ii->i\", index i is 2 and 3 in operand 0 (2, 3)"},
      {[] { einsum("ij->ik", x); }, "einsum: in \"ij->ik\", index k of the output is an index of no operand"},
      {[] { einsum("ij->ii", x); }, "einsum: in \"ij->ii\", the output names index i twice"},
      {[] { einsum("i1->i", x); },
       "einsum: in \"i1->i\", '1' in operand 0 makes no sense; axes are named by letters, \"...\" once in a "
       "term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("ij->i->j", x); },
       "einsum: in \"ij->i->j\", '-' in the output makes no sense; axes are named by letters, \"...\" once "
       "in a term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("ij-i", x); },
       "einsum: in \"ij-i\", '-' in operand 0 makes no sense; axes are named by letters, \"...\" once in a "
       "term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("...i.", x); },
       "einsum: in \"...i.\", '.' in operand 0 makes no sense; axes are named by letters, \"...\" once in a "
       "term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("......", x); },
       "einsum: in \"......\", '.' in operand 0 makes no sense; axes are named by letters, \"...\" once in a "
       "term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("ij->...ij...", x); },
       "einsum: in \"ij->...ij...\", '.' in the output makes no sense; axes are named by letters, \"...\" "
       "once in a term stands for those without one, and \"->\" comes once, before the output"},
      {[] { einsum("", x); },
       "einsum: in \"\", \"\" names 0 axes, but operand 0 (2, 3) has 2; \"...\" stands for the others"},
      {[] {
         einsum("...i,...i->...", x, zeros({4, 3}));
       },
       "einsum: in \"...i,...i->...\", an axis under \"...\" is 2 in operand 0 (2, 3) and 4 in operand 1 (4, "
       "3)"},
      {[] { einsum("ij", std::vector<Tensor>{}); }, "einsum: in \"ij\", 1 operand is described, but 0 given"},
  });
}

BOOST_AUTO_TEST_CASE(norms_and_dropout) {
  check_misuses({
      {[] { layer_norm(x, zeros({2}), zeros({3})); },
       "layer_norm: weight of shape (2,) does not fit x of shape (2, 3); it needs (3,)"},
      {[] { layer_norm(x, zeros({3}), zeros({2})); },
       "layer_norm: bias of shape (2,) does not fit x of shape (2, 3); it needs (3,)"},
      {[] { layer_norm(scalar, zeros({1}), zeros({1})); },
       "layer_norm: x needs at least 1 axis, not shape ()"},
      {[] { rms_norm(x, zeros({2})); },
       "rms_norm: weight of shape (2,) does not fit x of shape (2, 3); it needs (3,)"},
      {[] { dropout(x, 1.5); }, "dropout: p = 1.5 is not a probability; it lies between 0 and 1"},
      {[] { dropout(x, -0.1); }, "dropout: p = -0.1 is not a probability; it lies between 0 and 1"},
      {[] { dropout(x, not_a_number); }, "dropout: p = nan is not a probability; it lies between 0 and 1"},
  });
}

BOOST_AUTO_TEST_CASE(losses) {
  check_misuses({
      {[] {
         cross_entropy(x, {0, 3});
       },
       "cross_entropy: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2"},
      {[] {
         cross_entropy(x, {0, -1});
       },
       "cross_entropy: index -1 at position 1 is out of range; there are 3 to choose from, 0 to 2"},
      {[] {
         cross_entropy(x, {0, 1, 2});
       },
       "cross_entropy: targets of shape (3,) do not fit logits of shape (2, 3), the last axis of which holds "
       "the classes; they need (2,)"},
      {[] {
         cross_entropy(x, {{0, 1, 2}, {0, 1, 2}});
       },
       "cross_entropy: targets of shape (2, 3) do not fit logits of shape (2, 3), the last axis of which "
       "holds the classes; they need (2,)"},
      {[] { cross_entropy(scalar, {0}); }, "cross_entropy: logits needs at least 1 axis, not shape ()"},
      {[] {
         cross_entropy(x, {0, 1}, {.label_smoothing = 1.5});
       },
       "cross_entropy: label_smoothing = 1.5 is not a probability; it lies between 0 and 1"},
      {[] {
         cross_entropy(x, {0, 1}, {.label_smoothing = not_a_number});
       },
       "cross_entropy: label_smoothing = nan is not a probability; it lies between 0 and 1"},
      {[] { mse_loss(x, zeros({3})); }, "mse_loss: x and target differ in shape: (2, 3) and (3,)"},
      {[] { binary_cross_entropy_with_logits(x, zeros({2})); },
       "binary_cross_entropy_with_logits: x and target differ in shape: (2, 3) and (2,)"},
  });
}

BOOST_AUTO_TEST_CASE(attention) {
  const Tensor q = zeros({1, 2, 3, 4}), k = zeros({1, 2, 5, 4});  // (B, H, T, D)
  check_misuses({
      {[=] {
         scaled_dot_product_attention(q, zeros({1, 2, 5, 3}), k);
       },
       "scaled_dot_product_attention: q (1, 2, 3, 4), k (1, 2, 5, 3) and v (1, 2, 5, 4): q and k differ in "
       "head size, 4 and 3"},
      {[=] {
         scaled_dot_product_attention(q, k, zeros({1, 2, 6, 4}));
       },
       "scaled_dot_product_attention: q (1, 2, 3, 4), k (1, 2, 5, 4) and v (1, 2, 6, 4): k and v differ in "
       "length, 5 and 6"},
      {[=] { scaled_dot_product_attention(zeros({4}), k, k); },
       "scaled_dot_product_attention: q (4,), k (1, 2, 5, 4) and v (1, 2, 5, 4): each needs two axes or "
       "more, (..., T, D)"},
      {[=] {
         scaled_dot_product_attention(q, zeros({1, 3, 5, 4}), k);
       },
       "scaled_dot_product_attention: q (1, 2, 3, 4), k (1, 3, 5, 4) and v (1, 2, 5, 4): the axes before the "
       "last two do not broadcast, and q's heads are no multiple of those of k and v"},
      {[=] {
         scaled_dot_product_attention(q, k, k, {.keep = Mask{true, false}});
       },
       "scaled_dot_product_attention: keep (2,) does not broadcast to the scores (1, 2, 3, 5), which are "
       "(..., queries, keys)"},
      {[=] { scaled_dot_product_attention(q, k, k, {.dropout = 1.1}); },
       "scaled_dot_product_attention: dropout = 1.1 is not a probability; it lies between 0 and 1"},
      {[=] { scaled_dot_product_attention(q, k, k, {.dropout = not_a_number}); },
       "scaled_dot_product_attention: dropout = nan is not a probability; it lies between 0 and 1"},
      {[] { scaled_dot_product_attention(cube, 2); },
       "scaled_dot_product_attention: the last axis of qkv (2, 3, 4) does not divide into 2 heads of q and "
       "2 each of k and v"},
      {[] {
         scaled_dot_product_attention(zeros({1, 2, 12}), 3);
       },
       "scaled_dot_product_attention: the last axis of qkv (1, 2, 12) does not divide into 3 heads of q and "
       "3 each of k and v"},
      {[] {
         scaled_dot_product_attention(zeros({1, 2, 12}), 0);
       },
       "scaled_dot_product_attention: n_head = 0; it is 1 or more"},
      {[] { scaled_dot_product_attention(x, 1); },
       "scaled_dot_product_attention: qkv needs 3 axes, not shape (2, 3)"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
