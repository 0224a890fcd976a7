// The header of a safetensors file: what the JSON says, checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/nn/io/elements_impl.hpp>

namespace xtape::nn::safetensors {

/// One array: where its bytes lie, counted from the end of the header.
struct Entry {
  std::string name;
  Element element = Element::f32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Header {
  std::vector<Entry> entries;  // in the order of the file's JSON
  std::map<std::string, std::string> metadata;
};

/// The largest header that is read.
inline constexpr std::uint64_t max_header_bytes = 100'000'000;

/// Reads a header that describes `data_bytes` bytes. Throws Malformed.
Header parse_header(std::string_view json, std::uint64_t data_bytes);

/// The JSON that parse_header() reads back. Throws Malformed for names that are not UTF-8.
std::string print_header(const Header& header);

}  // namespace xtape::nn::safetensors
