// Reading and writing headers of .npy files.
#include <xtape/nn/io/npy_header_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace xtape::nn::npy {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// By Element; NumPy has no bf16.
constexpr std::array<std::string_view, 13> names = {"f8", "f4", "f2", "",   "i8", "i4", "i2",
                                                    "i1", "u8", "u4", "u2", "u1", "b1"};

Element element_named(std::string_view type) {
  const auto found = std::find(names.begin(), names.end(), type.substr(1));
  if (type.substr(1) == "O") fail("its elements are Python objects, which only Python reads");
  if (found == names.end() || found->empty() ||
      std::string_view("<>=|").find(type[0]) == std::string_view::npos)
    fail("its element type {} is no float, integer or boolean", shown(type));
  return static_cast<Element>(found - names.begin());
}

/// Follows a dictionary such as {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Header read() {
    std::set<std::string_view> keys;
    expect("{");
    while (!accept("}")) {
      const auto key = quoted();
      expect(":");
      if (!keys.insert(key).second) fail("its header has {} twice", shown(key));
      read_value(key);
      if (accept(",")) continue;
      expect("}");
      break;
    }
    for (const char* key : {"descr", "fortran_order", "shape"})
      if (!keys.contains(key)) fail("its header has no {}", key);
    skip_spaces();
    if (!text_.empty()) misplaced("the end");
    return header_;
  }

 private:
  void read_value(std::string_view key) {
    if (key == "descr")
      read_type();
    else if (key == "fortran_order")
      header_.fortran_order = accept("True") || (expect("False"), false);
    else if (key == "shape")
      read_shape();
    else
      fail("its header has {}, none of descr, fortran_order, shape", shown(key));
  }

  void read_type() {
    if (accept("[")) fail("its elements are records of several values");
    const auto type = quoted();
    if (type.empty()) fail("its element type is empty");
    header_.element = element_named(type);
    header_.big_endian = type[0] == '>';
  }

  void read_shape() {
    expect("(");
    while (!accept(")")) {
      if (header_.shape.size() == max_rank) fail("its shape has more than {} axes", max_rank);
      header_.shape.push_back(number());
      if (accept(",")) continue;
      expect(")");
      break;
    }
  }

  index_t number() {
    skip_spaces();
    index_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) fail("its shape has an extent that is too large");
    if (error != std::errc() || value < 0) misplaced("an extent");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  std::string_view quoted() {
    skip_spaces();
    const auto quote = text_.substr(0, 1);
    const auto end = quote == "'" || quote == "\"" ? text_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) misplaced("a quoted text");
    const auto inside = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return inside;
  }

  bool accept(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) misplaced(token);
  }

  void skip_spaces() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size())); }

  [[noreturn]] void misplaced(std::string_view wanted) const {
    fail("its header has {} where {} should be", text_.empty() ? "nothing" : shown(text_), wanted);
  }

  std::string_view text_;
  Header header_;
};

/// A little-endian number of this many bytes.
std::size_t length_at(std::string_view bytes, std::size_t begin, std::size_t count) {
  std::size_t length = 0;
  for (std::size_t i = count; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[begin + i]);
  return length;
}

}  // namespace

Header parse_header(std::string_view file) {
  const std::size_t before = magic.size() + 2;  // the version's bytes
  if (!file.starts_with(magic)) fail("it does not begin as an .npy file");
  if (file.size() < before + 4) fail("{} bytes are too few for an .npy file", file.size());
  const int version = file[magic.size()];
  if (version < 1 || version > 3) fail("its version is {}, not 1, 2 or 3", version);
  const std::size_t width = version == 1 ? 2 : 4;
  const std::size_t length = length_at(file, before, width), begin = before + width;
  if (length > file.size() - begin) fail("a header of {} bytes does not fit in {}", length, file.size());
  auto header = Reader(file.substr(begin, length)).read();
  header.bytes = begin + length;
  const auto needed = byte_count(header.element, header.shape);
  if (needed != file.size() - header.bytes)
    fail("{} {} takes {} bytes, but {} follow the header", names[static_cast<std::size_t>(header.element)],
         to_string(header.shape), needed, file.size() - header.bytes);
  return header;
}

std::string print_header(const Header& header) {
  constexpr std::size_t alignment = 64;
  const auto name = names[static_cast<std::size_t>(header.element)];
  std::string text =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}",
                  header.element == Element::boolean ? '|' : '<', name, to_string(header.shape));
  const std::size_t before = magic.size() + 4;
  text.append(alignment - (before + text.size() + 1) % alignment, ' ');
  text += '\n';
  std::string bytes(magic);
  bytes += {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return bytes + text;
}

}  // namespace xtape::nn::npy
