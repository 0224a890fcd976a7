// What goes wrong with shapes, axes, slices and indices, and what is said then.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/ops/conv.hpp>
#include <xtape/ops/cumulative.hpp>
#include <xtape/ops/embedding.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/norm.hpp>
#include <xtape/ops/pad.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/repeat.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/ops/view.hpp>

#include "tests/support/misuse.hpp"

using namespace xtape;
using test::check_misuses;

namespace {

const Tensor x = zeros({2, 3});
const Tensor cube = zeros({2, 3, 4});
const Tensor scalar = zeros({});

}  // namespace

BOOST_AUTO_TEST_SUITE(layout_misuse)

BOOST_AUTO_TEST_CASE(shapes_and_axes) {
  check_misuses({
      {[] {
         reshape(x, {4, 2});
       },
       "reshape: 6 elements of shape (2, 3) do not fill shape (4, 2)"},
      {[] {
         reshape(x, {-1, 4});
       },
       "reshape: 6 elements of shape (2, 3) do not fill shape (-1, 4)"},
      {[] {
         reshape(x, {-1, -1});
       },
       "reshape: shape (2, 3) cannot become (-1, -1); extents are 0 or more, and one may be -1"},
      {[] {
         reshape(x, {-2, 3});
       },
       "reshape: shape (2, 3) cannot become (-2, 3); extents are 0 or more, and one may be -1"},
      {[] {
         reshape(zeros({0, 3}), {0, -1});
       },
       "reshape: 0 elements of shape (0, 3) do not fill shape (0, -1)"},
      {[] { flatten(cube, 2, 1); }, "flatten: axis 2 comes after axis 1 in shape (2, 3, 4)"},
      {[] { flatten(cube, 0, 3); },
       "flatten: axis 3 is out of range for shape (2, 3, 4); axes go from -3 to 2"},
      {[] { transpose(x, {0}); }, "transpose: axes (0,) are no permutation of the 2 axes of shape (2, 3)"},
      {[] {
         transpose(x, {0, 0});
       },
       "transpose: axes (0, 0) are no permutation of the 2 axes of shape (2, 3)"},
      {[] {
         transpose(x, {0, 2});
       },
       "transpose: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { swapaxes(x, 0, 2); }, "swapaxes: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { swapaxes(x, -3, 0); },
       "swapaxes: axis -3 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { moveaxis(x, 2, 0); }, "moveaxis: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { expand_dims(x, 4); },
       "expand_dims: axis 4 is out of range for shape (2, 3); a new axis goes from -3 to 2"},
      {[] { expand_dims(x, -4); },
       "expand_dims: axis -4 is out of range for shape (2, 3); a new axis goes from -3 to 2"},
      {[] { squeeze(x, 0); }, "squeeze: axis 0 of shape (2, 3) has extent 2; only axes of extent 1 can go"},
      {[] { squeeze(x, 2); }, "squeeze: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { broadcast_to(x, {3}); }, "broadcast_to: shape (2, 3) does not broadcast to (3,)"},
      {[] {
         broadcast_to(x, {3, 3});
       },
       "broadcast_to: shape (2, 3) does not broadcast to (3, 3)"},
      {[] {
         broadcast_to(x, {2, -1});
       },
       "broadcast_to: shape (2, 3) does not broadcast to (2, -1)"},
  });
}

BOOST_AUTO_TEST_CASE(joining_and_splitting) {
  check_misuses({
      {[] { concatenate(std::vector<Tensor>{}); }, "concatenate: no tensors; give at least one"},
      {[] {
         concatenate({x, zeros({2, 4})});
       },
       "concatenate: shapes (2, 3) and (2, 4) of inputs 0 and 1 differ in another axis than 0"},
      {[] {
         concatenate({x, cube});
       },
       "concatenate: shapes (2, 3) and (2, 3, 4) of inputs 0 and 1 differ in another axis than 0"},
      {[] {
         concatenate({x, x}, 2);
       },
       "concatenate: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] {
         concatenate({scalar, scalar});
       },
       "concatenate: axis 0 of a scalar of shape (), which has no axes"},
      {[] { stack(std::vector<Tensor>{}); }, "stack: no tensors; give at least one"},
      {[] {
         stack({x, zeros({3, 2})});
       },
       "stack: input 0 and input 1 differ in shape: (2, 3) and (3, 2)"},
      {[] {
         stack({x, x}, 3);
       },
       "stack: axis 3 is out of range for shape (2, 3); a new axis goes from -3 to 2"},
      {[] { split(x, 2, 1); },
       "split: axis 1 of shape (2, 3) does not divide into 2 parts of one size; give the positions to cut at "
       "instead"},
      {[] { split(x, 0); }, "split: 0 parts; there is at least one"},
      {[] { split(x, 1, 2); }, "split: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
  });
}

BOOST_AUTO_TEST_CASE(slices) {
  check_misuses({
      {[] { view(x, 2); }, "view: index 2 is out of range for axis 0 of shape (2, 3), which has extent 2"},
      {[] { view(x, 0, -4); },
       "view: index -4 is out of range for axis 1 of shape (2, 3), which has extent 3"},
      {[] { view(x, 0, 0, 0); }, "view: 3 slices for the 2 axes of shape (2, 3)"},
      {[] { strided_view(x, {Slice(0, 2, 0)}); }, "view: a range with step 0 along axis 0 of shape (2, 3)"},
      {[] { view(scalar, 0); }, "view: 1 slices for the 0 axes of shape ()"},
  });
}

BOOST_AUTO_TEST_CASE(indices_and_masks) {
  check_misuses({
      {[] {
         take(x, {0, 2}, 0);
       },
       "take: index 2 at position 1 is out of range; there are 2 to choose from, 0 to 1"},
      {[] { take(x, {-3}, 0); },
       "take: index -3 at position 0 is out of range; there are 2 to choose from, 0 to 1"},
      {[] { take(x, {0}, 2); }, "take: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] {
         take_along_axis(x, {{0, 3}, {0, 0}}, 1);
       },
       "take_along_axis: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2"},
      {[] {
         take_along_axis(x, {0, 1}, 1);
       },
       "take_along_axis: indices (2,) must have the shape (2, 3) of x but for axis 1"},
      {[] {
         take_along_axis(x, Indices{0, 0, 0}.reshape({3, 1}), 1);
       },
       "take_along_axis: indices (3, 1) must have the shape (2, 3) of x but for axis 1"},
      {[] {
         embedding({0, 2}, x);
       },
       "embedding: index 2 at position 1 is out of range; there are 2 to choose from, 0 to 1"},
      {[] { embedding({-1}, x); },
       "embedding: index -1 at position 0 is out of range; there are 2 to choose from, 0 to 1"},
      {[] { embedding({0}, cube); }, "embedding: weight needs 2 axes, not shape (2, 3, 4)"},
      {[] {
         masked_fill(x, Mask{true, false}, 0);
       },
       "masked_fill: shape (2,) does not broadcast to (2, 3)"},
      {[] {
         where(Mask{true, false, true}.reshape({3, 1}), x, x);
       },
       "where: shapes (3, 1) and (2, 3) do not broadcast: axis 2 from the last has 3 and 2"},
      {[] {
         where(Mask{true, false, true}, x, zeros({2}));
       },
       "where: shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2"},
      {[] { tril(zeros({3})); }, "tril: x needs at least 2 axes, not shape (3,)"},
      {[] { triu(scalar); }, "triu: x needs at least 2 axes, not shape ()"},
      {[] { tril_mask(-1, 2); }, "shape (-1, 2): extents are 0 or more"},
  });
}

