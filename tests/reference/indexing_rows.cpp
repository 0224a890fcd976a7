// The rows of elements by index and by mask.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

/// torch.gather: indices may be shorter than x along the other axes, whose ends are left out then.
Tensor64 gather(const Tensor64& x, const Indices& indices, index_t axis) {
  Slices covered;
  for (std::size_t d = 0; d < x.dimension(); ++d)
    covered.push_back(d == check_axis("gather", x.shape(), axis, Here::now()) ? Slice()
                                                                              : Slice(0, indices.shape()[d]));
  return take_along_axis(strided_view(x, covered), indices, axis);
}

OpRows rows() {
  OpRows ops = {
      {"take", [](const OpCase& c, const Inputs& x) { return take(x.at(0), c.indices.at(0), axis(c)); }},
      {"take_along_axis",
       [](const OpCase& c, const Inputs& x) { return take_along_axis(x.at(0), c.indices.at(0), axis(c)); }},
      {"gather", [](const OpCase& c, const Inputs& x) { return gather(x.at(0), c.indices.at(0), axis(c)); }},
      {"scatter_add",
       [](const OpCase& c, const Inputs& x) {
         return scatter_add(x.at(0), c.indices.at(0), x.at(1), axis(c));
       }},
      {"one_hot",
       [](const OpCase& c, const Inputs&) {
         return one_hot<double>(c.indices.at(0), argument(c, {"classes", "num_classes"}));
       }},
      {"embedding", [](const OpCase& c, const Inputs& x) { return embedding(c.indices.at(0), x.at(0)); }},
      {"masked_select",
       [](const OpCase& c, const Inputs& x) { return masked_select(x.at(0), c.masks.at(0)); }},
      {"masked_fill",
       [](const OpCase& c, const Inputs& x) {
         return masked_fill(x.at(0), c.masks.at(0), argument(c, {"value", "fill_value"}, 0.0));
       }},
      {"where", [](const OpCase& c, const Inputs& x) { return where(c.masks.at(0), x.at(0), x.at(1)); }},
  };
  ops["index_select"] = ops.at("take");
  return ops;
}

}  // namespace

const OpRows& indexing_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
