// Notes which ops are recorded, and to which order and on which classes of shape check_grads() meets them,
// in a file of the folder that XTAPE_CHECKED_OPS names; check_ops.sh and check_op_page.sh in tests/project
// read them.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <unistd.h>

#include <xtape/core/gradcheck_impl.hpp>
#include <xtape/core/node.hpp>
#include <xtape/core/observer.hpp>
#include <xtape/core/walk_impl.hpp>

namespace {

using namespace xtape;

/// Above what one block of any parallel loop holds.
constexpr index_t large = 32768;

bool is_small(const Shape& shape) {
  return shape.empty() || std::any_of(shape.begin(), shape.end(), [](index_t n) { return n <= 1; });
}
bool is_large(const Shape& shape) {
  return element_count(shape) > large &&
         std::any_of(shape.begin(), shape.end(), [](index_t n) { return n % 2 == 1; });
}

/// One value of this input reaches several of the result, or the other way round: the shapes differ, or the
/// input was broadcast right before.
bool is_broadcast(const Node& node, const Node& input) {
  return input.shape != node.shape || std::string_view(input.op) == "broadcast_to";
}

/// Listens while the tests of this process run, on the thread that runs them.
class Listener final : public Observer {
 public:
  explicit Listener(std::string folder) : folder_(std::move(folder)) {}

  ~Listener() {
    std::ofstream file(folder_ + "/" + std::to_string(getpid()) + ".txt");
    for (const auto& [op, seen] : ops_) {
      file << op << " recorded\n" << op << " order " << seen.order << '\n';
      for (const auto& name : seen.classes) file << op << ' ' << name << '\n';
    }
  }

  void recorded(const OpName& op, const AnyTensor& y) override {
    if (!y.node()) return;
    const Node& node = *y.node();
    bool small = is_small(node.shape), large_and_odd = is_large(node.shape), broadcast = false;
    for (const auto& input : node.inputs)
      if (input.parent) {
        small |= is_small(input.parent->shape);
        large_and_odd |= is_large(input.parent->shape);
        broadcast |= is_broadcast(node, *input.parent);
      }
    const int order = detail::running_node() ? 0 : detail::checking_order();
    auto& seen = ops_[op.text];
    seen.order = std::max(seen.order, order);
    if (order < 2) return;
    if (small) seen.classes.insert("small");
    if (large_and_odd) seen.classes.insert("large");
    if (broadcast) seen.classes.insert("broadcast");
  }

 private:
  struct Seen {
    std::set<std::string> classes;
    int order = 0;
  };

  std::string folder_;
  std::map<std::string, Seen> ops_;
};

struct Listening {
  Listening() {
    if (const char* folder = std::getenv("XTAPE_CHECKED_OPS")) listener.emplace(folder);
  }
  std::optional<Listener> listener;
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Listening);
