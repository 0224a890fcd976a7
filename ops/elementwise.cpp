// The part of elementwise ops that knows no formula: shapes, runs, the record.
#include <xtape/ops/elementwise.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/broadcast.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/unbroadcast_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace xtape::detail {

namespace {

/// "(2, 3), (4,) and (5, 1)".
template <Real T>
std::string list_shapes(FormulaInputs<T> x) {
  std::string list = to_string(x[0]->shape());
  for (std::size_t k = 1; k < x.size(); ++k)
    list += (k + 1 < x.size() ? ", " : " and ") + to_string(x[k]->shape());
  return list;
}

/// The shape that all of them broadcast to; null ones count for nothing.
template <Real T>
Shape broadcast_shape(const OpName& op, FormulaInputs<T> x) {
  if (x.size() == 2) return check_broadcast(op.text, x[0]->shape(), x[1]->shape(), op.at);
  std::size_t rank = 0;
  for (const auto* input : x) rank = std::max(rank, input ? input->dimension() : 0);
  Shape result(rank, 1);
  for (const auto* input : x) {
    if (!input) continue;
    for (std::size_t last = 1; last <= input->dimension(); ++last) {
      const index_t extent = input->shape()[input->dimension() - last];
      index_t& common = result[rank - last];
      if (common == 1) common = extent;
      if (extent != 1 && extent != common)
        raise<ShapeError>(fmt::format("{}: shapes {} do not broadcast: axis {} from the last has {} and {}",
                                      op.text, list_shapes(x), last, common, extent),
                          op.at);
    }
  }
  return result;
}

/// A formula that outlives the call that made it.
template <Real T>
struct KeptFormula {
  OpName op;
  std::shared_ptr<const void> f;
  std::size_t inputs;
};

const char* input_name(std::size_t input) {
  static constexpr const char* names[] = {"input 0",  "input 1",  "input 2",  "input 3",  "input 4",
                                          "input 5",  "input 6",  "input 7",  "input 8",  "input 9",
                                          "input 10", "input 11", "input 12", "input 13", "input 14"};
  return names[input];
}

/// The inputs of a run, and how each advances from one element of the result to the next.
template <Real T>
struct Run {
  std::array<const T*, kernels::max_broadcast_inputs> x;
  std::array<index_t, kernels::max_broadcast_inputs> step;
};

/// Sets the run up for a result of `shape`; false where an input that is read has neither that shape nor one
/// element, or where the result has another shape. A null input is one that the code does not read.
template <Real T>
bool set_run(Run<T>& run, const Shape& shape, FormulaInputs<T> x) {
  static constexpr T nothing = 0;
  bool possible = true;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const BasicTensor<T>* const input = x[k];
    const bool in_step = input && input->shape() == shape;
    run.x[k] = input && input->storage() ? input->data() : &nothing;
    run.step[k] = in_step;
    possible &= !input || in_step || (input->size() == 1 && input->dimension() <= shape.size());
  }
  return possible;
}

/// Runs code along n elements, in blocks; apart, so that an op on a few elements does not pay for it.
template <Real T>
[[gnu::noinline]] void run_in_parallel(const FormulaCode<T>& code, const void* f, T* y, const Run<T>& run,
                                       std::size_t inputs, index_t n) {
  parallel_for(n, kernels::task_size, [&](index_t begin, index_t end) {
    std::array<const T*, kernels::max_broadcast_inputs> from;
    for (std::size_t k = 0; k < inputs; ++k) from[k] = run.x[k] + begin * run.step[k];
    code.run(code.loop, f, y + begin, from.data(), run.step.data(), end - begin);
  });
}

/// f(x...), an input or more of which are repeated along axes of the result.
template <Real T>
Buffer<T> run_broadcast(const FormulaCode<T>& code, const void* f, const Run<T>& run, const Shape& shape,
                        FormulaInputs<T> x, Here at) {
  auto y = uninitialized<T>(shape, at);
  SmallVector<index_t, 24> strides;
  for (const auto* input : x)
    for (const index_t stride : input ? broadcast_strides(input->shape(), shape) : Strides(shape.size(), 0))
      strides.push_back(stride);
  kernels::broadcast<T>(y.data(), {run.x.data(), x.size()}, shape, strides,
                        [&](T* to, const T* const* from, const index_t* step, index_t n) {
                          code.run(code.loop, f, to, from, step, n);
                        });
  return y;
}

/// The inputs that the code reads, or any derivative of it.
template <Real T>
std::uint64_t inputs_read(const FormulaCode<T>& code, const void* f, std::size_t inputs) {
  if (!code.run) return 0;
  std::uint64_t read = code.reads(f);
  if (read == (std::uint64_t{1} << inputs) - 1) return read;
  for (std::size_t k = 0; k < inputs; ++k)
    if (code.derivatives[k]) read |= inputs_read(*code.derivatives[k], f, inputs);
  return read;
}

template <Real T>
BasicTensor<T> scaled_derivative(const KeptFormula<T>& formula, const FormulaCode<T>& code,
                                 FormulaInputs<T> factor_and_inputs);

