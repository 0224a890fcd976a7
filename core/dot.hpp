// A picture of a tensor's record, for Graphviz.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// What y was made from, in Graphviz's language: an ellipse for each op with its shape, the line and module
/// of its call and the bytes that it keeps for gradients; a box for each leaf; arrows from inputs to
/// results. Constants have no history: as inputs they do not show, and for y alone there is one box.
/// Write it into y.dot and run dot -Tsvg y.dot -o y.svg.
std::string to_dot(const AnyTensor& y);
/// The same, with names for leaves: to_dot(loss, model.named_parameters()).
template <Real T>
std::string to_dot(const AnyTensor& y, const std::vector<std::pair<std::string, BasicTensor<T>>>& names);

}  // namespace xtape
