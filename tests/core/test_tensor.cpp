// Tensors as values: construction, access, conversion, printing, writing.
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <vector>

#include <xtape/core/creation.hpp>
#include <xtape/core/tensor.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::text_of;

BOOST_AUTO_TEST_SUITE(tensor)

BOOST_AUTO_TEST_CASE(braces_of_any_depth) {
  BOOST_TEST((Tensor{1, 2, 3}.shape() == Shape{3}));
  const Tensor matrix = {{1, 2, 3}, {4, 5, 6}};
  BOOST_TEST((matrix.shape() == Shape{2, 3}));
  BOOST_TEST(matrix.at({1, 0}) == 4);
  BOOST_TEST(matrix.at({-1, -1}) == 6);
  const Tensor deep = {{{{{1, 2}}}}};
  BOOST_TEST((deep.shape() == Shape{1, 1, 1, 1, 2}));
  const Tensor fraction = {0.1, 0.25};
  BOOST_TEST(fraction.at({0}) == 0.1F);
}

BOOST_AUTO_TEST_CASE(ragged_braces_are_refused) {
  BOOST_TEST(text_of<ShapeError>([] {
               Tensor x = {{1, 2}, {3}};
             }) == "array from braces: rows differ in length: 2 and 1");
}

BOOST_AUTO_TEST_CASE(scalars_and_the_empty_tensor) {
  const Tensor half = 0.5;
  BOOST_TEST((half.shape() == Shape{}));
  BOOST_TEST(half.size() == 1);
  BOOST_TEST(half.item() == 0.5F);
  const Tensor nothing;
  BOOST_TEST((nothing.shape() == Shape{0}));
  BOOST_TEST(nothing.size() == 0);
  BOOST_TEST(text_of<ShapeError>([&] { nothing.item(); }) == "item: shape (0,) does not hold one element");
}

BOOST_AUTO_TEST_CASE(xtensor_expressions_convert) {
  const xt::xarray<double> a = {{1.5, 2.5}, {3.5, 4.5}};
  const Tensor x = a + 1;
  BOOST_TEST((x.shape() == Shape{2, 2}));
  BOOST_TEST(x.at({1, 1}) == 5.5F);
  const auto sum_of_both = [](const Tensor& t) { return t.at({0, 0}) + t.at({1, 1}); };
  BOOST_TEST(sum_of_both(a) == 6.0F);
  const xt::xarray<int> counts = {1, 2};
  BOOST_TEST(Tensor(counts).at({1}) == 2.0F);
}

BOOST_AUTO_TEST_CASE(array_owns_a_share_of_the_storage) {
  const auto values = Tensor{{1, 2}, {3, 4}}.clone().array();  // the tensor is gone, the values are not
  BOOST_TEST(values(1, 0) == 3);
  BOOST_TEST(values.dimension() == 2U);
  const xt::xarray<float> doubled = values * 2;
  BOOST_TEST(doubled(1, 1) == 8);
}

BOOST_AUTO_TEST_CASE(indices_and_masks) {
  const Indices ids = {{1, 2}, {3, 4}};
  BOOST_TEST(ids.at({1, 0}) == 3);
  const xt::xarray<int> small = {7, 8};
  BOOST_TEST(Indices(small).at({1}) == 8);
  BOOST_TEST(Indices(std::vector<std::int64_t>{5}).item() == 5);
  const xt::xarray<float> a = {1, 2, 3};
  const Mask mask = a > 1.5F;
  BOOST_TEST(!mask.at({0}));
  BOOST_TEST(mask.at({2}));
  BOOST_TEST((ids.reshape({-1}).shape() == Shape{4}));
  static_assert(!std::is_convertible_v<Tensor, Indices>);
}

BOOST_AUTO_TEST_CASE(access_out_of_range) {
  const Tensor x = {{1, 2}, {3, 4}};
  BOOST_TEST(text_of<IndexError>([&] { x.at({2, 0}); }) == "at: index (2, 0) is outside of shape (2, 2)");
  BOOST_TEST(text_of<IndexError>([&] { x.at({0}); }) ==
             "at: index (0,) has another number of axes than shape (2, 2)");
  BOOST_TEST(text_of<ShapeError>([&] { x.shape(2); }) ==
             "shape: axis 2 is out of range for shape (2, 2); axes go from -2 to 1");
  BOOST_TEST(x.shape(-1) == 2);
}

BOOST_AUTO_TEST_CASE(impossible_shapes) {
  BOOST_TEST(text_of<ShapeError>([] { zeros({2, -1}); }) == "shape (2, -1): extents are 0 or more");
  const index_t huge = index_t{1} << 40;
  BOOST_TEST(text_of<ShapeError>([&] {
               zeros({huge, huge});
             }) == "shape (1099511627776, 1099511627776): that many elements do not fit in memory");
  BOOST_TEST(zeros({huge, huge, 0}).size() == 0);
}

BOOST_AUTO_TEST_CASE(detach_and_clone) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  BOOST_TEST(x.detach().data() == x.data());
  BOOST_TEST(!x.detach().requires_grad());
  const Tensor copy = x.clone();
  BOOST_TEST(copy.data() != x.data());
  BOOST_TEST(copy.requires_grad());
  copy.backward(Tensor{3, 4});
  BOOST_TEST(x.grad().at({1}) == 4);
}

