// What pictures are made of: text that cannot break the file, short numbers, one style for light and dark.
#pragma once

#include <string>
#include <string_view>

namespace plot {

/// Text for an XML or HTML file: special characters escaped; what is not UTF-8, or not allowed in XML, is
/// U+FFFD.
std::string escaped(std::string_view text);

/// A token as it is shown: line ends, tabs, other control characters, and spaces at its ends become signs.
std::string visible(std::string_view token);

/// About how wide the text is, a little more rather than less. size is that of the font.
double text_width(std::string_view text, double size);

/// A coordinate, to a tenth of a pixel.
std::string coordinate(double value);

/// "⁻⁷"
std::string superscript(int exponent);

/// A value to four digits, with a true minus sign: "0.25", "−2·10⁻⁷", "NaN", "∞".
std::string short_number(double value);

/// A <text> element; `style` is its classes: "title", "muted", "token"; "end", "middle"; "c0" to "c7".
std::string text_at(double x, double y, std::string_view style, std::string_view text);

/// The whole file: background, title, body.
std::string svg(double width, double height, std::string_view title, std::string_view body);

/// The picture of nothing.
std::string no_values(std::string_view title);

inline constexpr int palette_size = 8;
inline constexpr double margin = 16, font_size = 12;
/// The height that a title takes: none where there is none.
inline double title_height(std::string_view title) { return title.empty() ? 0 : 28; }

}  // namespace plot
