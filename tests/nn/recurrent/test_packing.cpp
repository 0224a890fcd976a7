// Packed sequences.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/nn/recurrent/packing.hpp>

#include "tests/support/misuse.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using nn::pack_padded_sequence;
using nn::pad_packed_sequence;
using test::equal;

namespace {

/// Sequences of 1, 3 and 3 steps; 9 stands where there is nothing.
const Tensor padded = {{1, 9, 9, 9}, {2, 3, 4, 9}, {5, 6, 7, 9}};
const Indices lengths = {1, 3, 3};

}  // namespace

BOOST_AUTO_TEST_SUITE(packing)

BOOST_AUTO_TEST_CASE(rows_go_by_time_with_the_longest_sequence_first) {
  const auto packed = pack_padded_sequence(padded, lengths);
  BOOST_TEST(equal(packed.data, {2, 5, 1, 3, 6, 4, 7}));
  BOOST_TEST((packed.batch_sizes == std::vector<index_t>{3, 2, 2}));
  BOOST_TEST(equal(packed.sorted_indices, {1, 2, 0}));
  BOOST_TEST(equal(packed.unsorted_indices, {2, 0, 1}));
}

BOOST_AUTO_TEST_CASE(padding_is_the_way_back) {
  const auto packed = pack_padded_sequence(padded, lengths);
  const auto [x, found] = pad_packed_sequence(packed);
  BOOST_TEST(equal(x, {{1, 0, 0}, {2, 3, 4}, {5, 6, 7}}));
  BOOST_TEST(equal(found, lengths));
  const auto filled = pad_packed_sequence(packed, {.padding_value = 9, .total_length = 4}).first;
  BOOST_TEST(equal(filled, padded));
}

BOOST_AUTO_TEST_CASE(a_step_may_be_an_array) {
  Generator generator(1);
  const auto x = randn({2, 3, 4, 5}, generator);
  const auto packed = pack_padded_sequence(x, {3, 3});
  BOOST_TEST((packed.data.shape() == Shape{6, 4, 5}));
  BOOST_TEST(equal(pad_packed_sequence(packed, {.padding_value = 1}).first, x));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  const auto there_and_back = [](const std::vector<Tensor64>& x) {
    auto packed = pack_padded_sequence(x[0], {1, 3, 2});
    packed.data = packed.data * packed.data;
    return pad_packed_sequence(packed, {.padding_value = 2}).first;
  };
  Generator generator(1);
  check_grads(there_and_back, {randn<double>({3, 4, 2}, generator)});
  check_grads(there_and_back, {randn<double>({3, 3}, generator)});
}

BOOST_AUTO_TEST_CASE(misuse) {
  test::check_misuses({
      {[] {
         pack_padded_sequence(zeros({3}), {1, 1, 1});
       },
       "pack_padded_sequence: x needs at least 2 axes, not shape (3,)"},
      {[] {
         pack_padded_sequence(zeros({0, 3}), Indices());
       },
       "pack_padded_sequence: x (0, 3) has no sequences"},
      {[] {
         pack_padded_sequence(padded, {1, 2});
       },
       "pack_padded_sequence: lengths (2,) must have one for each sequence of x (3, 4)"},
      {[] {
         pack_padded_sequence(padded, {1, 0, 2});
       },
       "pack_padded_sequence: length 0 at position 1 must be from 1 to the 4 steps of x (3, 4)"},
      {[] {
         pack_padded_sequence(padded, {1, 2, 5});
       },
       "pack_padded_sequence: length 5 at position 2 must be from 1 to the 4 steps of x (3, 4)"},
      {[] { pad_packed_sequence(pack_padded_sequence(padded, lengths), {.total_length = 2}); },
       "pad_packed_sequence: total_length = 2 is below the longest sequence, 3"},
  });
}

BOOST_AUTO_TEST_CASE(parts_that_do_not_fit_together_are_refused) {
  const auto pad = [](std::vector<index_t> batch_sizes, Indices sorted) {
    pad_packed_sequence(nn::PackedSequence{zeros({3, 2}), batch_sizes, sorted, sorted});
  };
  const std::string
      sizes = "pad_packed_sequence: batch_sizes (",
      rule = ") must begin with the 2 sequences of sorted_indices, fall or stay, and end with 1 or more";
  test::check_misuses({
      {[&] {
         pad({}, {0, 1});
       },
       "pad_packed_sequence: batch_sizes is empty; there is nothing to pad"},
      {[&] {
         pad({2, 2}, {0, 1});
       },
       "pad_packed_sequence: packed data (3, 2) needs 4 rows, the sum of batch_sizes"},
      {[&] {
         pad({3}, {0, 1});
       },
       sizes + "3" + rule},
      {[&] {
         pad({1, 2}, {0, 1});
       },
       sizes + "1, 2" + rule},
      {[&] {
         pad({2, 2, -1}, {0, 1});
       },
       sizes + "2, 2, -1" + rule},
      {[&] {
         pad({2, 1}, {0, 2});
       },
       "pad_packed_sequence: sorted_indices holds 2, which is no place in a batch of 2"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
