// Bytes and the characters that stand for them.
#include <xtape/nn/text/bpe_names_impl.hpp>

#include <xtape/nn/text/utf8_impl.hpp>

#include <array>

namespace xtape::nn::bpe {

namespace {

constexpr char32_t first_substitute = 0x100;

bool is_printable(char32_t byte) { return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte != 0xad); }

std::string make_order() {
  std::string order;
  for (const bool printable : {true, false})
    for (char32_t byte = 0; byte < 256; ++byte)
      if (is_printable(byte) == printable) order += static_cast<char>(byte);
  return order;
}

/// The characters by byte.
std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> characters{};
  char32_t substitute = first_substitute;
  for (char32_t byte = 0; byte < 256; ++byte) characters[byte] = is_printable(byte) ? byte : substitute++;
  return characters;
}

}  // namespace

const std::string& bytes_in_order() {
  static const std::string order = make_order();
  return order;
}

std::string name_of(std::string_view bytes) {
  static const auto characters = make_characters();
  std::string name;
  for (const char byte : bytes) utf8::append(name, characters[static_cast<unsigned char>(byte)]);
  return name;
}

std::optional<std::string> bytes_named(std::string_view name) {
  static const std::string substituted = bytes_in_order().substr(188);  // by U+0100 and what follows
  std::string bytes;
  for (std::size_t position = 0; position < name.size();) {
    const char32_t character = utf8::next(name, position);
    if (character < first_substitute && is_printable(character))
      bytes += static_cast<char>(character);
    else if (character >= first_substitute && character - first_substitute < substituted.size())
      bytes += substituted[character - first_substitute];
    else
      return std::nullopt;  // invalid UTF-8 is no character either
  }
  return bytes;
}

}  // namespace xtape::nn::bpe
