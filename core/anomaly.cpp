// Anomaly detection.
#include <xtape/core/anomaly.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace xtape {

namespace {

/// The index of an element, written as shapes are: "(1, 2)".
std::string index_text(const Shape& shape, index_t offset) {
  Shape index = shape;
  for (std::size_t axis = shape.size(); axis-- > 0; offset /= shape[axis]) index[axis] = offset % shape[axis];
  return to_string(index);
}

/// "nan at element (1, 2)" for the first NaN, or infinity where asked for; nothing where there is none.
std::optional<std::string> first_anomaly(const AnyTensor& x, bool infinity) {
  return detail::with_type(x.dtype(), [&]<Real T>(T) -> std::optional<std::string> {
    const T* values = BasicTensor<T>(x).data();
    for (index_t i = 0, n = x.size(); i < n; ++i)
      if (std::isnan(values[i]) || (infinity && std::isinf(values[i])))
        return fmt::format("{} at element {}",
                           std::isnan(values[i]) ? std::numeric_limits<T>::quiet_NaN() : values[i],
                           index_text(x.shape(), i));
    return std::nullopt;
  });
}

}  // namespace

void DetectAnomaly::recorded(const OpName& op, const AnyTensor& y) {
  if (detail::running_node()) return;  // gradient functions answer for what they give
  if (const auto found = first_anomaly(y, options_.infinity))
    raise<ValueError>(fmt::format("{}: its result {} has {}", op.text, to_string(y.shape()), *found), op.at);
}

void DetectAnomaly::gradient_complete(const Node& node, const AnyTensor& gy) {
  if (const auto found = first_anomaly(gy, true))
    raise<ValueError>(fmt::format("{}: the gradient that reaches its {} {} has {}", node.op,
                                  node.leaf ? "value" : "result", to_string(node.shape), *found),
                      node.at);
}

void DetectAnomaly::gradient_made(const Node& from, const Node& to, const AnyTensor& gx) {
  if (!gx.has_value()) return;
  if (const auto found = first_anomaly(gx, true))
    raise<ValueError>(fmt::format("{}: its gradient for an input {} made by {} has {}", from.op,
                                  to_string(to.shape), to.op, *found),
                      from.at);
}

}  // namespace xtape
