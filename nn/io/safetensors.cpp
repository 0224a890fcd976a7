// Reading and writing safetensors files.
#include <xtape/nn/io/safetensors.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/elements_impl.hpp>
#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/io/half_impl.hpp>
#include <xtape/nn/io/safetensors_header_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace xtape::nn {

namespace {

/// The type in which an array is written.
Element element_for(const AnyArray& x, FloatFormat floats) {
  const bool is_float = x.index() < 2;
  if (is_float && floats == FloatFormat::f16) return Element::f16;
  if (is_float && floats == FloatFormat::bf16) return Element::bf16;
  return element_of(x);
}

/// Wide elements first, so that every array is aligned where its file is mapped.
std::vector<const StateDict::Entry*> in_file_order(const StateDict& tensors, FloatFormat floats) {
  std::vector<const StateDict::Entry*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
    return size_of(element_for(a->second, floats)) > size_of(element_for(b->second, floats));
  });
  return order;
}

/// The header with its length before it, padded so that the data begins at a multiple of eight.
std::string header_bytes(const safetensors::Header& header) {
  std::string json = print_header(header);
  json.append((8 - json.size() % 8) % 8, ' ');
  if (json.size() > safetensors::max_header_bytes)
    fail("a header of {} bytes; a safetensors file has {} at most", json.size(),
         safetensors::max_header_bytes);
  const auto length = std::bit_cast<std::array<char, 8>>(static_cast<std::uint64_t>(json.size()));
  return std::string(length.begin(), length.end()) + json;
}

void write_halves(OutputFile& file, const Tensor& x, std::uint16_t (*convert)(float)) {
  std::array<std::uint16_t, 4096> chunk;
  const float* const end = x.data() + x.size();
  for (const float* from = x.data(); from != end;) {
    const auto n = std::min<std::ptrdiff_t>(chunk.size(), end - from);
    std::transform(from, from + n, chunk.begin(), convert);
    file.write(chunk.data(), static_cast<std::size_t>(n) * sizeof(chunk[0]));
    from += n;
  }
}

void write_array(OutputFile& file, const AnyArray& x, const safetensors::Entry& entry) {
  switch (entry.element) {
    case Element::f16: return write_halves(file, as_tensor<float>(x, entry.name), to_f16);
    case Element::bf16: return write_halves(file, as_tensor<float>(x, entry.name), to_bf16);
    default: return file.write(bytes_of(x), static_cast<std::size_t>(entry.end - entry.begin));
  }
}

}  // namespace

SafeTensors load_safetensors(const std::string& path, Here at) {
  const InputFile file("load_safetensors", path, at);
  if (file.size() < 8) file.fail(fmt::format("{} bytes are too few for a safetensors file", file.size()));
  const auto bytes = file.map();
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.get(), 8);
  if (length > safetensors::max_header_bytes || length > file.size() - 8)
    file.fail(fmt::format("a header of {} bytes does not fit; is it a safetensors file of {} bytes?", length,
                          file.size()));
  const std::string_view json(reinterpret_cast<const char*>(bytes.get()) + 8, length);
  const std::byte* data = bytes.get() + 8 + length;
  return reading(file, [&] {
    auto header = safetensors::parse_header(json, file.size() - 8 - length);
    SafeTensors result;
    for (const auto& [name, element, shape, begin, end] : header.entries) {
      const StoredArray stored{element, shape, data + begin, bytes};
      result.tensors.add(name, naming(name, [&] { return to_array(stored); }), at);
    }
    result.metadata = std::move(header.metadata);
    return result;
  });
}

void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata, SafeTensorsOptions options,
                      Here at) {
  const auto order = in_file_order(tensors, options.floats);
  safetensors::Header header{{}, metadata};
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    const auto& [name, array] = *entry;
    const auto element = element_for(array, options.floats);
    const std::uint64_t begin = end;
    end += byte_count(element, shape_of(array));
    header.entries.push_back({name, element, shape_of(array), begin, end});
  }
  std::string head;
  try {
    head = header_bytes(header);
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("save_safetensors: {}: {}", path, malformed.what()), at);
  }
  OutputFile file("save_safetensors", path, at);
  file.write(head);
  for (std::size_t i = 0; i < order.size(); ++i) write_array(file, order[i]->second, header.entries[i]);
  file.commit();
}

}  // namespace xtape::nn
