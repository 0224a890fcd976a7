// The part of elementwise ops that knows no formula: shapes, runs, the record.
#include <xtape/ops/elementwise.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/broadcast.hpp>
#include <xtape/ops/reduce.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace xtape::detail {

namespace {

/// "(2, 3), (4,) and (5, 1)".
template <Real T>
std::string list_shapes(std::span<const BasicTensor<T>> x) {
  std::string list = to_string(x[0].shape());
  for (std::size_t k = 1; k < x.size(); ++k)
    list += (k + 1 < x.size() ? ", " : " and ") + to_string(x[k].shape());
  return list;
}

/// The shape that all of them broadcast to.
template <Real T>
Shape broadcast_shape(const OpName& op, std::span<const BasicTensor<T>> x) {
  if (x.size() == 1) return x[0].shape();
  if (x.size() == 2) return check_broadcast(op.text, x[0].shape(), x[1].shape(), op.at);
  std::size_t rank = 0;
  for (const auto& input : x) rank = std::max(rank, input.dimension());
  Shape result(rank, 1);
  for (const auto& input : x) {
    for (std::size_t last = 1; last <= input.dimension(); ++last) {
      const index_t extent = input.shape()[input.dimension() - last];
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

/// Sets the run up for the whole result; false where an input that is read has neither its shape nor one
/// element.
template <Real T>
bool set_run(Run<T>& run, const Shape& shape, std::span<const BasicTensor<T>> x) {
  static constexpr T nothing = 0;
  bool possible = true;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const bool is_read = static_cast<bool>(x[k].storage()), in_step = is_read && x[k].shape() == shape;
    run.x[k] = is_read ? x[k].data() : &nothing;
    run.step[k] = in_step;
    possible &= !is_read || in_step || x[k].size() == 1;
  }
  return possible;
}

/// Runs code for every element of a new array. An input without storage is one that the code does not read.
template <Real T>
Buffer<T> run_code(const FormulaCode<T>& code, const void* f, const Shape& shape,
                   std::span<const BasicTensor<T>> x, Here at) {
  auto y = uninitialized<T>(shape, at);
  Run<T> run;
  if (set_run(run, shape, x)) {
    parallel_for(y.size(), kernels::broadcast_grain, [&](index_t begin, index_t end) {
      std::array<const T*, kernels::max_broadcast_inputs> from;
      for (std::size_t k = 0; k < x.size(); ++k) from[k] = run.x[k] + begin * run.step[k];
      code.run(f, y.data() + begin, from.data(), run.step.data(), end - begin);
    });
    return y;
  }
  SmallVector<index_t, 24> strides;
  for (const auto& input : x)
    for (const index_t stride :
         input.storage() ? broadcast_strides(input.shape(), shape) : Strides(shape.size(), 0))
      strides.push_back(stride);
  kernels::broadcast<T>(
      y.data(), {run.x.data(), x.size()}, shape, strides,
      [&](T* to, const T* const* from, const index_t* step, index_t n) { code.run(f, to, from, step, n); });
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
                                 const BasicTensor<T>& factor, std::vector<BasicTensor<T>> x);

/// The gradient for one input of a formula or of a derivative of one, or for the factor of that: gy times the
/// factor, if there is one, times a derivative.
template <Real T>
class FormulaGradient {
 public:
  FormulaGradient(const KeptFormula<T>& formula, const FormulaCode<T>& code,
                  std::span<const BasicTensor<T>> x, const BasicTensor<T>* factor, const Shape& shape)
      : formula_(formula), code_(code), shape_(shape) {
    const std::uint64_t read = inputs_read(code, formula.f.get(), formula.inputs);
    for (std::size_t k = 0; k < x.size(); ++k)
      if (read >> k & 1) kept_.emplace_back(k, saved(x[k], input_name(k)));
    if (factor) factor_ = saved(*factor, "the factor");
  }

  BasicTensor<T> operator()(const BasicTensor<T>& gy) const {
    std::vector<BasicTensor<T>> x(formula_.inputs);
    for (const auto& [k, value] : kept_) x[k] = value();
    return sum_to(scaled_derivative(formula_, code_, factor_ ? gy * (*factor_)() : gy, std::move(x)), shape_);
  }

 private:
  KeptFormula<T> formula_;
  const FormulaCode<T>& code_;
  std::vector<std::pair<std::size_t, Saved<BasicTensor<T>>>> kept_;
  std::optional<Saved<BasicTensor<T>>> factor_;
  Shape shape_;
};

/// One gradient for each input that needs one.
template <Real T>
void add_gradients(std::vector<Wrt>& wrts, const KeptFormula<T>& formula, const FormulaCode<T>& code,
                   std::span<const BasicTensor<T>> x, const BasicTensor<T>* factor) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!records(x[k])) continue;
    const Shape& shape = x[k].shape();
    if (const auto* derivative = code.derivatives[k])
      wrts.push_back(wrt(x[k], FormulaGradient<T>(formula, *derivative, x, factor, shape)));
    else
      wrts.push_back(wrt(x[k], [shape](const BasicTensor<T>&) { return zeros<T>(shape); }));
  }
}

