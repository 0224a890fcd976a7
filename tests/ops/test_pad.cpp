// pad: values in every mode, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/pad.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 x = {1, 2, 3};
const Tensor64 x12 = {{1, 2}};
constexpr PadOptions edge = {.mode = PadMode::edge}, reflect = {.mode = PadMode::reflect};

}  // namespace

BOOST_AUTO_TEST_SUITE(padding)

BOOST_AUTO_TEST_CASE(constants) {
  BOOST_TEST(equal(pad(x, {{1, 2}}), {0, 1, 2, 3, 0, 0}));
  BOOST_TEST(equal(pad(x12, {{1, 0}, {0, 2}}, {.value = 7}), {{7, 7, 7, 7}, {1, 2, 7, 7}}));
  BOOST_TEST(equal(pad(x12, 1), {{0, 0, 0, 0}, {0, 1, 2, 0}, {0, 0, 0, 0}}));
  BOOST_TEST(equal(pad(x12, {{0, 1}}), {{1, 2, 0}, {0, 0, 0}}));
  BOOST_TEST(equal(pad(x, 0), x));
  BOOST_TEST(equal(pad(Tensor64(3), 1), 3));
  BOOST_TEST(equal(pad(Tensor64(), {{1, 1}}, {.value = 5}), {5, 5}));
}

BOOST_AUTO_TEST_CASE(edges_and_mirrors) {
  BOOST_TEST(equal(pad(x, {{2, 1}}, edge), {1, 1, 1, 2, 3, 3}));
  BOOST_TEST(equal(pad(x, {{2, 1}}, reflect), {3, 2, 1, 2, 3, 2}));
  BOOST_TEST(equal(pad(x, {{5, 4}}, reflect), {2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3}));
  BOOST_TEST(equal(pad(Tensor64{4}, 2, reflect), {4, 4, 4, 4, 4}));
  BOOST_TEST(equal(pad(x12, {{1, 0}, {1, 1}}, edge), {{1, 1, 2, 2}, {1, 1, 2, 2}}));
  BOOST_TEST(equal(pad(x12, {{1, 0}, {1, 1}}, reflect), {{2, 1, 2, 1}, {2, 1, 2, 1}}));
}

BOOST_AUTO_TEST_CASE(errors) {
  BOOST_TEST(text_of<ShapeError>([] {
               pad(x, {{1, 1}, {2, 2}});
             }) == "pad: 2 pairs of widths for the 1 axes of shape (3,); give one, or one an axis");
  BOOST_TEST(text_of<ValueError>([] {
               pad(x, {{0, -1}});
             }) == "pad: widths (0, -1) for shape (3,); they are 0 or more, view() cuts off");
  BOOST_TEST(text_of<ShapeError>([] { pad(Tensor64(), 1, edge); }) ==
             "pad: axis 0 of shape (0,) has no elements to continue with; use a constant");
}

BOOST_AUTO_TEST_CASE(gradients) {
  Generator generator(1);
  for (const Shape& shape : {Shape{}, Shape{1, 1}, Shape{2, 3}, Shape{0, 2}, Shape{131, 257}}) {
    const auto in = randn<double>(shape, generator);
    check_grads([](const auto& v) { return pad(v[0], {{2, 1}}, {.value = 3}); }, {in});
    if (in.size() == 0) continue;
    check_grads([](const auto& v) { return pad(v[0], {{2, 1}}, edge); }, {in});
    check_grads([](const auto& v) { return pad(v[0], {{3, 1}}, reflect); }, {in});
  }
}

BOOST_AUTO_TEST_SUITE_END()
