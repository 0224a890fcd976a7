// Text that comes in pieces.
#include <xtape/nn/generation/text_stream.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/text/utf8_impl.hpp>

#include <algorithm>
#include <utility>

namespace xtape::nn {

namespace {

/// How many bytes at the end of text may be the beginning of `stop`.
std::size_t begun(std::string_view text, std::string_view stop) {
  std::size_t length = std::min(text.size(), stop.size() - 1);
  while (!text.ends_with(stop.substr(0, length))) --length;
  return length;
}

/// The bytes as UTF-8.
std::string as_characters(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t begin = i;
    if (utf8::next(bytes, i) == utf8::invalid) {
      utf8::append(text, 0xfffd);
      i = begin + 1;
    } else {
      text += bytes.substr(begin, i - begin);
    }
  }
  return text;
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stop_strings, Here at)
    : stop_strings_(std::move(stop_strings)) {
  const auto is_empty = [](const std::string& s) { return s.empty(); };
  if (std::any_of(stop_strings_.begin(), stop_strings_.end(), is_empty))
    raise<ValueError>("TextStream: a stop string is empty; every text would stop at once", at);
}

std::string TextStream::add(std::string_view bytes) {
  if (stopped_) return {};
  waiting_ += bytes;
  // The first that is complete stops, however the text was cut into pieces.
  constexpr std::size_t none = std::string::npos;
  std::size_t begin = none, end = none, uncertain = 0;
  for (const std::string& stop : stop_strings_) {
    const std::size_t at = waiting_.find(stop);
    if (at != none && std::pair(at + stop.size(), at) < std::pair(end, begin))
      begin = at, end = at + stop.size();
    uncertain = std::max(uncertain, begun(waiting_, stop));
  }
  if (end != none) {
    stopped_ = true;
    waiting_.resize(begin);
    return finish();
  }
  const std::size_t certain = waiting_.size() - uncertain;
  return take(certain - utf8::unfinished(std::string_view(waiting_).substr(0, certain)));
}

std::string TextStream::finish() { return take(waiting_.size()); }

std::string TextStream::take(std::size_t length) {
  const std::string text = as_characters(std::string_view(waiting_).substr(0, length));
  waiting_.erase(0, length);
  return text;
}

}  // namespace xtape::nn
