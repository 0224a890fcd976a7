// Pictures: files that stay well-formed whatever they show, and hold what was asked for.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/core/creation.hpp>

#include "support/plot.hpp"
#include "support/svg.hpp"
#include "support/ticks.hpp"

#include "tests/support/errors.hpp"

using namespace plot;
using xtape::test::text_of;

namespace {

constexpr float NaN = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
const std::string hostile = "<script>&\"'\xff\x01 ]]>";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// True where tags are closed in order, attributes are quoted, and text holds no bare special character.
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&') {
      const auto end = xml.find(';', at);
      const std::string name = xml.substr(at, end - at);
      if (name != "&amp" && name != "&lt" && name != "&gt" && name != "&quot") return false;
    }
    if (xml[at] != '<') continue;
    const auto end = xml.find('>', at);
    const std::string tag = xml.substr(at + 1, end - at - 1), name = tag.substr(0, tag.find(' '));
    if (end == xml.npos || tag.find('<') != tag.npos || count(tag, "\"") % 2 != 0) return false;
    if (name[0] == '/') {
      if (open.empty() || open.back() != name.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() && xml.starts_with("<svg ") && count(xml, "<script") == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plot_pictures)

BOOST_AUTO_TEST_CASE(text_cannot_break_the_file) {
  BOOST_TEST(escaped("a<b>&\"c") == "a&lt;b&gt;&amp;&quot;c");
  BOOST_TEST(escaped("é日😀") == "é日😀");
  BOOST_TEST(escaped("\xff \xc3 \xe6\x97 \xed\xa0\x80 \xc0\xaf \x01") == "� � �� � �� �");
  BOOST_TEST(visible(" a b\n") == "␣a b↵");
  BOOST_TEST(visible("  ") == "␣␣");
  BOOST_TEST(visible("\t\x01") == "⇥␁");
}

BOOST_AUTO_TEST_CASE(numbers_are_short) {
  BOOST_TEST(short_number(0.123456) == "0.1235");
  BOOST_TEST(short_number(-2e-7) == "−2·10⁻⁷");
  BOOST_TEST(short_number(-inf) == "−∞");
  BOOST_TEST(coordinate(-0.04) == "0");
  BOOST_TEST(coordinate(12.34) == "12.3");
}

BOOST_AUTO_TEST_CASE(ticks_are_round) {
  const auto labels = [](const Scale& scale, int wanted) {
    std::string all;
    for (const auto& [value, label] : scale.ticks(wanted)) all += label + " ";
    return all;
  };
  BOOST_TEST(labels(Scale({0, 1}), 5) == "0 0.2 0.4 0.6 0.8 1.0 ");
  BOOST_TEST(labels(Scale({-1.3, 4}), 5) == "−1 0 1 2 3 4 ");
  BOOST_TEST(labels(Scale({0, 3e6}), 3) == "0 1M 2M 3M ");
  BOOST_TEST(labels(Scale({1, 1000}, true), 5) == "1 2 5 10 20 50 100 200 500 1000 ");
  BOOST_TEST(labels(Scale({1e-9, 1}, true), 3) == "10⁻⁹ 10⁻⁶ 0.001 1 ");
  BOOST_TEST(labels(Scale({7, 7}), 2) == "5 10 ");
  for (const Range& range : {Range{}, Range{1e-320, 1e-320}, Range{-1e200, 1e200}, Range{1e9, 1e9 + 1e-6}})
    for (const bool logarithmic : {false, true})
      if (!logarithmic || range.lo > 0) BOOST_TEST(Scale(range, logarithmic).ticks(5).size() < 20u);
}

BOOST_AUTO_TEST_CASE(lines_show_every_series_and_leave_gaps) {
  const auto svg = lines({.title = hostile, .x_label = hostile, .y_label = hostile},
                         {{hostile, {1, 2, NaN, 3, inf, 4}}, {"b", {1, 2}, {0, 5}}});
  BOOST_TEST(well_formed(svg));
  BOOST_TEST(count(svg, "<path class=\"line") == 2u);
  BOOST_TEST(count(svg, "<circle") == 6u);
  const auto first = svg.find("<path class=\"line");
  BOOST_TEST(count(svg.substr(first, svg.find("<title>", first) - first), "M") == 3u);
  BOOST_TEST(count(svg, ": 4</title>") == 1u);
}

BOOST_AUTO_TEST_CASE(lines_of_anything_are_well_formed) {
  const std::vector<std::vector<double>> values = {
      {},       {3},         {3, 3, 3},        {NaN, NaN}, {0, 0},
      {inf, 1}, {-1e300, 1}, {1e-320, 2e-320}, {-5, 1e9},  std::vector<double>(5000, 1.5)};
  for (const auto& y : values)
    for (const bool logarithmic : {false, true}) {
      const auto svg = lines({.title = "", .log_x = logarithmic, .log_y = logarithmic}, {{"y", y}});
      BOOST_TEST(well_formed(svg));
      BOOST_TEST(svg.find("nan") == svg.npos);
      BOOST_TEST(svg.find("inf") == svg.npos);
      BOOST_TEST(svg.size() < 40000u);
    }
  BOOST_TEST(well_formed(lines({.title = "none"}, {})));
}

BOOST_AUTO_TEST_CASE(bars_show_every_value) {
  const auto svg = bars({.title = hostile}, {{hostile, 2}, {"\n", -1}, {"c", NaN}, {"d", inf}});
  BOOST_TEST(well_formed(svg));
  BOOST_TEST(count(svg, "<rect class=\"dot") == 4u);
  BOOST_TEST(count(svg, ">−1</text>") == 1u);
  BOOST_TEST(well_formed(bars({.title = "none"}, {})));
}

BOOST_AUTO_TEST_CASE(heat_maps_name_every_cell) {
  const HeatMap map{.title = hostile, .columns = {"a", hostile, " "}, .rows = {"<", "&"}, .numbers = true};
  const auto svg = heat_map(map, {{1, -2, 0.5}, {0, NaN, inf}});
  BOOST_TEST(well_formed(svg));
  BOOST_TEST(count(svg, "<title>") == 6u);
  BOOST_TEST(count(svg, "<title>&lt;, ␣: 0.5</title>") == 1u);
  BOOST_TEST(count(svg, "<title>&amp;, a: 0</title>") == 1u);
  BOOST_TEST(count(svg, ">−2.00</text>") == 1u);
}

BOOST_AUTO_TEST_CASE(heat_maps_of_any_size_are_well_formed) {
  for (const xtape::Shape& shape : {xtape::Shape{0, 3}, {3, 0}, {0, 2, 2}, {1, 1}, {5, 2, 3}, {2, 40, 60}}) {
    const auto svg = heat_map({.title = ""}, xtape::full(shape, 0.25));
    BOOST_TEST(well_formed(svg));
    BOOST_TEST(svg.size() < 60000u);
  }
  BOOST_TEST(text_of<xtape::ShapeError>([] {
               heat_map({.title = ""}, xtape::Tensor{1, 2});
             }) == "heat_map: values (2,), expected (R, C) or (N, R, C)");
  BOOST_TEST(text_of<xtape::ShapeError>([] {
               heat_map({.title = "", .rows = {"a"}}, xtape::Tensor{{1, 2}, {3, 4}});
             }) == "heat_map: 1 rows for values (2, 2), expected 2");
}

BOOST_AUTO_TEST_SUITE_END()
