// check_grads finds wrong gradients of every kind, and says in which op and for which input.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::text_of;
using test::times;
using test::total;

namespace {

using Inputs = std::vector<Tensor64>;
using Function = std::function<Tensor64(const Inputs&)>;

// A constant of x's shape with element f(i).
template <class F>
Tensor64 filled(const Shape& shape, F f) {
  auto y = uninitialized<double>(shape);
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = f(i);
  return y;
}

// f(x) for each element.
template <class F>
Tensor64 map(const Tensor64& x, F f) {
  return filled(x.shape(), [&](index_t i) { return f(x.data()[i]); });
}

// f(x) for each element, with gy * slope(x) for its gradient.
template <std::size_t N, class F, class Slope>
Function elementwise(const char (&name)[N], F f, Slope slope) {
  return [=, op = OpName(name)](const Inputs& inputs) {
    return record(op, map(inputs[0], f),
                  wrt(inputs[0], [x = saved(inputs[0], "x"), slope](const Tensor64& gy) {
                    return times(gy, map(x(), slope));
                  }));
  };
}

// Where check_grads finds fault with f at the inputs: the message up to the values.
std::string found(const Function& f, const Inputs& inputs, int order = 1) {
  const std::string text = text_of<Error>([&] { check_grads(f, inputs, {.order = order}); });
  return text.substr(0, text.find(": analytic "));
}

const Tensor64 vector = {0.5, -1.5, 2};
const Tensor64 matrix = {{1, 2, 3}, {4, 5, 6}};

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_finds)

