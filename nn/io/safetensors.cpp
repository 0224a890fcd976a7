// Reading and writing safetensors files.
#include <xtape/nn/io/safetensors.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/io/safetensors_header_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace xtape::nn {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

namespace {

using safetensors::Element;
using safetensors::Entry;

/// Reads elements as they lie in the file and converts them one by one.
template <class E, class Stored, class Convert>
Buffer<E> read_converted(const InputFile& file, const Entry& entry, std::uint64_t offset, Convert convert) {
  auto y = uninitialized<E>(entry.shape);
  std::vector<Stored> chunk(std::min<std::size_t>(1 << 16, static_cast<std::size_t>(y.size())));
  for (index_t i = 0; i < y.size();) {
    const auto n = std::min<index_t>(static_cast<index_t>(chunk.size()), y.size() - i);
    file.read(chunk.data(), static_cast<std::size_t>(n) * sizeof(Stored),
              offset + static_cast<std::uint64_t>(i) * sizeof(Stored));
    std::transform(chunk.begin(), chunk.begin() + n, y.data() + i, convert);
    i += n;
  }
  return y;
}

template <class E>
Buffer<E> read_plain(const InputFile& file, const Entry& entry, std::uint64_t offset) {
  auto y = uninitialized<E>(entry.shape);
  file.read(y.data(), static_cast<std::size_t>(y.size()) * sizeof(E), offset);
  return y;
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16, rest = bits & 0x7fffU;
  if (rest >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (rest & 0x3ffU) << 13);
  // The exponent's bias is 112 less than a float's: multiplying moves it, and normalises what is subnormal.
  const float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

AnyArray read_array(const InputFile& file, const Entry& entry, std::uint64_t offset) {
  switch (entry.element) {
    case Element::f64: return Tensor64(read_plain<double>(file, entry, offset));
    case Element::f32: return Tensor(read_plain<float>(file, entry, offset));
    case Element::f16: return Tensor(read_converted<float, std::uint16_t>(file, entry, offset, from_f16));
    case Element::bf16: return Tensor(read_converted<float, std::uint16_t>(file, entry, offset, from_bf16));
    case Element::i64: return Indices(read_plain<std::int64_t>(file, entry, offset));
    case Element::i32:
      return Indices(
          read_converted<std::int64_t, std::int32_t>(file, entry, offset, [](auto x) { return x; }));
    case Element::boolean:
      return Mask(read_converted<bool, unsigned char>(file, entry, offset, [](auto x) { return x != 0; }));
  }
  file.fail("unknown element type");
}

Element element_of(const AnyArray& x) {
  constexpr Element in_order[] = {Element::f32, Element::f64, Element::i64, Element::boolean};
  return in_order[x.index()];
}

const void* bytes_of(const AnyArray& x) {
  return std::visit([](const auto& array) -> const void* { return array.data(); }, x);
}

/// Wide elements first, so that every array is aligned where its file is mapped.
std::vector<const StateDict::Entry*> in_file_order(const StateDict& tensors) {
  std::vector<const StateDict::Entry*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return size_of(element_of(a->second)) > size_of(element_of(b->second));
  });
  return order;
}

/// The header with its length before it, padded so that the data begins at a multiple of eight.
std::string header_bytes(const safetensors::Header& header) {
  std::string json = print_header(header);
  json.append((8 - json.size() % 8) % 8, ' ');
  const auto length = std::bit_cast<std::array<char, 8>>(static_cast<std::uint64_t>(json.size()));
  return std::string(length.begin(), length.end()) + json;
}

}  // namespace

SafeTensors load_safetensors(const std::string& path, Here at) {
  const InputFile file("load_safetensors", path, at);
  if (file.size() < 8) file.fail(fmt::format("{} bytes are too few for a safetensors file", file.size()));
  std::uint64_t length = 0;
  file.read(&length, 8, 0);
  if (length > safetensors::max_header_bytes || length > file.size() - 8)
    file.fail(fmt::format("a header of {} bytes does not fit; is it a safetensors file of {} bytes?", length,
                          file.size()));
  std::string json(length, '\0');
  file.read(json.data(), length, 8);

  SafeTensors result;
  try {
    auto header = safetensors::parse_header(json, file.size() - 8 - length);
    for (const auto& entry : header.entries)
      result.tensors.add(entry.name, read_array(file, entry, 8 + length + entry.begin), at);
    result.metadata = std::move(header.metadata);
  } catch (const safetensors::Malformed& malformed) {
    file.fail(malformed.what());
  }
  return result;
}

void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata, Here at) {
  const auto order = in_file_order(tensors);
  safetensors::Header header{{}, metadata};
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    const auto& [name, array] = *entry;
    const auto element = element_of(array);
    const std::uint64_t begin = end;
    end += static_cast<std::uint64_t>(element_count(shape_of(array))) * size_of(element);
    header.entries.push_back({name, element, shape_of(array), begin, end});
  }
  std::string head;
  try {
    head = header_bytes(header);
  } catch (const safetensors::Malformed& malformed) {
    raise<IoError>(fmt::format("save_safetensors: {}: {}", path, malformed.what()), at);
  }
  OutputFile file("save_safetensors", path, at);
  file.write(head);
  for (std::size_t i = 0; i < order.size(); ++i)
    file.write(bytes_of(order[i]->second),
               static_cast<std::size_t>(header.entries[i].end - header.entries[i].begin));
  file.commit();
}

}  // namespace xtape::nn
