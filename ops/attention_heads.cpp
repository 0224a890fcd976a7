// Heads of queries, keys and values: checked, counted, repeated.
#include <xtape/ops/attention_heads_impl.hpp>

#include <xtape/core/error.hpp>
#include <xtape/ops/layout.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

/// Grows a to the shape that a and b broadcast to; false where there is none.
bool broadcast_together(Shape& a, const Shape& b) {
  while (a.size() < b.size()) a.insert(0, 1);
  const std::size_t missing = a.size() - b.size();
  for (std::size_t d = 0; d < b.size(); ++d) {
    index_t& extent = a[missing + d];
    if (extent != b[d] && extent != 1 && b[d] != 1) return false;
    if (extent == 1) extent = b[d];
  }
  return true;
}

/// How many heads of q share one of k and v, where (..., H) and (..., Hkv) are their leading axes.
index_t heads_in_group(const Shape& q, const Shape& kv) {
  const index_t heads = q.empty() ? 1 : q.back(), shared = kv.empty() ? 1 : kv.back();
  return shared > 0 && heads > shared && heads % shared == 0 ? heads / shared : 1;
}

}  // namespace

Shape leading_axes(const Shape& x) { return Shape(x.begin(), x.end() - 2); }

Shape with_last_two(Shape leading, index_t rows, index_t columns) {
  leading.push_back(rows);
  leading.push_back(columns);
  return leading;
}

Shape Scores::shared_axes() const {
  Shape axes = leading_axes(shape);
  if (!axes.empty()) axes.back() /= group;
  return axes;
}

Scores check_heads(const char* op, const Shape& q, const Shape& k, const Shape* v, Here at) {
  const auto fail = [&](const std::string& why) {
    const std::string given =
        v ? fmt::format("q {}, k {} and v {}", to_string(q), to_string(k), to_string(*v))
          : fmt::format("q {} and k {}", to_string(q), to_string(k));
    raise<ShapeError>(fmt::format("{}: {}: {}", op, given, why), at);
  };
  if (q.size() < 2 || k.size() < 2 || (v && v->size() < 2)) fail("each needs two axes or more, (..., T, D)");
  const index_t keys = k[k.size() - 2], values = v ? (*v)[v->size() - 2] : keys;
  if (q.back() != k.back()) fail(fmt::format("q and k differ in head size, {} and {}", q.back(), k.back()));
  if (keys != values) fail(fmt::format("k and v differ in length, {} and {}", keys, values));
  const std::string no_broadcast = fmt::format(
      "the axes before the last two do not broadcast, and q's heads are no multiple of those of {}",
      v ? "k and v" : "k");
  Shape leading = leading_axes(q), shared = leading_axes(k);
  if (v && !broadcast_together(shared, leading_axes(*v))) fail(no_broadcast);
  const index_t group = heads_in_group(leading, shared);
  if (group > 1 && !shared.empty()) shared.back() *= group;
  if (!broadcast_together(leading, shared)) fail(no_broadcast);
  return {with_last_two(leading, q[q.size() - 2], keys), group};
}

template <Real T>
BasicTensor<T> repeated(const BasicTensor<T>& x, const Shape& leading) {
  if (leading_axes(x.shape()) == leading) return x;
  return broadcast_to(x, with_last_two(leading, x.shape(-2), x.shape(-1)));
}

template <Real T>
BasicTensor<T> for_each_query_head(const BasicTensor<T>& x, const BasicTensor<T>& q) {
  const index_t group = heads_in_group(leading_axes(q.shape()), leading_axes(x.shape()));
  if (group == 1) return x;
  const std::size_t head = x.dimension() - 3;
  Shape grouped = x.shape(), flat = x.shape();
  grouped.insert(head + 1, group);
  flat[head] *= group;
  return reshape(broadcast_to(expand_dims(x, static_cast<index_t>(head) + 1), grouped), flat);
}

template Tensor repeated(const Tensor&, const Shape&);
template Tensor64 repeated(const Tensor64&, const Shape&);
template Tensor for_each_query_head(const Tensor&, const Tensor&);
template Tensor64 for_each_query_head(const Tensor64&, const Tensor64&);

}  // namespace xtape
