// Profile: a clock that every event of the thread reads.
#include <xtape/core/profile.hpp>

#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace xtape {

namespace {

constexpr const char *walk = "(walk)", *outside = "(outside)";

double seconds(std::chrono::steady_clock::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

Profile::Row& Profile::row(std::string_view op) {
  auto found = rows_.find(op);
  if (found == rows_.end()) found = rows_.emplace(op, Row{.op = std::string(op)}).first;
  return found->second;
}

double Profile::lap() {
  const auto now = Clock::now();
  return seconds(now - std::exchange(last_, now));
}

void Profile::recorded(const OpName& op, const AnyTensor& y) {
  if (stopped_ || detail::running_node()) return;  // the gradient that runs takes the time
  Row& r = row(op.text);
  ++r.calls;
  if (y.node()) r.saved_bytes += y.node()->saved_bytes;
  r.forward += lap();
}

void Profile::walk_began() {
  if (stopped_) return;
  row(walk);  // made here, where memory may run out: walk_ended() throws nothing
  if (const Node* node = detail::running_node())
    row(node->op).backward += lap();
  else
    row(outside).forward += lap();
}

void Profile::gradient_complete(const Node&, const AnyTensor&) {
  if (!stopped_) row(walk).backward += lap();
}

void Profile::gradients_ran(const Node& node) {
  if (stopped_) return;
  Row& r = row(node.op);
  ++r.backward_calls;
  r.backward += lap();
}

void Profile::walk_ended() noexcept {
  if (!stopped_) row(walk).backward += lap();
}

void Profile::work_began(const OpName& name) {
  if (stopped_ || detail::running_node()) return;
  row(name.text);
  row(outside).forward += lap();
}

void Profile::work_ended(const OpName& name) noexcept {
  if (stopped_ || detail::running_node()) return;
  Row& r = row(name.text);
  ++r.calls;
  r.forward += lap();
}

void Profile::stop() {
  if (stopped_) return;
  row(outside).forward += lap();
  stopped_ = true;
}

double Profile::total() const { return seconds(last_ - start_); }

std::vector<Profile::Row> Profile::rows() const {
  std::vector<Row> result;
  for (const auto& [op, r] : rows_) {
    result.push_back(r);
    result.back().share = (r.forward + r.backward) / total();
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Row& a, const Row& b) { return a.share > b.share; });
  return result;
}

std::string Profile::to_json() const {
  auto ops = nlohmann::ordered_json::array();
  for (const Row& r : rows())
    ops.push_back({{"op", r.op},
                   {"calls", r.calls},
                   {"backward_calls", r.backward_calls},
                   {"forward", r.forward},
                   {"backward", r.backward},
                   {"saved_bytes", r.saved_bytes},
                   {"share", r.share}});
  return nlohmann::ordered_json{{"total", total()}, {"ops", ops}}.dump(2);
}

std::ostream& Profile::print(std::ostream& out) const {
  const auto all = rows();
  std::size_t width = 5;
  for (const Row& r : all) width = std::max(width, r.op.size());
  Row sum{.op = "total"};
  const auto line = [&](const Row& r) {
    out << fmt::format("{:<{}} {:>7} {:>7} {:>11.3f} {:>11.3f} {:>7.1f} {:>14}\n", r.op, width, r.calls,
                       r.backward_calls, r.forward * 1e3, r.backward * 1e3, r.share * 100, r.saved_bytes);
  };
  out << fmt::format("{:<{}} {:>7} {:>7} {:>11} {:>11} {:>7} {:>14}\n", "op", width, "calls", "grads",
                     "forward ms", "backward ms", "share %", "saved bytes");
  for (const Row& r : all) {
    line(r);
    sum.calls += r.calls;
    sum.backward_calls += r.backward_calls;
    sum.forward += r.forward;
    sum.backward += r.backward;
    sum.share += r.share;
    sum.saved_bytes += r.saved_bytes;
  }
  line(sum);
  return out;
}

}  // namespace xtape
