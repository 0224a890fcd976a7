// Functions of functions: f is run on inputs of its own, and its record is walked.
#include <xtape/ops/transforms.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/core/graph_impl.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

template <Real T>
using Many = std::vector<BasicTensor<T>>;

template <Real T>
bool any_requires_grad(const Many<T>& xs) {
  return std::any_of(xs.begin(), xs.end(), [](const auto& x) { return x.requires_grad(); });
}

// f's record on inputs of its own. Recording is on while one lives.
template <Real T>
class Recorded {
 public:
  Recorded(FunctionOfMany<T> f, const Many<T>& x) {
    const std::uint64_t first = detail::next_sequence();
    for (const auto& each : x)
      inputs_.push_back(nests_ && each.requires_grad() ? alias(each) : each.detach().requires_grad_());
    value_ = f(inputs_);
    const auto reads = detail::inputs_of_record(value_, first);
    outside_ = nests_ && std::any_of(reads.begin(), reads.end(),
                                     [first](const auto& node) { return node->sequence < first; });
  }
  // Whatever was recorded, nobody can ask for gradients of the leaves that were made here.
  ~Recorded() {
    for (auto& x : inputs_)
      if (x.is_leaf()) x.requires_grad_(false);
  }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;

  const Many<T>& inputs() const { return inputs_; }
  const BasicTensor<T>& value() const { return value_; }
  /// What the caller gets for the value.
  BasicTensor<T> result() const { return outside_ ? value_ : value_.detach(); }
  /// True where something outside of f needs gradients of what follows from it and from xs.
  bool nests(const Many<T>& xs = {}) const { return outside_ || (nests_ && any_requires_grad(xs)); }

 private:
  const bool nests_ = grad_enabled();
  const EnableGrad recording_;
  Many<T> inputs_;
  BasicTensor<T> value_;
  bool outside_ = false;
};

// The gradients of sum_i <ys_i, gys_i>, zeros where nothing depends on an input; the record stays.
template <Real T>
Many<T> gradients(const Many<T>& ys, const Many<T>& xs, const Many<T>& gys, bool create_graph) {
  GradOptions<T> options{.create_graph = create_graph, .retain_graph = true, .allow_unused = true};
  Many<T> recorded;
  for (std::size_t i = 0; i < ys.size(); ++i)
    if (ys[i].requires_grad()) {
      recorded.push_back(ys[i]);
      options.grad_outputs.push_back(gys[i]);
    }
  return grad(recorded, xs, options);
}

template <Real T>
void check_scalar(const char* op, const BasicTensor<T>& value, Here at) {
  if (value.size() != 1)
    raise<ShapeError>(
        fmt::format("{}: the function gives shape {}, not one element; reduce it with sum() or mean()", op,
                    to_string(value.shape())),
        at);
}

template <Real T>
void check_tangents(const char* op, const char* name, const Many<T>& tangents, const Many<T>& x, Here at) {
  if (tangents.size() != x.size())
    raise<ShapeError>(
        fmt::format("{}: {} {} for {} inputs; give one each", op, tangents.size(), name, x.size()), at);
  for (std::size_t i = 0; i < x.size(); ++i)
    check_same_shape(op, name, tangents[i].shape(), "x", x[i].shape(), at);
}

Shape joined(const Shape& a, const Shape& b) {
  Shape all = a;
  for (const index_t extent : b) all.push_back(extent);
  return all;
}

template <Real T>
BasicTensor<T> one_hot(const Shape& shape, index_t i) {
  auto y = uninitialized<T>(shape);
  std::fill_n(y.data(), y.size(), T(0));
  y.data()[i] = 1;
  return y;
}

// dy/dx for each of xs: row i is the vjp of the i-th unit vector.
template <Real T>
Many<T> rows_of(const BasicTensor<T>& y, const Many<T>& xs, bool create_graph) {
  std::vector<Many<T>> rows(xs.size());
  for (index_t i = 0; i < y.size(); ++i) {
    auto row = gradients<T>({y}, xs, {one_hot<T>(y.shape(), i)}, create_graph);
    for (std::size_t k = 0; k < xs.size(); ++k) rows[k].push_back(std::move(row[k]));
  }
  Many<T> result;
  for (std::size_t k = 0; k < xs.size(); ++k) {
    const Shape shape = joined(y.shape(), xs[k].shape());
    result.push_back(rows[k].empty() ? zeros<T>(shape) : reshape(stack(rows[k]), shape));
  }
  return result;
}

// f of one tensor, as a function of many.
template <Real T>
auto of_many(const FunctionOfOne<T>& f) {
  return [&f](const Many<T>& x) { return f(x[0]); };
}

}  // namespace

template <Real T>
ValueAndEach<T> vjp(FunctionOfMany<T> f, const Many<T>& x, const std::type_identity_t<BasicTensor<T>>& gy,
                    Here at) {
  const Recorded<T> run(f, x);
  check_same_shape("vjp", "gy", gy.shape(), "the function's value", run.value().shape(), at);
  return {run.result(), gradients<T>({run.value()}, run.inputs(), {gy}, run.nests({gy}))};
}

template <Real T>
ValueAndEach<T> grad_and_value(FunctionOfMany<T> f, const Many<T>& x, Here at) {
  const Recorded<T> run(f, x);
  check_scalar("grad_and_value", run.value(), at);
  return {run.result(), gradients<T>({run.value()}, run.inputs(), {ones_like(run.value())}, run.nests())};
}

