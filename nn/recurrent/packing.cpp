// Packing takes rows (b, t) of the padded batch in the order of time; padding puts them back.
#include <xtape/nn/recurrent/packing.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/padding.hpp>
#include <xtape/nn/recurrent/checks_impl.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/logical.hpp>
#include <xtape/ops/masked.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace xtape::nn {

namespace {

using Places = std::vector<std::int64_t>;

void check_lengths(const Shape& x, const Indices& lengths, Here at) {
  check_rank_at_least("pack_padded_sequence", "x", x, 2, at);
  if (x[0] == 0)
    raise<ShapeError>(fmt::format("pack_padded_sequence: x {} has no sequences", to_string(x)), at);
  if (lengths.shape() != Shape{x[0]})
    raise<ShapeError>(fmt::format("pack_padded_sequence: lengths {} must have one for each sequence of x {}",
                                  to_string(lengths.shape()), to_string(x)),
                      at);
  for (index_t b = 0; b < lengths.size(); ++b)
    if (const auto length = lengths.data()[b]; length < 1 || length > x[1])
      raise<ValueError>(fmt::format("pack_padded_sequence: length {} at position {} must be from 1 to the {} "
                                    "steps of x {}",
                                    length, b, x[1], to_string(x)),
                        at);
}

/// The places of a batch, longest sequence first, equal ones in their order.
Places longest_first(const Indices& lengths) {
  Places order(static_cast<std::size_t>(lengths.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return lengths.data()[a] > lengths.data()[b]; });
  return order;
}

Places inverse(const Places& order) {
  Places places(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    places[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return places;
}

/// How many sequences are longer than 0, longer than 1, and so on.
std::vector<index_t> sizes_at_each_time(const Indices& lengths) {
  std::vector<index_t> sizes;
  const auto *begin = lengths.data(), *end = begin + lengths.size();
  for (index_t t = 0; t < *std::max_element(begin, end); ++t)
    sizes.push_back(std::count_if(begin, end, [t](std::int64_t length) { return length > t; }));
  return sizes;
}

/// For each packed row, which row of the padded batch, flattened to (B T, ...), it is.
Indices padded_rows(const std::vector<index_t>& batch_sizes, const Indices& sorted_indices, index_t T) {
  Places rows;
  for (std::size_t t = 0; t < batch_sizes.size(); ++t)
    for (index_t i = 0; i < batch_sizes[t]; ++i)
      rows.push_back(sorted_indices.data()[i] * T + static_cast<index_t>(t));
  return rows;
}

/// True behind the ends of the sequences, in a shape that broadcasts to `padded`, (B, T, ...).
Mask padding(const Indices& lengths, const Shape& padded) {
  Shape shape(padded.size(), 1);
  std::copy_n(padded.begin(), 2, shape.begin());
  return logical_not(keep_mask(lengths, padded[1])).reshape(shape);
}

}  // namespace

template <Real T>
BasicPackedSequence<T> pack_padded_sequence(const BasicTensor<T>& x, const Indices& lengths, Here at) {
  const CallSite site(at);
  check_lengths(x.shape(), lengths, at);
  const auto order = longest_first(lengths);
  const auto sizes = sizes_at_each_time(lengths);
  const auto rows = padded_rows(sizes, order, x.shape(1));
  return {take(flatten(x, 0, 1), rows, 0), sizes, order, inverse(order)};
}

template <Real T>
std::pair<BasicTensor<T>, Indices> pad_packed_sequence(const BasicPackedSequence<T>& packed,
                                                       const PadPackedOptions& options, Here at) {
  const CallSite site(at);
  check_rank_at_least("pad_packed_sequence", "data", packed.data.shape(), 1, at);
  if (packed.batch_sizes.empty())
    raise<ValueError>("pad_packed_sequence: batch_sizes is empty; there is nothing to pad", at);
  check_packed("pad_packed_sequence", packed.data.shape(), packed.batch_sizes, packed.sorted_indices, at);
  const auto longest = static_cast<index_t>(packed.batch_sizes.size());
  const index_t B = packed.sorted_indices.size(), length = options.total_length.value_or(longest);
  if (length < longest)
    raise<ValueError>(fmt::format("pad_packed_sequence: total_length = {} is below the longest sequence, {}",
                                  length, longest),
                      at);
  Places lengths(static_cast<std::size_t>(B));
  for (const index_t size : packed.batch_sizes)
    for (index_t i = 0; i < size; ++i) ++lengths[static_cast<std::size_t>(packed.sorted_indices.data()[i])];

  Shape rows_shape = packed.data.shape(), shape = rows_shape;  // (rows, ...)
  rows_shape[0] = B * length;                                  // (B T, ...)
  shape[0] = length;
  shape.insert(0, B);  // (B, T, ...)
  const auto rows = padded_rows(packed.batch_sizes, packed.sorted_indices, length);
  const auto x = reshape(take_adjoint(packed.data, rows, 0, rows_shape), shape);
  if (options.padding_value == 0) return {x, lengths};
  return {masked_fill(x, padding(lengths, shape), options.padding_value), lengths};
}

template BasicPackedSequence<float> pack_padded_sequence(const Tensor&, const Indices&, Here);
template BasicPackedSequence<double> pack_padded_sequence(const Tensor64&, const Indices&, Here);
template std::pair<Tensor, Indices> pad_packed_sequence(const BasicPackedSequence<float>&,
                                                        const PadPackedOptions&, Here);
template std::pair<Tensor64, Indices> pad_packed_sequence(const BasicPackedSequence<double>&,
                                                          const PadPackedOptions&, Here);

}  // namespace xtape::nn