BOOST_AUTO_TEST_CASE(astype_passes_gradients) {
  const Tensor64 x = Tensor64{0.1, 2}.requires_grad_();
  const Tensor y = x.astype<float>();
  BOOST_TEST(y.at({0}) == 0.1F);
  y.backward(Tensor{3, 4});
  BOOST_TEST(x.grad().at({0}) == 3);
}

BOOST_AUTO_TEST_CASE(writing_needs_no_grad_and_a_leaf) {
  Tensor x = Tensor{1, 2}.requires_grad_();
  Tensor same = x;
  BOOST_TEST(
      text_of<GraphError>([&] { x.mutable_data(); }) ==
      "mutable_data: values may be written only where no op is recorded; open a NoGrad scope around the "
      "write");
  Tensor y = x.clone();
  const NoGrad scope;
  x.mutable_data()[0] = 7;
  BOOST_TEST(same.at({0}) == 7);
  x.assign({5, 6});
  BOOST_TEST(same.at({1}) == 6);
  BOOST_TEST(
      text_of<GraphError>([&] { y.mutable_data(); }) ==
      "mutable_data: clone (2,) was made by an op and is not written; write a leaf, or a detach().clone()");
  BOOST_TEST(text_of<ShapeError>([&] {
               x.assign({1, 2, 3});
             }) == "assign: the values and the tensor differ in shape: (3,) and (2,)");
}

BOOST_AUTO_TEST_CASE(borrowed_memory_is_copied_at_the_first_write) {
  const auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  Tensor x(
      AnyTensor(ArrayBase(Storage::borrow(owner->data(), 12, alignof(float), owner), {3}), DType::float32));
  BOOST_TEST(x.data() == owner->data());
  const Tensor other_handle = x;
  const NoGrad scope;
  x.mutable_data()[0] = 9;
  BOOST_TEST(owner->at(0) == 1);
  BOOST_TEST(other_handle.at({0}) == 9);
  BOOST_TEST(x.at({2}) == 3);
}

BOOST_AUTO_TEST_CASE(an_array_of_borrowed_memory_outlives_a_write) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  const std::weak_ptr<std::vector<float>> memory = owner;
  Tensor x(
      AnyTensor(ArrayBase(Storage::borrow(owner->data(), 12, alignof(float), owner), {3}), DType::float32));
  owner = nullptr;
  {
    const auto values = x.array();
    const NoGrad scope;
    x.mutable_data()[0] = 9;
    BOOST_TEST(!memory.expired());
    BOOST_TEST(values(0) == 1);
  }
  x = Tensor();
  BOOST_TEST(memory.expired());
}

BOOST_AUTO_TEST_CASE(misaligned_memory_is_copied_at_once) {
  const auto owner = std::make_shared<std::vector<char>>(16);
  const auto storage = Storage::borrow(owner->data() + 1, 8, alignof(float), owner);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(storage->data()) % alignof(float) == 0U);
}

BOOST_AUTO_TEST_CASE(printing) {
  std::ostringstream out;
  out << Tensor{{1, 2.5}, {-3, 4}}.requires_grad_().clone();
  BOOST_TEST(out.str() == "{{  1, 2.5},\n { -3,   4}}\nshape=(2, 2) dtype=float32 requires_grad op=clone");
  out.str({});
  out << Tensor64(2) << '\n' << Mask{true, false} << '\n' << Indices{3};
  BOOST_TEST(out.str() ==
             "2\nshape=() dtype=float64\n{ true, false}\nshape=(2,) dtype=bool\n{3}\nshape=(1,) dtype=int64");
  out.str({});
  out << zeros({2000});
  BOOST_TEST(out.str() == "{0, 0, 0, ..., 0, 0, 0}\nshape=(2000,) dtype=float32");
}

BOOST_AUTO_TEST_CASE(creation) {
  BOOST_TEST(full({2, 2}, 3).at({1, 1}) == 3);
  BOOST_TEST(ones<double>({3}).at({2}) == 1);
  BOOST_TEST((zeros_like(Tensor{1, 2}).shape() == Shape{2}));
  BOOST_TEST((arange(5).shape() == Shape{5}));
  BOOST_TEST(arange(1, 2, 0.25).at({3}) == 1.75F);
  BOOST_TEST((arange(3, 0, -1).shape() == Shape{3}));
  BOOST_TEST((arange(3, 0).shape() == Shape{0}));
  BOOST_TEST(linspace(0, 1, 5).at({4}) == 1);
  BOOST_TEST((linspace(0, 1, 0).shape() == Shape{0}));
  BOOST_TEST(eye(2, 3).at({1, 1}) == 1);
  BOOST_TEST(eye(2).at({0, 1}) == 0);
  BOOST_TEST(text_of<ValueError>([] { arange(0, 1, 0); }) ==
             "arange: from 0 to 1 in steps of 0 is no finite range");
}

BOOST_AUTO_TEST_SUITE_END()
