// Text that comes in pieces of bytes, given out as whole characters, up to a stop string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <xtape/core/here.hpp>

namespace xtape::nn {

/// Tokens may end within a character, and within a string at which the text shall stop. A stream gives out
/// what is certain:
///
///     nn::TextStream text({"\n\n"});
///     for (...) show(text.add(tokenizer.decode(token)));
///     show(text.finish());
///
/// Bytes that are not UTF-8 become U+FFFD, each of them.
class TextStream {
 public:
  TextStream() = default;
  /// Throws ValueError for a stop string of no bytes.
  explicit TextStream(std::vector<std::string> stop_strings, Here at = Here::now());

  /// Takes bytes, and gives the text that is certain now: what may be the beginning of a stop string or of a
  /// character waits. With the first stop string that is complete, the text before it is given, and from then
  /// on nothing.
  std::string add(std::string_view bytes);
  /// What still waits, at the end of the bytes.
  std::string finish();
  /// True once a stop string has come.
  bool stopped() const { return stopped_; }

 private:
  std::string take(std::size_t length);

  std::vector<std::string> stop_strings_;
  std::string waiting_;
  bool stopped_ = false;
};

}  // namespace xtape::nn
