// Gradient checking by central differences, recursing on the order.
#include <xtape/core/gradcheck.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/gradcheck_impl.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape {

namespace {

constinit thread_local int order_of_check = 0;

using Tensors = std::vector<Tensor64>;
using Function = std::function<Tensors(const Tensors&)>;

double dot(const Tensors& a, const Tensors& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k)
    for (index_t i = 0; i < a[k].size(); ++i) sum += a[k].data()[i] * b[k].data()[i];
  return sum;
}

// x with amount * direction added, a leaf.
Tensor64 moved(const Tensor64& x, const Tensor64& direction, double amount) {
  auto y = uninitialized<double>(x.shape());
  for (index_t i = 0; i < x.size(); ++i) y.data()[i] = x.data()[i] + amount * direction.data()[i];
  return Tensor64(std::move(y)).requires_grad_();
}

Tensor64 unit(const Shape& shape, index_t index) {
  auto y = uninitialized<double>(shape);
  std::fill_n(y.data(), y.size(), 0.0);
  y.data()[index] = 1;
  return y;
}

class Checker {
 public:
  Checker(const CheckGradsOptions& options, Here at) : options_(options), at_(at), random_(options.seed) {}

  void check(const Function& f, const Tensors& inputs, int order) {
    const Tensors leaves = as_leaves(inputs);
    Tensors outputs = f(leaves);
    Tensors gy;
    for (const auto& y : outputs) gy.push_back(randn<double>(y.shape(), random_));
    const char* op = outputs[0].op_name() ? outputs[0].op_name() : "f";
    const Tensors analytic = vjp(outputs, leaves, gy, {.retain_graph = true});
    if (order == 1) check_both_ways(analytic, vjp(outputs, leaves, gy, {.create_graph = true}), op);
    outputs.clear();

    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const bool each = inputs[k].size() <= options_.all_below;
      const index_t probes = each ? inputs[k].size() : 8;
      for (index_t p = 0; p < probes; ++p) {
        const Tensor64 direction =
            each ? unit(inputs[k].shape(), p) : randn<double>(inputs[k].shape(), random_);
        compare(f, inputs, gy, analytic, k, direction, each ? p : -1, op, order);
      }
    }
    if (order == options_.order) return;

    // The gradients as a function of the inputs and of the cotangents, on which they depend linearly.
    const std::size_t count = inputs.size();
    const Function gradients = [&f, count](const Tensors& x) {
      const Tensors at(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count));
      const Tensors cotangents(x.begin() + static_cast<std::ptrdiff_t>(count), x.end());
      return vjp(f(at), at, cotangents, {.create_graph = true});
    };
    Tensors both = inputs;
    both.insert(both.end(), gy.begin(), gy.end());
    check(gradients, both, order + 1);
  }

 private:
  static Tensors as_leaves(const Tensors& inputs) {
    Tensors result;
    for (const auto& x : inputs) result.push_back(x.detach().requires_grad_());
    return result;
  }

  static Tensors vjp(const Tensors& outputs, const Tensors& inputs, const Tensors& gy,
                     GradOptions<double> options) {
    Tensors made;  // an output that is a constant has no gradient to ask for
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i].requires_grad()) {
        made.push_back(outputs[i]);
        options.grad_outputs.push_back(gy[i]);
      }
    options.allow_unused = true;
    return grad(made, inputs, options);
  }

  // Fused ops have a kernel for one way and a composed form for the other.
  void check_both_ways(const Tensors& kernel, const Tensors& composed, const char* op) const {
    for (std::size_t k = 0; k < kernel.size(); ++k) {
      double scale = 1;
      for (index_t i = 0; i < kernel[k].size(); ++i)
        if (std::isfinite(kernel[k].data()[i])) scale = std::max(scale, std::abs(kernel[k].data()[i]));
      for (index_t i = 0; i < kernel[k].size(); ++i) {
        const double a = kernel[k].data()[i], b = composed[k].data()[i];
        if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-10 * scale) continue;
        raise<Error>(
            fmt::format("check_grads: {}: derivative 1 for input {} {} at element {}: {:.12g}, but {:.12g} "
                        "with create_graph",
                        op, k, to_string(kernel[k].shape()), i, a, b),
            at_);
      }
    }
  }

  void compare(const Function& f, const Tensors& inputs, const Tensors& gy, const Tensors& analytic,
               std::size_t k, const Tensor64& direction, index_t index, const char* op, int order) {
    double largest = 0, length = 0;
    for (index_t i = 0; i < direction.size(); ++i) {
      largest = std::max(largest, std::abs(inputs[k].data()[i] * (direction.data()[i] != 0)));
      length = std::max(length, std::abs(direction.data()[i]));
    }
    const double step = options_.step * std::max(1.0, largest) / std::max(1.0, length);
    const auto value = [&](double amount) {
      Tensors x = as_leaves(inputs);
      x[k] = moved(inputs[k], direction, amount);
      return dot(f(x), gy);
    };
    // Richardson: the fourth-order central difference.
    const double numeric =
        (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * step);
    const double expected = dot({analytic[k]}, {direction});
    double scale = std::max(std::abs(numeric), std::abs(expected));
    if (std::abs(expected - numeric) <= options_.atol + options_.rtol * std::max(scale, 1.0)) return;
    if (std::isnan(expected) && std::isnan(numeric)) return;
    raise<Error>(
        fmt::format("check_grads: {}: derivative {} for input {} {}{}: analytic {:.12g}, numeric {:.12g} "
                    "(step {:.3g})",
                    op, order, k, to_string(inputs[k].shape()),
                    index >= 0 ? fmt::format(" at element {}", index) : std::string(" along a direction"),
                    expected, numeric, step),
        at_);
  }

  const CheckGradsOptions& options_;
  Here at_;
  Generator random_;
};

}  // namespace

int detail::checking_order() { return order_of_check; }

void check_grads(const std::function<Tensor64(const std::vector<Tensor64>&)>& f,
                 const std::vector<Tensor64>& inputs, const CheckGradsOptions& options, Here at) {
  if (options.order < 1)
    raise<ValueError>(fmt::format("check_grads: order = {} must be 1 or more", options.order), at);
  const EnableGrad recording;
  const std::size_t nodes = live_nodes();
  struct Checking {
    explicit Checking(int order) : outer(std::exchange(order_of_check, order)) {}
    ~Checking() { order_of_check = outer; }
    int outer;
  } const checking(options.order);
  Checker(options, at).check([&f](const Tensors& x) { return Tensors{f(x)}; }, inputs, 1);
  if (live_nodes() != nodes)
    raise<Error>(fmt::format("check_grads: {} nodes of the graph are still alive after the check",
                             live_nodes() - nodes),
                 at);
}

}  // namespace xtape
