// matmul against loops over indices, its gradients for every flag and broadcast, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/matmul.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

/// Two operands and their flags.
struct Case {
  Shape a, b;
  MatmulOptions options = {};
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << to_string(c.a) << (c.options.transpose_a ? "^T" : "") << " x " << to_string(c.b)
             << (c.options.transpose_b ? "^T" : "");
}

Shape swapped(Shape shape, bool really) {
  if (really) std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return shape;
}

/// Every flag for operands of these shapes, which are stored transposed where the flag says so.
std::vector<Case> all_flags(const Shape& a, const Shape& b) {
  std::vector<Case> cases;
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      if ((!ta || a.size() > 1) && (!tb || b.size() > 1))
        cases.push_back({swapped(a, ta), swapped(b, tb), {ta, tb}});
  return cases;
}

/// Element (batch, i, k) of a stack of matrices: batch counts in `batch`, to which the stack's axes
/// broadcast.
double element(const Tensor64& x, const Shape& batch, index_t place, index_t i, index_t k, bool transposed) {
  if (transposed) std::swap(i, k);
  const Shape own(x.shape().begin(), x.shape().end() - 2);
  const Strides steps = broadcast_strides(own, batch);
  index_t at = 0;
  for (std::size_t d = batch.size(); d-- > 0; place /= batch[d]) at += place % batch[d] * steps[d];
  return x.data()[(at * x.shape(-2) + i) * x.shape(-1) + k];
}

Tensor64 reshaped(const Tensor64& x, const Shape& shape) {
  return Tensor64(AnyTensor(ArrayBase(x.storage(), shape), DType::float64));
}

Tensor64 naive(Tensor64 a, Tensor64 b, MatmulOptions options) {
  const bool row = a.dimension() == 1, column = b.dimension() == 1;
  if (row) a = reshaped(a, {1, a.shape(0)});
  if (column) b = reshaped(b, {b.shape(0), 1});
  const index_t m = a.shape(options.transpose_a ? -1 : -2), k = a.shape(options.transpose_a ? -2 : -1);
  const index_t n = b.shape(options.transpose_b ? -2 : -1);
  Shape batch;
  const std::size_t rank = std::max(a.dimension(), b.dimension()) - 2;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::size_t from_end = rank - d + 2;
    const index_t of_a = from_end <= a.dimension() ? a.shape()[a.dimension() - from_end] : 1;
    const index_t of_b = from_end <= b.dimension() ? b.shape()[b.dimension() - from_end] : 1;
    batch.push_back(of_a == 1 ? of_b : of_a);
  }
  Shape shape = batch;
  if (!row) shape.push_back(m);
  if (!column) shape.push_back(n);
  auto y = uninitialized<double>(shape);
  double* out = y.data();
  for (index_t place = 0; place < element_count(batch); ++place)
    for (index_t i = 0; i < m; ++i)
      for (index_t j = 0; j < n; ++j) {
        *out = 0;
        for (index_t l = 0; l < k; ++l)
          *out += element(a, batch, place, i, l, options.transpose_a) *
                  element(b, batch, place, l, j, options.transpose_b);
        ++out;
      }
  return y;
}

std::vector<Case> small_cases() {
  std::vector<Case> cases = {{{4}, {4}}, {{1}, {1}}};
  for (const auto& [a, b] : {std::pair<Shape, Shape>{{3, 4}, {4, 2}},
                             {{1, 4}, {4, 1}},
                             {{1, 1}, {1, 1}},
                             {{3, 1}, {1, 2}},
                             {{4}, {4, 3}},
                             {{3, 4}, {4}},
                             {{2, 3, 4}, {4}},
                             {{4}, {2, 4, 3}},
                             {{2, 3, 4}, {4, 5}},
                             {{3, 4}, {2, 4, 5}},
                             {{2, 3, 4}, {2, 4, 5}},
                             {{2, 1, 3, 4}, {5, 4, 2}},
                             {{2, 3, 2, 4}, {3, 4, 2}},
                             {{2, 3, 2, 4}, {2, 1, 4, 2}},
                             {{2, 1, 3, 4}, {1, 3, 4, 2}},
                             {{2, 1, 1, 4}, {1, 3, 4, 1}},
                             {{2, 3, 1, 1}, {2, 1, 1, 5}},
                             {{2, 3, 4, 1}, {3, 1, 1}},
                             {{2, 1, 2, 2, 3}, {3, 1, 3, 2}}})
    for (const Case& c : all_flags(a, b)) cases.push_back(c);
  return cases;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(matmul_op)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 a = {{1, 2}, {3, 4}}, b = {{5, 6}, {7, 8}};
  BOOST_TEST(equal(matmul(a, b), {{19, 22}, {43, 50}}));
  BOOST_TEST(equal(matmul(a, b, {.transpose_a = true}), {{26, 30}, {38, 44}}));
  BOOST_TEST(equal(matmul(a, b, {.transpose_b = true}), {{17, 23}, {39, 53}}));
  BOOST_TEST(equal(matmul(Tensor64{1, 2}, b), {19, 22}));
  BOOST_TEST(equal(matmul(b, Tensor64{1, 2}), {17, 23}));
  BOOST_TEST(equal(matmul(Tensor64{1, 2}, Tensor64{3, 4}), 11));
  BOOST_TEST(equal(matmul(a, {{1, 0}, {0, 1}}), a));
}

