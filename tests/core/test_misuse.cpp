// What goes wrong with tensors, creation, random numbers and walks, and what is said then.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/grad_mode.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/random.hpp>

#include "tests/support/misuse.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::check_misuses;
using test::times;
using test::total;

namespace {

const Tensor constant = zeros({2, 3});

Tensor leaf() { return ones({2, 3}).requires_grad_(); }

/// A graph that was walked once.
Tensor walked() {
  const Tensor x = leaf();
  const Tensor loss = total(times(x, x));
  loss.backward();
  return loss;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(core_misuse)

BOOST_AUTO_TEST_CASE(making_tensors) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check_misuses({
      {[] {
         zeros({2, -3});
       },
       "shape (2, -3): extents are 0 or more"},
      {[] {
         zeros({1 << 30, 1 << 30, 1 << 30});
       },
       "shape (1073741824, 1073741824, 1073741824): that many elements do not fit in memory"},
      {[] { arange(0, 1, 0); }, "arange: from 0 to 1 in steps of 0 is no finite range"},
      {[] { linspace(0, 1, -1); }, "linspace: count = -1; it is 0 or more"},
      {[] { eye(-1); }, "shape (-1, -1): extents are 0 or more"},
      {[] { randint(3, 3, {2}); }, "randint: no integer lies in [3, 3)"},
      {[] { bernoulli(1.5, {2}); }, "bernoulli: p = 1.5 is not a probability; it lies between 0 and 1"},
      {[=] { bernoulli(nan, {2}); }, "bernoulli: p = nan is not a probability; it lies between 0 and 1"},
      {[] { permutation(-1); }, "permutation: n = -1; it is 0 or more"},
      {[] {
         multinomial(Tensor{1, -1}, 1);
       },
       "multinomial: weight -1 at position 1; weights are finite and 0 or more"},
      {[=] {
         multinomial(Tensor64{1, nan}, 1);
       },
       "multinomial: weight nan at position 1; weights are finite and 0 or more"},
      {[] {
         multinomial(Tensor{0, 0}, 1);
       },
       "multinomial: all 2 weights are 0; one must be positive"},
      {[] {
         multinomial(Tensor{1, 0}, 2, false);
       },
       "multinomial: 2 draws without replacement from 1 positive weights"},
      {[] {
         multinomial(zeros({2, 0}), 1);
       },
       "multinomial: there are no weights to draw from"},
      {[] { multinomial(Tensor(1.0F), 1); }, "multinomial: weights needs at least 1 axis, not shape ()"},
  });
}

BOOST_AUTO_TEST_CASE(reading_and_writing) {
  check_misuses({
      {[] { constant.item(); }, "item: shape (2, 3) does not hold one element"},
      {[] { zeros({0}).item(); }, "item: shape (0,) does not hold one element"},
      {[] {
         constant.at({2, 0});
       },
       "at: index (2, 0) is outside of shape (2, 3)"},
      {[] {
         constant.at({0, -4});
       },
       "at: index (0, -4) is outside of shape (2, 3)"},
      {[] { constant.at({0}); }, "at: index (0,) has another number of axes than shape (2, 3)"},
      {[] { Tensor(constant).mutable_data(); },
       "mutable_data: values may be written only where no op is recorded; open a NoGrad scope around the "
       "write"},
      {[] {
         NoGrad off;
         zeros({2}).assign(zeros({3}));
       },
       "assign: the values and the tensor differ in shape: (3,) and (2,)"},
      {[] {
         const Tensor x = leaf();
         Tensor y = times(x, x);
         NoGrad off;
         y.mutable_data();
       },
       "mutable_data: times (2, 3) was made by an op and is not written; write a leaf, or a "
       "detach().clone()"},
      {[] {
         Indices{1, 2}.item();
       },
       "item: shape (2,) does not hold one element"},
      {[] {
         Indices{1, 2}.at({2});
       },
       "at: index (2,) is outside of shape (2,)"},
      {[] {
         Indices{1, 2, 3}.reshape({2, -1});
       },
       "reshape: 3 elements of shape (3,) do not fill shape (2, -1)"},
  });
}

BOOST_AUTO_TEST_CASE(gradients) {
  check_misuses({
      {[] { constant.grad(); },
       "grad: the tensor (2, 3) has no gradient; it is a constant: call requires_grad_() on it before the "
       "ops"},
      {[] { leaf().grad(); },
       "grad: the tensor (2, 3) has no gradient; call backward() on a result that depends on it"},
      {[] { constant.set_grad(constant); },
       "set_grad: the tensor (2, 3) is a constant; call requires_grad_() on it first"},
      {[] { leaf().set_grad(zeros({2})); },
       "set_grad: the gradient and the tensor differ in shape: (2,) and (2, 3)"},
      {[] { constant.retain_grad(); },
       "retain_grad: the tensor (2, 3) is a constant; call requires_grad_() on it first"},
      {[] { constant.register_hook([](const Tensor&) {}); },
       "register_hook: the tensor (2, 3) is a constant; call requires_grad_() on it first"},
      {[] {
         const Tensor x = leaf();
         times(x, x).requires_grad_(false);
       },
       "requires_grad_: times (2, 3) was made by an op and cannot be frozen; use detach()"},
      {[] { constant.backward(); },
       "backward: the output has shape (2, 3), not one element; give the gradient for it in that shape, or "
       "reduce it with sum() or mean()"},
      {[] { total(constant).backward(); },
       "backward: the output () does not depend on any tensor that requires a gradient; call "
       "requires_grad_() on a leaf before the ops, and record outside of NoGrad"},
      {[] { leaf().backward(); },
       "backward: the output has shape (2, 3), not one element; give the gradient for it in that shape, or "
       "reduce it with sum() or mean()"},
      {[] {
         const Tensor x = leaf();
         times(x, x).backward();
       },
       "backward: the output has shape (2, 3), not one element; give the gradient for it in that shape, or "
       "reduce it with sum() or mean()"},
      {[] {
         const Tensor x = leaf();
         times(x, x).backward(ones({3, 2}));
       },
       "backward: the gradient for an output of shape (2, 3) has shape (3, 2)"},
      {[] { walked().backward(); },
       "backward: the graph behind total () was walked before and is released; give the first walk "
       "{.retain_graph = true}"},
      {[] {
         const Tensor x = leaf(), y = walked();
         grad(y, x);
       },
       "grad: the graph behind total () was walked before and is released; give the first walk "
       "{.retain_graph = true}"},
      {[] {
         const Tensor x = leaf();
         grad(total(x), constant);
       },
       "grad: the input (2, 3) carries no gradient; call requires_grad_() on it before the ops"},
      {[] {
         const Tensor x = leaf(), other = leaf();
         grad(total(x), other);
       },
       "grad: no output depends on the input (2, 3) made by leaf; give {.allow_unused = true} for zeros "
       "instead"},
      {[] {
         const Tensor x = leaf();
         grad(times(x, x), x);
       },
       "grad: the output has shape (2, 3), not one element; give the gradient for it in that shape, or "
       "reduce it with sum() or mean()"},
      {[] {
         const Tensor x = leaf();
         grad(total(x), x, {.grad_outputs = {zeros({2})}});
       },
       "grad: the gradient for an output of shape () has shape (2,)"},
      {[] {
         const Tensor x = leaf();
         grad(total(x), x, {.grad_outputs = {ones({}), ones({})}});
       },
       "grad: 1 outputs but 2 gradients for them; give one each, or none for scalars"},
      {[] {
         NoGrad off;
         const Tensor x = leaf();
         total(x).backward();
       },
       "backward: the output () does not depend on any tensor that requires a gradient; call "
       "requires_grad_() on a leaf before the ops, and record outside of NoGrad"},
  });
}

BOOST_AUTO_TEST_CASE(values_changed_under_the_graph) {
  Tensor x = leaf();
  const Tensor loss = total(times(x, x));
  {
    const NoGrad off;
    x.mutable_data()[0] = 2;
  }
  check_misuses({{[&] { loss.backward(); },
                  "times: its gradient needs the value that b (2, 3) had, but it was written since; run "
                  "backward before writing, or give the op a clone(), in the gradient of times"}});
}

BOOST_AUTO_TEST_CASE(ops_of_users) {
  const auto wrong_shape = [](const Tensor& x, Here at = Here::now()) {
    return record({"my_op", at}, x.detach(), wrt(x, [](const Tensor&) { return zeros({5}); }));
  };
  check_misuses({
      {[&] { total(wrong_shape(leaf())).backward(); },
       "my_op: the gradient for an input of shape (2, 3) (float32) made by leaf has shape (5,) (float32), in "
       "the gradient of my_op"},
      {[] {
         const Tensor x = leaf();
         x.register_hook([](const Tensor&) { return zeros({1}); });
         total(x).backward();
       },
       "hook on leaf: it returned shape (1,) for a gradient of shape (2, 3), in the gradient of leaf"},
      {[] {
         check_grads([](const std::vector<Tensor64>& in) { return in[0]; }, {Tensor64{1}}, {.order = 0});
       },
       "check_grads: order = 0 must be 1 or more"},
      {[] { set_num_threads(0); }, "set_num_threads: n = 0 must be 1 or more"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