/// The gradient for one input of a formula or of a derivative of one, or for the factor of that: gy times the
/// factor, if there is one, times a derivative.
template <Real T>
class FormulaGradient {
 public:
  FormulaGradient(const KeptFormula<T>& formula, const FormulaCode<T>& code, FormulaInputs<T> x,
                  const BasicTensor<T>* factor, const Shape& shape)
      : formula_(formula), code_(code), shape_(shape) {
    const std::uint64_t read = inputs_read(code, formula.f.get(), formula.inputs);
    if (factor) kept_.emplace_back(std::size_t{0}, *factor, "the factor");
    for (std::size_t k = 0; k < x.size(); ++k)
      if (read >> k & 1) kept_.emplace_back(k + 1, *x[k], input_name(k));
  }

  BasicTensor<T> operator()(const BasicTensor<T>& gy) const {
    SmallVector<const BasicTensor<T>*, 4> x(1 + formula_.inputs, nullptr);
    for (const auto& [place, value] : kept_) x[place] = &value();
    return x[0] ? scaled_by(gy * *x[0], x) : scaled_by(gy, x);
  }

 private:
  BasicTensor<T> scaled_by(const BasicTensor<T>& factor, std::span<const BasicTensor<T>*> x) const {
    x[0] = &factor;
    return unbroadcast(scaled_derivative<T>(formula_, code_, x), shape_);
  }

  /// An input, counted from 1; 0 is the factor.
  struct Kept {
    Kept(std::size_t input, const BasicTensor<T>& x, const char* name) : place(input), value(x, name) {}
    std::size_t place;
    Saved<BasicTensor<T>> value;
  };

  KeptFormula<T> formula_;
  const FormulaCode<T>& code_;
  SmallVector<Kept, 1> kept_;
  Shape shape_;
};

using Wrts = SmallVector<Wrt, 2>;

/// One gradient for each input that needs one.
template <Real T>
void add_gradients(Wrts& wrts, const KeptFormula<T>& formula, const FormulaCode<T>& code, FormulaInputs<T> x,
                   const BasicTensor<T>* factor) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!x[k] || !records(*x[k])) continue;
    const Shape& shape = x[k]->shape();
    if (const auto* derivative = code.derivatives[k])
      wrts.emplace_back(wrt(*x[k], FormulaGradient<T>(formula, *derivative, x, factor, shape)));
    else
      wrts.emplace_back(wrt(*x[k], [shape](const BasicTensor<T>&) { return zeros<T>(shape); }));
  }
}

void record_all(const OpName& op, AnyTensor& y, Wrts& wrts) {
  SmallVector<Wrt*, 2> list;
  for (Wrt& wrt : wrts) list.push_back(&wrt);
  record_any(op, y, list);
}

/// factor * derivative(x...), recorded: its own gradients are of the same kind.
template <Real T>
BasicTensor<T> scaled_derivative(const KeptFormula<T>& formula, const FormulaCode<T>& code,
                                 FormulaInputs<T> factor_and_inputs) {
  if (!code.run)
    raise<GraphError>(fmt::format("{}: its derivative of order {} was asked for, but only {} are compiled; a "
                                  "formula of yours has more as elementwise<{}>(...)",
                                  formula.op.text, code.order, code.order - 1, code.order),
                      formula.op.at);
  const BasicTensor<T>& factor = *factor_and_inputs[0];
  const FormulaInputs<T> inputs = factor_and_inputs.subspan(1);
  BasicTensor<T> y = evaluate_formula(formula.op, code, formula.f.get(), factor_and_inputs);
  if (!grad_enabled()) {
    record_any(formula.op, y, {});
    return y;
  }
  Wrts wrts;
  if (records(factor))
    wrts.emplace_back(wrt(factor, FormulaGradient<T>(formula, code, inputs, nullptr, factor.shape())));
  add_gradients(wrts, formula, code, inputs, &factor);
  record_all(formula.op, y, wrts);
  return y;
}

}  // namespace

template <Real T>
Buffer<T> evaluate_formula(const OpName& op, const FormulaCode<T>& code, const void* f, FormulaInputs<T> x) {
  const Shape& shape = x[0]->shape();
  Run<T> run;
  if (!set_run(run, shape, x)) return run_broadcast(code, f, run, broadcast_shape(op, x), x, op.at);
  auto y = uninitialized<T>(shape, op.at);
  const index_t n = y.size();
  if (n <= kernels::task_size)
    code.run(code.loop, f, y.data(), run.x.data(), run.step.data(), n);
  else
    run_in_parallel(code, f, y.data(), run, x.size(), n);
  return y;
}

template <Real T>
BasicTensor<T> apply_formula(const OpName& op, const FormulaCode<T>& code, const void* f,
                             FunctionRef<std::shared_ptr<const void>()> keep, FormulaInputs<T> x) {
  BasicTensor<T> y = evaluate_formula(op, code, f, x);
  Wrts wrts;
  if (std::any_of(x.begin(), x.end(), [](const auto* input) { return records(*input); }))
    add_gradients<T>(wrts, {op, keep(), x.size()}, code, x, nullptr);
  record_all(op, y, wrts);
  return y;
}

template Buffer<float> evaluate_formula(const OpName&, const FormulaCode<float>&, const void*,
                                        FormulaInputs<float>);
template Buffer<double> evaluate_formula(const OpName&, const FormulaCode<double>&, const void*,
                                         FormulaInputs<double>);
template BasicTensor<float> apply_formula(const OpName&, const FormulaCode<float>&, const void*,
                                          FunctionRef<std::shared_ptr<const void>()>, FormulaInputs<float>);
template BasicTensor<double> apply_formula(const OpName&, const FormulaCode<double>&, const void*,
                                           FunctionRef<std::shared_ptr<const void>()>, FormulaInputs<double>);

}  // namespace xtape::detail
