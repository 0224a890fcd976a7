// Profile: exact calls and bytes, and times that add up.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cmath>
#include <sstream>
#include <thread>

#include <xtape/core/backward.hpp>
#include <xtape/core/checkpoint.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/core/profile.hpp>

#include "tests/support/ops.hpp"

using namespace xtape;
using test::times;
using test::total;

namespace {

Profile::Row row(const Profile& profile, const std::string& op) {
  for (const auto& r : profile.rows())
    if (r.op == op) return r;
  return {};
}

void wait(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

// x itself, made slowly, with a slow gradient.
Tensor slow(const Tensor& x) {
  wait(20);
  return record("slow", x.detach(), wrt(x, [](const Tensor& gy) {
                  wait(40);
                  return times(gy, Tensor{1, 1});
                }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(calls_and_bytes) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{3, 4}.requires_grad_(), c = {5, 6};
  Profile step;
  total(times(times(a, b), c)).backward();
  {
    const NoGrad scope;
    times(a, b);
  }
  step.stop();
  times(a, b);
  BOOST_TEST(row(step, "times").calls == 3U);
  BOOST_TEST(row(step, "times").backward_calls == 2U);
  BOOST_TEST(row(step, "times").saved_bytes == 3 * 2 * sizeof(float));
  BOOST_TEST(row(step, "total").calls == 1U);
  BOOST_TEST(row(step, "total").backward_calls == 1U);
  BOOST_TEST(row(step, "total").saved_bytes == 0U);
  BOOST_TEST(row(step, "spread").calls == 0U);  // called by the gradient of total
}

BOOST_AUTO_TEST_CASE(work_that_is_not_an_op_has_a_row) {
  Profile step;
  wait(10);
  for (int i = 0; i < 2; ++i) {
    const Work work("update");
    wait(20);
  }
  const Tensor y = times(Tensor{1}, Tensor{2});
  step.stop();
  BOOST_TEST(row(step, "update").calls == 2U);
  BOOST_TEST(row(step, "update").forward >= 0.040);
  BOOST_TEST(row(step, "(outside)").forward >= 0.010);
  BOOST_TEST(row(step, "times").forward < row(step, "update").forward);
}

BOOST_AUTO_TEST_CASE(times_add_up) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Profile step;
  const Tensor y = total(slow(x));
  wait(10);
  y.backward();
  wait(10);
  step.stop();
  BOOST_TEST(row(step, "slow").forward >= 0.020);
  BOOST_TEST(row(step, "slow").backward >= 0.040);
  BOOST_TEST(row(step, "(outside)").forward >= 0.020);
  double time = 0, share = 0, before = 1;
  for (const auto& r : step.rows()) {
    BOOST_TEST(r.forward + r.backward > 0);
    BOOST_TEST(r.share <= before);
    before = r.share;
    time += r.forward + r.backward;
    share += r.share;
  }
  BOOST_TEST(std::abs(time - step.total()) < 1e-9);
  BOOST_TEST(std::abs(share - 1) < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_shows_what_runs_in_it) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Profile step;
  const Tensor y = total(checkpoint([](const Tensor& z) { return slow(z); }, x));
  y.backward();
  BOOST_TEST(row(step, "slow").calls == 2U);
  BOOST_TEST(row(step, "slow").backward_calls == 1U);
  BOOST_TEST(row(step, "slow").forward >= 0.040);
  BOOST_TEST(row(step, "slow").backward >= 0.040);
  BOOST_TEST(row(step, "checkpoint").backward_calls == 1U);
  BOOST_TEST(row(step, "checkpoint").backward < row(step, "slow").backward);
  BOOST_TEST(row(step, "checkpoint").saved_bytes == 8U);
}

BOOST_AUTO_TEST_CASE(profiles_inside_profiles) {
  Profile outer;
  {
    Profile inner;
    total(Tensor{1, 2});
    BOOST_TEST(row(inner, "total").calls == 1U);
  }
  total(Tensor{1, 2});
  BOOST_TEST(row(outer, "total").calls == 2U);
}

BOOST_AUTO_TEST_CASE(printed_as_a_table_and_as_json) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Profile step;
  total(times(x, x)).backward();
  step.stop();
  std::ostringstream table;
  table << step;
  BOOST_TEST(
      table.str().starts_with("op          calls   grads  forward ms backward ms share %    saved bytes\n"));
  BOOST_TEST(table.str().find("\ntimes           1       1") != std::string::npos);
  BOOST_TEST(table.str().find("\ntotal           2       2") != std::string::npos);
  const std::string json = step.to_json();
  BOOST_TEST(json.starts_with("{\n  \"total\": "));
  BOOST_TEST(json.find("\"op\": \"times\",\n      \"calls\": 1,\n      \"backward_calls\": 1,\n") !=
             std::string::npos);
  BOOST_TEST(json.find("\"saved_bytes\": 16") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