BOOST_AUTO_TEST_CASE(every_shape_and_flag_is_the_sum_over_indices) {
  Generator random(1);
  for (const Case& c : small_cases()) {
    const auto a = randn<double>(c.a, random), b = randn<double>(c.b, random);
    BOOST_TEST_CONTEXT(c) {
      BOOST_TEST(close(matmul(a, b, c.options), naive(a, b, c.options), 1e-14));
      const auto single = matmul(a.astype<float>(), b.astype<float>(), c.options);
      BOOST_TEST(close(single.astype<double>(), naive(a, b, c.options), 2e-6));
    }
  }
}

BOOST_AUTO_TEST_CASE(sizes_above_the_parallel_grain) {
  Generator random(2);
  for (const auto& [a, b] : {std::pair<Shape, Shape>{{67, 129}, {129, 65}},
                             {{3, 33, 129}, {129, 31}},
                             {{70, 9, 33}, {70, 33, 17}}})
    for (const Case& c : all_flags(a, b)) {
      const auto x = randn<double>(c.a, random), y = randn<double>(c.b, random);
      BOOST_TEST_CONTEXT(c) { BOOST_TEST(close(matmul(x, y, c.options), naive(x, y, c.options), 1e-13)); }
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_order_two_for_every_shape_and_flag) {
  Generator random(3);
  for (const Case& c : small_cases()) BOOST_TEST_CONTEXT(c) {
      BOOST_CHECK_NO_THROW(check_grads([&](const auto& x) { return matmul(x[0], x[1], c.options); },
                                       {randn<double>(c.a, random), randn<double>(c.b, random)}));
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_a_product_with_itself) {
  Generator random(4);
  const auto x = randn<double>({3, 3}, random);
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      check_grads([&](const auto& v) { return matmul(v[0], v[0], {ta, tb}); }, {x});
}

BOOST_AUTO_TEST_CASE(gradients_above_the_parallel_grain) {
  Generator random(5);
  check_grads([](const auto& x) { return matmul(x[0], x[1]); },
              {randn<double>({5, 33, 65}, random), randn<double>({65, 67}, random)});
}

/// Adding into a gradient that is there already gives the sum of the two.
BOOST_AUTO_TEST_CASE(gradients_add_up_in_place) {
  Generator random(6);
  for (const Case& c : small_cases()) {
    const auto a = randn<double>(c.a, random).requires_grad_(),
               b = randn<double>(c.b, random).requires_grad_();
    const auto y = matmul(a, b, c.options);
    const auto gy = randn<double>(y.shape(), random);
    const auto once = grad(y, {a, b}, {.grad_outputs = {gy}});
    const auto first = matmul(a, b, c.options), second = matmul(a, b, c.options);
    const auto twice = grad<double>({first, second}, {a, b}, {.grad_outputs = {gy, gy}});
    for (std::size_t i = 0; i < 2; ++i) {
      auto doubled = uninitialized<double>(once[i].shape());
      for (index_t k = 0; k < once[i].size(); ++k) doubled.data()[k] = 2 * once[i].data()[k];
      BOOST_TEST_CONTEXT(c) { BOOST_TEST(close(twice[i], doubled, 1e-14)); }
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_in_nothing_out) {
  struct Shapes {
    Shape a, b, y;
  };
  for (const auto& [a, b, y] : {Shapes{{0, 3}, {3, 4}, {0, 4}},
                                {{2, 0}, {0, 4}, {2, 4}},
                                {{2, 3}, {3, 0}, {2, 0}},
                                {{0}, {0}, {}},
                                {{0}, {0, 3}, {3}},
                                {{0, 2, 3}, {3, 4}, {0, 2, 4}},
                                {{0, 2, 3}, {1, 3, 4}, {0, 2, 4}},
                                {{5, 2, 0}, {0, 4}, {5, 2, 4}},
                                {{0, 0}, {0, 0}, {0, 0}}}) {
    const auto left = ones<double>(a).requires_grad_(), right = ones<double>(b).requires_grad_();
    const auto product = matmul(left, right);
    BOOST_TEST(equal(product, zeros<double>(y)));
    const auto g = grad(product, {left, right}, {.grad_outputs = {ones<double>(y)}});
    BOOST_TEST(equal(g[0], zeros<double>(a)));
    BOOST_TEST(equal(g[1], zeros<double>(b)));
  }
}

BOOST_AUTO_TEST_CASE(infinities_and_nan_reach_their_rows_only) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto y = matmul(Tensor64{{inf, 1}, {1, 1}}, {{1, 2}, {3, 4}});
  BOOST_TEST(equal(y, {{inf, inf}, {4, 6}}));
  BOOST_TEST(std::isnan(matmul(Tensor64{{inf, 1}}, Tensor64{0, 1}).at({0})));
}

BOOST_AUTO_TEST_CASE(one_node_and_no_copy) {
  const auto a = ones<double>({2, 3, 4}).requires_grad_(), b = ones<double>({4, 5}).requires_grad_();
  const auto y = matmul(a, b);
  BOOST_TEST(y.op_name() == "matmul");
  BOOST_TEST(y.node()->saved_bytes == (24 + 20) * sizeof(double));
  BOOST_TEST(matmul(a, b.detach()).node()->saved_bytes == 20 * sizeof(double));
  BOOST_TEST(!matmul(a.detach(), b.detach()).requires_grad());
}

BOOST_AUTO_TEST_CASE(errors) {
  const auto text = [](const Shape& a, const Shape& b, MatmulOptions options = {}) {
    return text_of<ShapeError>([&] { matmul(ones(a), ones(b), options); });
  };
  BOOST_TEST(text({2, 3}, {4, 5}) == "matmul: inner sizes differ: (2, 3) x (4, 5)");
  BOOST_TEST(text({2, 3}, {3, 5}, {.transpose_a = true}) == "matmul: inner sizes differ: (2, 3)^T x (3, 5)");
  BOOST_TEST(text({2, 3}, {3, 5}, {.transpose_b = true}) == "matmul: inner sizes differ: (2, 3) x (3, 5)^T");
  BOOST_TEST(text({7, 2, 3}, {4}) == "matmul: inner sizes differ: (7, 2, 3) x (4,)");
  BOOST_TEST(text({3}, {4}) == "matmul: inner sizes differ: (3,) x (4,)");
  BOOST_TEST(text({2, 3, 4}, {3, 4, 5}) == "matmul: batch axes do not broadcast: (2, 3, 4) x (3, 4, 5)");
  BOOST_TEST(text({0, 3, 4}, {3, 4, 5}) == "matmul: batch axes do not broadcast: (0, 3, 4) x (3, 4, 5)");
  BOOST_TEST(text({}, {3}) == "matmul: a scalar is no matrix, multiply by it with *: () x (3,)");
  BOOST_TEST(text({3}, {}) == "matmul: a scalar is no matrix, multiply by it with *: (3,) x ()");
  BOOST_TEST(text({3}, {3, 4}, {.transpose_a = true}) ==
             "matmul: a vector has no transpose, it is a row on the left and a column on the right: (3,)^T x "
             "(3, 4)");
  BOOST_TEST(text({4, 3}, {3}, {.transpose_b = true}) ==
             "matmul: a vector has no transpose, it is a row on the left and a column on the right: (4, 3) x "
             "(3,)^T");
  const int line = __LINE__ + 1;
  const auto wrong = [] { matmul(ones({2, 3}), ones({4, 5})); };
  BOOST_TEST(test::message_of<ShapeError>(wrong) ==
             "matmul: inner sizes differ: (2, 3) x (4, 5)" + test::place(__FILE__, line));
}

BOOST_AUTO_TEST_CASE(a_written_operand_refuses_the_gradient) {
  auto a = ones<double>({2, 3}).requires_grad_();
  const auto b = ones<double>({3, 4}).requires_grad_();
  const auto y = matmul(a, b);
  {
    const NoGrad writing;
    a.assign(zeros<double>({2, 3}));
  }
  BOOST_TEST(text_of<GraphError>([&] {
               grad(y, b, {.grad_outputs = {ones<double>({2, 4})}});
             }) ==
             "matmul: its gradient needs the value that a (2, 3) had, but it was written since; run backward "
             "before writing, or give the op a clone()");
}

BOOST_AUTO_TEST_SUITE_END()
