// to_dot: pictures of records.
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <xtape/core/call_site.hpp>
#include <xtape/core/dot.hpp>

#include "tests/support/ops.hpp"

using namespace xtape;
using test::times;
using test::total;

namespace {

std::string node_name(const Tensor& x) { return "n" + std::to_string(x.node()->sequence); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dot)

BOOST_AUTO_TEST_CASE(ops_and_leaves) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), frozen = Tensor{3, 4}.requires_grad_();
  const Tensor y = times(x, frozen), z = total(y);
  const int line = __LINE__ - 1;
  Tensor(frozen).requires_grad_(false);
  const std::string place = "\\ntest_dot.cpp:" + std::to_string(line) + "\\n", arrow = " -> ";
  BOOST_TEST(to_dot(z) ==
             "digraph {\n"
             "  " +
                 node_name(z) + " [shape=ellipse, label=\"total\\n()" + place +
                 "0 bytes\"];\n"
                 "  " +
                 node_name(y) + arrow + node_name(z) +
                 ";\n"
                 "  " +
                 node_name(y) + " [shape=ellipse, label=\"times\\n(2,)" + place +
                 "16 bytes\"];\n"
                 "  " +
                 node_name(x) + arrow + node_name(y) +
                 ";\n"
                 "  " +
                 node_name(frozen) + arrow + node_name(y) +
                 ";\n"
                 "  " +
                 node_name(frozen) +
                 " [shape=box, label=\"leaf\\n(2,)\\nfrozen\"];\n"
                 "  " +
                 node_name(x) +
                 " [shape=box, label=\"leaf\\n(2,)\"];\n"
                 "}\n");
}

BOOST_AUTO_TEST_CASE(names_of_leaves_are_escaped) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const std::vector<std::pair<std::string, Tensor>> names = {{"a \"b\" \\n", x}, {"constant", Tensor(1)}};
  BOOST_TEST(contains(to_dot(total(x), names), "label=\"a \\\"b\\\" \\\\n\\n(2,)\""));
}

BOOST_AUTO_TEST_CASE(modules_and_released_graphs) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const CallSite site({"gpt.cpp", 42}, std::make_shared<std::string>("h.3"));
  const Tensor y = total(x);
  BOOST_TEST(contains(to_dot(y), "total\\n()\\ngpt.cpp:42\\nh.3\\n0 bytes"));
  y.backward();
  BOOST_TEST(contains(to_dot(y), "h.3\\nreleased"));
}

BOOST_AUTO_TEST_CASE(a_constant) {
  BOOST_TEST(to_dot(Tensor{1, 2}) == "digraph {\n  n0 [shape=box, label=\"constant\\n(2,)\"];\n}\n");
}

BOOST_AUTO_TEST_CASE(shared_inputs_show_once_and_long_chains_are_no_matter) {
  const Tensor x = Tensor(1).requires_grad_();
  Tensor y = times(x, x);
  const std::string text = to_dot(y);
  BOOST_TEST(std::count(text.begin(), text.end(), '[') == 2);
  BOOST_TEST(std::count(text.begin(), text.end(), '>') == 2);
  for (int i = 0; i < 100'000; ++i) y = record("pass", y.detach(), wrt(y, [](const auto& gy) { return gy; }));
  const std::string chain = to_dot(y);
  BOOST_TEST(std::count(chain.begin(), chain.end(), '[') == 100'002);
}

BOOST_AUTO_TEST_SUITE_END()
