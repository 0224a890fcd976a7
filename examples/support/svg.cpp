// Elements, text and style of pictures.
#include "support/svg.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace plot {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// Takes the first code point off the text; U+FFFD for a byte that begins none.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t c = length == 1 ? first : first & (0x7Fu >> length);
  bool valid = length > 0 && first < 0xF8;
  for (std::size_t i = 1; i < length; ++i) {
    valid &= (byte(i) & 0xC0) == 0x80;
    c = (c << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  valid = valid && c >= smallest[length] && c <= 0x10FFFF;
  text.remove_prefix(valid ? length : 1);
  return valid ? c : replacement;
}

void append(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

/// XML 1.0, section 2.2.
bool allowed_in_xml(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c < 0xFFFE) ||
         c >= 0x10000;
}

double width_of(char32_t c) {
  if (c >= 0x1100) return c >= 0x2000 && c < 0x2E80 ? 0.7 : 1;  // wide scripts, but for signs and arrows
  if (c >= 0x80) return 0.65;
  const std::string_view narrow = " !'(),./:;I[]`fijlrt{|}", wide = "%@MWmw";
  const char letter = static_cast<char>(c);
  if (narrow.find(letter) != narrow.npos) return 0.34;
  if (wide.find(letter) != wide.npos) return 0.93;
  return c >= 'A' && c <= 'Z' ? 0.72 : 0.58;
}

// Series: Okabe and Ito's colours, darker or lighter where the background asks for it.
constexpr std::string_view style = R"(<style>
.plot{font:12px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.plot .title{font-size:15px;font-weight:600}
.plot .token{font:11px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.plot .end{text-anchor:end}.plot .middle{text-anchor:middle}
.plot .paper{fill:#fff}.plot .muted{fill:#636c76}
.plot .grid{stroke:#e4e7eb}.plot .axis{stroke:#9aa2ab}
.plot .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.plot .leader{fill:none}
.plot .dashed{stroke-dasharray:5 5}
.cells{stroke:#08458c;shape-rendering:crispEdges}.cells .minus{stroke:#8f2d04}.cells .none{stroke:#c3c9d0}
.cells .ground{fill:#f1f3f6;stroke:none}.plot .gaps{stroke:#fff}.plot .over{fill:#fff}
.plot .gaps,.plot .still{pointer-events:none}
.c0{color:#0072b2}.c1{color:#d55e00}.c2{color:#008f68}.c3{color:#b4558f}.c4{color:#a87900}.c5{color:#3b9bd6}
.c6{color:#7a4fb0}.c7{color:#6e7781}
.plot .line,.plot .leader{stroke:currentColor}.plot .dot,.plot .name{fill:currentColor}
@media(prefers-color-scheme:dark){
.plot{fill:#e6edf3}.plot .paper{fill:#0d1117}.plot .muted{fill:#9198a1}
.plot .grid{stroke:#262c36}.plot .axis{stroke:#656c76}
.cells{stroke:#9ed0ff}.cells .minus{stroke:#ffb080}.cells .none{stroke:#484f58}
.cells .ground{fill:#1b212b}.plot .gaps{stroke:#0d1117}.plot .over{fill:#0d1117}
.c0{color:#56b4e9}.c1{color:#ff8c42}.c2{color:#2fc79a}.c3{color:#e59ac8}.c4{color:#e8c14a}.c5{color:#a8d8f8}
.c6{color:#b794f0}.c7{color:#a3abb5}}
</style>
)";

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      append(out, allowed_in_xml(c) ? c : replacement);
  }
  return out;
}

std::string visible(std::string_view token) {
  std::string out;
  const std::size_t first = token.find_first_not_of(' '), last = token.find_last_not_of(' ');
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    const bool inner = i > first && i < last && first != token.npos;
    if (c == '\n')
      out += "↵";
    else if (c == '\t')
      out += "⇥";
    else if (c == ' ' && !inner)
      out += "␣";
    else if (c >= 0 && c < 0x20)
      append(out, 0x2400 + static_cast<char32_t>(c));  // control pictures
    else
      out += c;
  }
  return out;
}

double text_width(std::string_view text, double size) {
  double width = 0;
  while (!text.empty()) width += width_of(take_code_point(text));
  return width * size;
}

std::string coordinate(double value) {
  const auto tenths = static_cast<std::int64_t>(std::llround(value * 10));
  return tenths % 10 == 0 ? fmt::to_string(tenths / 10)
                          : fmt::format("{:.1f}", static_cast<double>(tenths) / 10);
}

std::string superscript(int exponent) {
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "⁻" : "";
  for (const char c : fmt::to_string(std::abs(exponent))) out += digits[c - '0'];
  return out;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "NaN";
  const std::string sign = value < 0 ? "−" : "";
  if (std::isinf(value)) return sign + "∞";
  const std::string digits = fmt::format("{:.4g}", std::abs(value));
  const auto e = digits.find('e');
  if (e == digits.npos) return sign + digits;
  return sign + digits.substr(0, e) + "·10" + superscript(std::stoi(digits.substr(e + 1)));
}

std::string text_at(double x, double y, std::string_view style_names, std::string_view text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>\n", coordinate(x), coordinate(y),
                     style_names, escaped(text));
}

std::string svg(double width, double height, std::string_view title, std::string_view body) {
  const std::string w = coordinate(std::ceil(width)), h = coordinate(std::ceil(height));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" aria-label=\"{}\" "
      "width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\">\n",
      escaped(title), w, h, w, h);
  out += style;
  out += fmt::format("<rect class=\"paper\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n", w, h);
  if (!title.empty()) out += text_at(margin, margin + 12, "title", title);
  out += body;
  return out + "</svg>\n";
}

std::string no_values(std::string_view title) {
  return svg(360, 120, title, text_at(180, 72, "muted middle", "no values"));
}

}  // namespace plot
