// Products in bf16: what is rounded, in which scope, and in whose gradients.
#include <boost/test/unit_test.hpp>
#include <thread>

#include <xtape/core/backward.hpp>
#include <xtape/core/checkpoint.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/einsum.hpp>
#include <xtape/ops/kernels/bf16.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/precision.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"

namespace {

using namespace xtape;
using test::text_of;

// Scopes of the engine are open on every processor: where bf16 is not fast, products are made of rounded
// floats.
using Scope = detail::PrecisionScope;

Tensor rounded(const Tensor& x) {
  auto y = uninitialized<float>(x.shape());
  for (index_t i = 0; i < x.size(); ++i) y.data()[i] = kernels::to_float(kernels::to_bf16(x.data()[i]));
  return y;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  BOOST_REQUIRE(a.shape() == b.shape());
  double most = 0;
  for (index_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(double{a.data()[i]} - b.data()[i]));
  return most;
}

constexpr double rounding = 1e-5;  // of float sums of 70 products of normal numbers

struct Factors {
  Generator generator{1};
  Tensor a = randn({20, 70}, generator).requires_grad_();
  Tensor b = randn({30, 70}, generator).requires_grad_();
  Tensor gy = randn({20, 30}, generator);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(matmul_precision_scopes, Factors)

BOOST_AUTO_TEST_CASE(products_are_those_of_rounded_operands) {
  const auto products = [](const Tensor& u, const Tensor& v) {
    return std::vector<Tensor>{matmul(u, v, {.transpose_b = true}), linear(u, v), einsum("ik,jk->ij", u, v)};
  };
  const auto want = products(rounded(a), rounded(b)), full = products(a, b);
  const Scope scope(Precision::bf16);
  const auto y = products(a, b);
  for (std::size_t i = 0; i < y.size(); ++i) {
    BOOST_CHECK_SMALL(largest_difference(y[i], want[i]), rounding);
    BOOST_CHECK_GT(largest_difference(y[i], full[i]), 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(gradients_are_made_in_the_precision_of_their_record) {
  Tensor y;
  {
    const Scope scope(Precision::bf16);
    y = matmul(a, b, {.transpose_b = true});
  }
  y.backward(gy);
  BOOST_CHECK_SMALL(largest_difference(a.grad(), matmul(rounded(gy), rounded(b))), rounding);
  BOOST_CHECK_SMALL(largest_difference(b.grad(), matmul(rounded(gy), rounded(a), {.transpose_a = true})),
                    rounding);
  a.zero_grad();
  y = matmul(a, b, {.transpose_b = true});
  const Scope scope(Precision::bf16);
  y.backward(gy);
  BOOST_CHECK_GT(largest_difference(a.grad(), matmul(rounded(gy), rounded(b))), 1e-3);
}

BOOST_AUTO_TEST_CASE(gradients_of_gradients_too) {
  Tensor ga;
  {
    const Scope scope(Precision::bf16);
    const Tensor y = matmul(a, b, {.transpose_b = true});
    ga = grad(y, a, {.grad_outputs = {gy}, .create_graph = true});  // gy b
  }
  const Tensor v = randn(a.shape(), generator);
  sum(ga * v).backward();
  BOOST_CHECK_SMALL(largest_difference(b.grad(), matmul(rounded(gy), rounded(v), {.transpose_a = true})),
                    rounding);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_runs_again_in_the_same_precision) {
  const auto f = [&](const Tensor& x) {
    const Tensor z = matmul(x, b, {.transpose_b = true});
    return z * z;
  };
  Tensor y;
  {
    const Scope scope(Precision::bf16);
    y = f(a);
    y.backward(gy);
    y = checkpoint(f, a);
  }
  const Tensor want = a.grad().clone();
  a.zero_grad();
  y.backward(gy);
  BOOST_TEST(largest_difference(a.grad(), want) == 0);
}

BOOST_AUTO_TEST_CASE(attention_stays_full_in_its_composed_form_too) {
  const Tensor q = randn({2, 5, 8}, generator).requires_grad_();
  const auto gradient = [&](bool create_graph) {
    return grad(sum(square(scaled_dot_product_attention(q, q, q))), q, {.create_graph = create_graph});
  };
  const Tensor weights = attention_weights(q, q);
  const Scope scope(Precision::bf16);
  BOOST_CHECK_LE(largest_difference(gradient(true), gradient(false)), rounding);
  BOOST_CHECK_EQUAL(largest_difference(attention_weights(q, q), weights), 0);
}

BOOST_AUTO_TEST_CASE(doubles_and_other_threads_are_not_touched) {
  const Tensor64 u = randn<double>({5, 7}), v = randn<double>({7, 6});
  const Tensor64 want = matmul(u, v);
  const Scope scope(Precision::bf16);
  const Tensor64 y = matmul(u, v);
  BOOST_CHECK(std::equal(y.data(), y.data() + y.size(), want.data()));
  Precision elsewhere{};
  std::thread([&] { elsewhere = matmul_precision(); }).join();
  BOOST_CHECK(elsewhere == Precision::full);
}

BOOST_AUTO_TEST_CASE(set_where_it_is_fast_and_refused_elsewhere) {
  BOOST_TEST(has_matmul_precision(Precision::full));
  if (has_matmul_precision(Precision::bf16)) {
    {
      const MatmulPrecision scope(Precision::bf16);
      BOOST_CHECK(matmul_precision() == Precision::bf16);
    }
    BOOST_CHECK(matmul_precision() == Precision::full);
    set_matmul_precision(Precision::bf16);
    BOOST_CHECK(matmul_precision() == Precision::bf16);
  } else {
    BOOST_TEST(text_of<ValueError>([] { set_matmul_precision(Precision::bf16); }) ==
               "set_matmul_precision: products of bf16 need oneDNN (libdnnl-dev, when xtape is built) and a "
               "processor "
               "with AVX512_BF16; stay with Precision::full");
  }
  set_matmul_precision(Precision::full);
  BOOST_CHECK(matmul_precision() == Precision::full);
}

BOOST_AUTO_TEST_SUITE_END()