BOOST_AUTO_TEST_CASE(the_wrong_sign) {
  const auto f = elementwise(
      "cosine", [](double x) { return std::cos(x); }, [](double x) { return std::sin(x); });
  BOOST_TEST(found(f, {vector}) == "check_grads: cosine: derivative 1 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(the_wrong_sign_on_one_side) {
  const auto f = elementwise(
      "absolute", [](double x) { return std::abs(x); }, [](double) { return 1; });
  BOOST_TEST(found(f, {vector}) == "check_grads: absolute: derivative 1 for input 0 (3,) at element 1");
}

BOOST_AUTO_TEST_CASE(a_factor) {
  const auto f = elementwise(
      "half", [](double x) { return x / 2; }, [](double) { return 0.5001; });
  BOOST_TEST(found(f, {vector}) == "check_grads: half: derivative 1 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(a_forgotten_inner_derivative) {
  const auto f = elementwise(
      "sine_of_double", [](double x) { return std::sin(2 * x); }, [](double x) { return std::cos(2 * x); });
  BOOST_TEST(found(f, {vector}) == "check_grads: sine_of_double: derivative 1 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(x_in_place_of_y) {
  const auto f = elementwise(
      "tanh", [](double x) { return std::tanh(x); }, [](double x) { return 1 - x * x; });
  BOOST_TEST(found(f, {vector}) == "check_grads: tanh: derivative 1 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(the_upstream_gradient_ignored) {
  const auto f = [](const Inputs& x) {
    return record("scale", map(x[0], [](double v) { return 3 * v; }),
                  wrt(x[0], [](const Tensor64& gy) { return map(gy, [](double) { return 3; }); }));
  };
  BOOST_TEST(found(f, {vector}) == "check_grads: scale: derivative 1 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(rows_of_a_broadcast_that_are_not_added_up) {
  const auto add_rows = [](const Inputs& x) {
    const Tensor64 &a = x[0], &b = x[1];
    return record("add_rows", filled(a.shape(), [&](index_t i) { return a.data()[i] + b.data()[i % 3]; }),
                  wrt(a, [](const Tensor64& gy) { return gy; }), wrt(b, [](const Tensor64& gy) {
                    return filled({3}, [&](index_t i) { return gy.data()[i]; });
                  }));
  };
  BOOST_TEST(found(add_rows, {matrix, vector}) ==
             "check_grads: add_rows: derivative 1 for input 1 (3,) at element 0");
  const auto not_even_the_shape = [](const Inputs& x) {
    return record("add_rows", filled({2, 3}, [](index_t) { return 0; }),
                  wrt(x[0], [](const Tensor64& gy) { return gy; }));
  };
  BOOST_TEST(found(not_even_the_shape, {vector}) ==
             "add_rows: the gradient for an input of shape (3,) (float64) made by leaf has shape (2, 3) "
             "(float64)");
}

BOOST_AUTO_TEST_CASE(a_matrix_that_is_not_transposed) {
  const auto times_matrix = [](const Tensor64& row, const Tensor64& m, bool transposed) {
    return filled({2}, [&](index_t j) {
      double sum = 0;
      for (index_t k = 0; k < 2; ++k) sum += row.data()[k] * m.data()[transposed ? 2 * j + k : 2 * k + j];
      return sum;
    });
  };
  const Tensor64 m = {{1, 2}, {3, 4}};
  const auto f = [&](const Inputs& x) {
    return record("row_times_matrix", times_matrix(x[0], m, false),
                  wrt(x[0], [&](const Tensor64& gy) { return times_matrix(gy, m, false); }));
  };
  BOOST_TEST(found(f, {{5, 6}}) ==
             "check_grads: row_times_matrix: derivative 1 for input 0 (2,) at element 0");
}

BOOST_AUTO_TEST_CASE(one_row_off) {
  const auto f = [](const Inputs& x) {
    return record("copy_rows", x[0].detach(), wrt(x[0], [](const Tensor64& gy) {
                    return filled(gy.shape(), [&](index_t i) { return gy.data()[(i + 3) % 6]; });
                  }));
  };
  BOOST_TEST(found(f, {matrix}) == "check_grads: copy_rows: derivative 1 for input 0 (2, 3) at element 0");
}

BOOST_AUTO_TEST_CASE(one_element_of_many) {
  const auto f = [](const Inputs& x) {
    return record("copy", x[0].detach(), wrt(x[0], [](const Tensor64& gy) {
                    return filled(gy.shape(), [&](index_t i) { return i == 998 ? 0 : gy.data()[i]; });
                  }));
  };
  Generator generator(1);
  BOOST_TEST(found(f, {randn<double>({999}, generator)}) ==
             "check_grads: copy: derivative 1 for input 0 (999,) along a direction");
}

BOOST_AUTO_TEST_CASE(one_of_two_inputs) {
  const auto product = [](const Inputs& x) {
    return record("product", times(x[0], x[1]).detach(),
                  wrt(x[0], [b = saved(x[1], "b")](const auto& gy) { return times(gy, b()); }),
                  wrt(x[1], [b = saved(x[1], "b")](const auto& gy) { return times(gy, b()); }));
  };
  BOOST_TEST(found(product, {vector, {3, 2, 1}}) ==
             "check_grads: product: derivative 1 for input 1 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(an_input_that_is_left_out) {
  const auto product = [](const Inputs& x) {
    return record("product", times(x[0], x[1]).detach(),
                  wrt(x[0], [b = saved(x[1], "b")](const auto& gy) { return times(gy, b()); }));
  };
  BOOST_TEST(found(product, {vector, {3, 2, 1}}) ==
             "check_grads: product: derivative 1 for input 1 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(an_axis_of_size_one) {
  const auto f = [](const Inputs& x) {  // the mean of rows, with n - 1 mistaken for 1 where n is 1
    const index_t n = x[0].shape(1);
    return record("row_mean",
                  filled({2, 1},
                         [&](index_t i) {
                           double sum = 0;
                           for (index_t j = 0; j < n; ++j) sum += x[0].data()[i * n + j];
                           return sum / static_cast<double>(n);
                         }),
                  wrt(x[0], [n](const Tensor64& gy) {
                    const double scale = n == 1 ? 0 : 1 / static_cast<double>(n);
                    return filled({2, n}, [&](index_t i) { return scale * gy.data()[i / n]; });
                  }));
  };
  check_grads(f, {matrix}, {.order = 1});
  BOOST_TEST(found(f, {filled({2, 1}, [](index_t i) { return static_cast<double>(i); })}) ==
             "check_grads: row_mean: derivative 1 for input 0 (2, 1) at element 0");
}

BOOST_AUTO_TEST_CASE(the_kernel_alone) {
  const auto f = [](const Inputs& x) {
    return record("square", times(x[0], x[0]).detach(), wrt(x[0], [x = saved(x[0], "x")](const auto& gy) {
                    const auto by = [&](double factor) {
                      return [&x, factor](const Tensor64& g) {
                        return times(times(g, x()), Tensor64{factor, factor, factor});
                      };
                    };
                    return fused(by(2.000001), by(2), gy);
                  }));
  };
  BOOST_TEST(
      found(f, {vector}).starts_with("check_grads: square: derivative 1 for input 0 (3,) at element 0: "));
}

BOOST_AUTO_TEST_CASE(the_composed_form_alone) {
  const auto f = [](const Inputs& x) {
    return record("square", times(x[0], x[0]).detach(), wrt(x[0], [x = saved(x[0], "x")](const auto& gy) {
                    const auto by = [&](double factor) {
                      return [&x, factor](const Tensor64& g) {
                        return times(times(g, x()), Tensor64{factor, factor, factor});
                      };
                    };
                    return fused(by(2), by(3), gy);
                  }));
  };
  const std::string text = found(f, {vector});
  BOOST_TEST(text.starts_with("check_grads: square: derivative 1 for input 0 (3,) at element 0: "));
  BOOST_TEST(text.ends_with(" with create_graph"));
}

BOOST_AUTO_TEST_CASE(adding_in_place_alone) {
  const auto pass = [](const Tensor64& x) {
    return record("pass", x.detach(),
                  wrt(
                      x, [](const Tensor64& gy) { return gy; },
                      [](const Tensor64& gy, Buffer<double>& gx) {
                        for (index_t i = 0; i < gy.size(); ++i) gx.data()[i] += 2 * gy.data()[i];
                      }));
  };
  const auto twice = [&](const Inputs& x) { return times(pass(x[0]), pass(x[0])); };
  BOOST_TEST(
      found(twice, {vector}).starts_with("check_grads: times: derivative 1 for input 0 (3,) at element 0"));
}

BOOST_AUTO_TEST_CASE(the_second_order_alone) {
  const auto square = [](const Inputs& x) {
    return record("square", times(x[0], x[0]).detach(), wrt(x[0], [x = saved(x[0], "x")](const auto& gy) {
                    return times(times(gy, x().detach()), Tensor64{2, 2, 2});
                  }));
  };
  check_grads(square, {vector}, {.order = 1});
  BOOST_TEST(found(square, {vector}, 2) == "check_grads: times: derivative 2 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(a_mixed_second_derivative) {
  const auto product = [](const Inputs& x) {
    return record("product", times(x[0], x[1]).detach(),
                  wrt(x[0], [b = saved(x[1], "b")](const auto& gy) { return times(gy, b()); }),
                  wrt(x[1], [a = saved(x[0], "a")](const auto& gy) { return times(gy, a().detach()); }));
  };
  BOOST_TEST(found(product, {vector, {3, 2, 1}}, 2) ==
             "check_grads: times: derivative 2 for input 0 (3,) at element 0");
}

BOOST_AUTO_TEST_CASE(nodes_that_stay) {
  static Inputs kept;
  const auto f = [](const Inputs& x) {
    kept.push_back(times(x[0], x[0]));
    return kept.back();
  };
  BOOST_TEST(found(f, {vector}).find("nodes of the graph are still alive after the check") !=
             std::string::npos);
  kept.clear();
}

BOOST_AUTO_TEST_SUITE_END()