/// factor * derivative(x...), recorded: its own gradients are of the same kind.
template <Real T>
BasicTensor<T> scaled_derivative(const KeptFormula<T>& formula, const FormulaCode<T>& code,
                                 const BasicTensor<T>& factor, std::vector<BasicTensor<T>> x) {
  if (!code.run)
    raise<GraphError>(fmt::format("{}: its derivative of order {} was asked for, but only {} are compiled; a "
                                  "formula of yours has more as elementwise<{}>(...)",
                                  formula.op.text, code.order, code.order - 1, code.order),
                      formula.op.at);
  x.insert(x.begin(), factor);
  const std::span<const BasicTensor<T>> all(x), inputs = all.subspan(1);
  auto y = run_code(code, formula.f.get(), factor.shape(), all, formula.op.at);
  std::vector<Wrt> wrts;
  if (records(factor))
    wrts.push_back(wrt(factor, FormulaGradient<T>(formula, code, inputs, nullptr, factor.shape())));
  add_gradients(wrts, formula, code, inputs, &factor);
  return record(formula.op, std::move(y), std::move(wrts));
}

}  // namespace

template <Real T>
Buffer<T> evaluate_formula(const OpName& op, const FormulaCode<T>& code, const void* f,
                           std::span<const BasicTensor<T>> x) {
  return run_code(code, f, broadcast_shape(op, x), x, op.at);
}

template <Real T>
BasicTensor<T> apply_formula(const OpName& op, const FormulaCode<T>& code, const void* f,
                             FunctionRef<std::shared_ptr<const void>()> keep,
                             std::span<const BasicTensor<T>> x) {
  auto y = evaluate_formula(op, code, f, x);
  if (std::none_of(x.begin(), x.end(), [](const auto& input) { return records(input); })) return y;
  std::vector<Wrt> wrts;
  add_gradients<T>(wrts, {op, keep(), x.size()}, code, x, nullptr);
  return record(op, std::move(y), std::move(wrts));
}

template Buffer<float> evaluate_formula(const OpName&, const FormulaCode<float>&, const void*,
                                        std::span<const BasicTensor<float>>);
template Buffer<double> evaluate_formula(const OpName&, const FormulaCode<double>&, const void*,
                                         std::span<const BasicTensor<double>>);
template BasicTensor<float> apply_formula(const OpName&, const FormulaCode<float>&, const void*,
                                          FunctionRef<std::shared_ptr<const void>()>,
                                          std::span<const BasicTensor<float>>);
template BasicTensor<double> apply_formula(const OpName&, const FormulaCode<double>&, const void*,
                                           FunctionRef<std::shared_ptr<const void>()>,
                                           std::span<const BasicTensor<double>>);

}  // namespace xtape::detail