// g(u) = u^T J is linear in u, so the gradient of <g(u), t> for u is J t at any u.
template <Real T>
ValueAnd<T> jvp(FunctionOfMany<T> f, const Many<T>& x,
                const std::type_identity_t<std::vector<BasicTensor<T>>>& tangents, Here at) {
  check_tangents("jvp", "tangents", tangents, x, at);
  const Recorded<T> run(f, x);
  auto u = zeros<T>(run.value().shape()).requires_grad_();
  const auto g = gradients<T>({run.value()}, run.inputs(), {u}, true);
  const auto result = gradients<T>(g, {u}, tangents, run.nests(tangents))[0];
  u.requires_grad_(false);
  return {run.result(), result};
}

template <Real T>
Many<T> jacobian(FunctionOfMany<T> f, const Many<T>& x, Here at) {
  const CallSite site(at);
  const Recorded<T> run(f, x);
  return rows_of(run.value(), run.inputs(), run.nests());
}

template <Real T>
std::vector<std::vector<BasicTensor<T>>> hessian(FunctionOfMany<T> f, const Many<T>& x, Here at) {
  const Recorded<T> run(f, x);
  check_scalar("hessian", run.value(), at);
  std::vector<Many<T>> result;
  for (const auto& g : gradients<T>({run.value()}, run.inputs(), {ones_like(run.value())}, true))
    result.push_back(rows_of(g, run.inputs(), run.nests()));
  return result;
}

// H v is the gradient of <df/dx, v>.
template <Real T>
ValueAndEach<T> hvp(FunctionOfMany<T> f, const Many<T>& x,
                    const std::type_identity_t<std::vector<BasicTensor<T>>>& v, Here at) {
  check_tangents("hvp", "v", v, x, at);
  const Recorded<T> run(f, x);
  check_scalar("hvp", run.value(), at);
  const auto g = gradients<T>({run.value()}, run.inputs(), {ones_like(run.value())}, true);
  return {run.result(), gradients<T>(g, run.inputs(), v, run.nests(v))};
}

template <Real T>
ValueAnd<T> vjp(FunctionOfOne<T> f, const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& gy,
                Here at) {
  auto [value, result] = vjp<T>(of_many<T>(f), Many<T>{x}, gy, at);
  return {value, result[0]};
}

template <Real T>
ValueAnd<T> grad_and_value(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at) {
  auto [value, result] = grad_and_value<T>(of_many<T>(f), Many<T>{x}, at);
  return {value, result[0]};
}

template <Real T>
ValueAnd<T> jvp(FunctionOfOne<T> f, const BasicTensor<T>& x,
                const std::type_identity_t<BasicTensor<T>>& tangent, Here at) {
  return jvp<T>(of_many<T>(f), Many<T>{x}, Many<T>{tangent}, at);
}

template <Real T>
BasicTensor<T> jacobian(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at) {
  return jacobian<T>(of_many<T>(f), Many<T>{x}, at)[0];
}

template <Real T>
BasicTensor<T> hessian(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at) {
  return hessian<T>(of_many<T>(f), Many<T>{x}, at)[0][0];
}

template <Real T>
ValueAnd<T> hvp(FunctionOfOne<T> f, const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& v,
                Here at) {
  auto [value, result] = hvp<T>(of_many<T>(f), Many<T>{x}, Many<T>{v}, at);
  return {value, result[0]};
}

template ValueAnd<float> vjp(FunctionOfOne<float>, const Tensor&, const Tensor&, Here);
template ValueAnd<double> vjp(FunctionOfOne<double>, const Tensor64&, const Tensor64&, Here);
template ValueAndEach<float> vjp(FunctionOfMany<float>, const Many<float>&, const Tensor&, Here);
template ValueAndEach<double> vjp(FunctionOfMany<double>, const Many<double>&, const Tensor64&, Here);
template ValueAnd<float> grad_and_value(FunctionOfOne<float>, const Tensor&, Here);
template ValueAnd<double> grad_and_value(FunctionOfOne<double>, const Tensor64&, Here);
template ValueAndEach<float> grad_and_value(FunctionOfMany<float>, const Many<float>&, Here);
template ValueAndEach<double> grad_and_value(FunctionOfMany<double>, const Many<double>&, Here);
template ValueAnd<float> jvp(FunctionOfOne<float>, const Tensor&, const Tensor&, Here);
template ValueAnd<double> jvp(FunctionOfOne<double>, const Tensor64&, const Tensor64&, Here);
template ValueAnd<float> jvp(FunctionOfMany<float>, const Many<float>&, const Many<float>&, Here);
template ValueAnd<double> jvp(FunctionOfMany<double>, const Many<double>&, const Many<double>&, Here);
template Tensor jacobian(FunctionOfOne<float>, const Tensor&, Here);
template Tensor64 jacobian(FunctionOfOne<double>, const Tensor64&, Here);
template Many<float> jacobian(FunctionOfMany<float>, const Many<float>&, Here);
template Many<double> jacobian(FunctionOfMany<double>, const Many<double>&, Here);
template Tensor hessian(FunctionOfOne<float>, const Tensor&, Here);
template Tensor64 hessian(FunctionOfOne<double>, const Tensor64&, Here);
template std::vector<Many<float>> hessian(FunctionOfMany<float>, const Many<float>&, Here);
template std::vector<Many<double>> hessian(FunctionOfMany<double>, const Many<double>&, Here);
template ValueAnd<float> hvp(FunctionOfOne<float>, const Tensor&, const Tensor&, Here);
template ValueAnd<double> hvp(FunctionOfOne<double>, const Tensor64&, const Tensor64&, Here);
template ValueAndEach<float> hvp(FunctionOfMany<float>, const Many<float>&, const Many<float>&, Here);
template ValueAndEach<double> hvp(FunctionOfMany<double>, const Many<double>&, const Many<double>&, Here);

}  // namespace xtape
