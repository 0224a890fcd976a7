// Einsum: each operand gives up what it can alone, then pairs are contracted.
#include <xtape/ops/einsum.hpp>

#include <algorithm>

#include <xtape/core/error.hpp>
#include <xtape/ops/contract_impl.hpp>
#include <xtape/ops/einsum_order_impl.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/region_impl.hpp>

namespace xtape {

namespace {

/// An operand, or the product of some, with a label for each axis.
template <Real T>
struct Factor {
  BasicTensor<T> x;
  Labels labels;

  index_t extent(int label) const {
    for (std::size_t d = 0; d < labels.size(); ++d)
      if (labels[d] == label) return x.shape()[d];
    return 1;
  }
  /// An axis of extent 1 broadcasts, so it is the same as none.
  bool varies(int label) const { return extent(label) != 1; }
};

template <Real T>
using Factors = std::vector<Factor<T>>;

/// How far apart neighbours along a label are: the steps along all its axes together, as on a diagonal.
index_t step(const Shape& shape, const Labels& labels, int label) {
  const Strides strides = row_major_strides(shape);
  index_t step = 0;
  for (std::size_t d = 0; d < labels.size(); ++d)
    if (labels[d] == label && shape[d] != 1) step += strides[d];
  return step;
}

/// f with its diagonals taken and its axes in this order.
template <Real T>
Factor<T> arranged(const Factor<T>& f, const Labels& order) {
  if (order == f.labels) return f;
  Region region;
  for (const int label : order) {
    region.shape.push_back(f.extent(label));
    region.strides.push_back(step(f.x.shape(), f.labels, label));
  }
  return {take("einsum", f.x, region), order};
}

bool all_differ(const Labels& labels) {
  for (std::size_t d = 0; d < labels.size(); ++d)
    if (std::count(labels.begin(), labels.end(), labels[d]) > 1) return false;
  return true;
}

/// f summed over the labels that are not in `kept`, which names some of f's in any order.
template <Real T>
Factor<T> reduced(Factor<T> f, const Labels& kept) {
  if (!all_differ(f.labels)) {
    Labels order = kept;
    for (const int label : f.labels)
      if (!contains(order, label)) order.push_back(label);
    f = arranged(f, order);
  }
  SmallVector<index_t, 6> summed;
  Labels left;
  for (std::size_t d = 0; d < f.labels.size(); ++d) {
    if (contains(kept, f.labels[d]))
      left.push_back(f.labels[d]);
    else
      summed.push_back(static_cast<index_t>(d));
  }
  if (!summed.empty()) f = {sum(f.x, summed), left};
  return arranged(f, kept);
}

/// True where a label is in the result, or some factor but the first one or two given varies along it.
template <Real T>
bool needed(const Factors<T>& factors, const Labels& output, int label, std::size_t first,
            std::size_t second) {
  if (contains(output, label)) return true;
  for (std::size_t i = 0; i < factors.size(); ++i)
    if (i != first && i != second && factors[i].varies(label)) return true;
  return false;
}

/// Takes diagonals, and sums over the labels that factor i alone varies along.
template <Real T>
Factor<T> reduced_alone(const Factors<T>& factors, const Labels& output, std::size_t i) {
  Labels kept;
  for (const int label : factors[i].labels)
    if (!contains(kept, label) && (!factors[i].varies(label) || needed(factors, output, label, i, i)))
      kept.push_back(label);
  return reduced(factors[i], kept);
}

/// The labels along which the product of two factors varies: those both have, then the first's, the second's.
template <Real T>
Labels labels_of_product(const Factors<T>& factors, const Labels& output, std::size_t i, std::size_t k) {
  const Factor<T>&a = factors[i], &b = factors[k];
  Labels shared, own, others;
  for (const int label : a.labels)
    if (a.varies(label) && needed(factors, output, label, i, k))
      (b.varies(label) ? shared : own).push_back(label);
  for (const int label : b.labels)
    if (b.varies(label) && !a.varies(label) && needed(factors, output, label, i, k)) others.push_back(label);
  for (const Labels* more : {&own, &others})
    for (const int label : *more) shared.push_back(label);
  return shared;
}

/// The product of a and b with these labels and this shape, summed over all others.
template <Real T>
Factor<T> product(const Factor<T>& a, const Factor<T>& b, const Labels& labels, const Shape& shape) {
  ContractAxes axes;
  const auto add_axis = [&](int label, index_t extent) {
    axes.push_back({extent, step(shape, labels, label), step(a.x.shape(), a.labels, label),
                    step(b.x.shape(), b.labels, label)});
  };
  for (const int label : a.labels)
    if (a.varies(label)) add_axis(label, a.extent(label));
  for (const int label : b.labels)
    if (b.varies(label) && !a.varies(label)) add_axis(label, b.extent(label));
  return {contract("einsum", a.x, b.x, {merged(axes), true}, shape), labels};
}

template <Real T>
Factor<T> product(const Factor<T>& a, const Factor<T>& b, const Labels& labels) {
  Shape shape;
  for (const int label : labels) shape.push_back(a.varies(label) ? a.extent(label) : b.extent(label));
  return product(a, b, labels, shape);
}

/// The order in which to multiply them, two at a time.
template <Real T>
EinsumOrder order_of(const Factors<T>& factors, const Labels& output) {
  if (factors.size() == 2) return {{{0, 1}}};
  std::vector<Labels> varying(factors.size());
  std::vector<LabelExtent> extents;
  Labels seen;
  for (std::size_t i = 0; i < factors.size(); ++i)
    for (const int label : factors[i].labels) {
      if (!factors[i].varies(label)) continue;
      varying[i].push_back(label);
      if (!contains(seen, label)) extents.push_back({label, factors[i].extent(label)});
      seen.push_back(label);
    }
  return cheapest_order(varying, output, extents);
}

}  // namespace

template <Real T>
BasicTensor<T> einsum(const Equation& equation, const std::vector<BasicTensor<T>>& operands) {
  const CallSite site(equation.at);
  std::vector<Shape> shapes;
  for (const auto& x : operands) shapes.push_back(x.shape());
  const EinsumPlan plan = plan_einsum(equation.text, shapes, equation.at);
  Factors<T> factors;
  for (std::size_t i = 0; i < operands.size(); ++i) factors.push_back({operands[i], plan.operands[i]});
  if (factors.size() == 1) {
    if (plan.operands[0] == plan.output) return share("einsum", operands[0], plan.shape);
    return reduced(factors[0], plan.output).x;
  }
  for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = reduced_alone(factors, plan.output, i);
  auto pairs = order_of(factors, plan.output).pairs;
  const auto [last, other] = pairs.back();
  pairs.pop_back();
  for (const auto& [i, k] : pairs) {
    factors[i] = product(factors[i], factors[k], labels_of_product(factors, plan.output, i, k));
    factors[k] = {};
  }
  return product(factors[last], factors[other], plan.output, plan.shape).x;
}

template Tensor einsum(const Equation&, const std::vector<Tensor>&);
template Tensor64 einsum(const Equation&, const std::vector<Tensor64>&);

}  // namespace xtape