BOOST_AUTO_TEST_CASE(sizes_that_overflow) {
  constexpr index_t most = std::numeric_limits<index_t>::max();
  check_misuses({
      {[] { pad(x, most); },
       "pad: widths (9223372036854775807, 9223372036854775807) around axis 0 of shape (2, 3): that many "
       "places do not fit in memory"},
      {[] {
         repeat(Tensor{1, 2}, Indices{most, most}, 0);
       },
       "repeat: the counts add up to more than fits in memory"},
      {[] {
         conv1d(zeros({1, 1, 5}), zeros({1, 1, 3}), {}, {.dilation = most});
       },
       "conv1d: kernel size 3, stride 1, padding 0, dilation 9223372036854775807: padding is 0 or more, the "
       "others are 1 or more, and all are less than 2^31"},
      {[] { avg_pool1d(x, 1, {.padding = most}); },
       "avg_pool1d: kernel size 1, stride 1, padding 9223372036854775807, dilation 1: padding is 0 or more, "
       "the others are 1 or more, and all are less than 2^31"},
  });
}

BOOST_AUTO_TEST_CASE(reductions) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  check_misuses({
      {[] { sum(x, 2); }, "sum: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] {
         sum(x, {0, 0});
       },
       "sum: axis 0 of shape (2, 3) is named twice"},
      {[] {
         sum(x, {0, -2});
       },
       "sum: axis 0 of shape (2, 3) is named twice"},
      {[] { mean(x, -3); }, "mean: axis -3 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { var(x, 5); }, "var: axis 5 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] {
         amax(zeros({0, 3}), 0);
       },
       "amax: nothing to choose from: shape (0, 3) is empty along axes to reduce"},
      {[] { amin(zeros({0})); }, "amin: nothing to choose from: shape (0,) is empty along axes to reduce"},
      {[] { amax(x, 2); }, "amax: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { logsumexp(x, 2); }, "logsumexp: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { norm(x, 0, {.ord = none}); }, "norm: ord = nan is no power"},
      {[] { cumsum(x, 2); }, "cumsum: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { cumsum(scalar, 0); }, "cumsum: axis 0 of a scalar of shape (), which has no axes"},
      {[] { softmax(x, 2); }, "softmax: axis 2 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { softmax(scalar); }, "softmax: axis -1 of a scalar of shape (), which has no axes"},
      {[] { log_softmax(x, -3); },
       "log_softmax: axis -3 is out of range for shape (2, 3); axes go from -2 to 1"},
      {[] { sum_to(x, {4}); }, "sum_to: shape (4,) does not broadcast to (2, 3)"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
