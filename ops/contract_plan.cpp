// Planning contractions: merging indices, finding matrices among them, weighing copies against loops.
#include <xtape/ops/contract_plan_impl.hpp>

#include <algorithm>
#include <limits>

namespace xtape {

namespace {

using Engine = ContractPlan::Engine;
using Array = index_t ContractAxis::*;

enum class Kind { batch, row, column, summed };

Kind kind_of(const ContractAxis& axis) {
  if (axis.y == 0) return Kind::summed;
  if (axis.b == 0) return Kind::row;
  return axis.a == 0 ? Kind::column : Kind::batch;
}

double volume(const ContractAxes& axes) {
  double result = 1;
  for (const ContractAxis& axis : axes) result *= static_cast<double>(axis.extent);
  return result;
}

// Costs in nanoseconds on one core of a Zen 4 server with AVX-512; only which is the smallest matters.

double product_cost(index_t m, index_t n, index_t k) {
  return 40 + 0.02 * static_cast<double>(m * n * k) + 0.05 * static_cast<double>(m * n + m * k + k * n);
}

double row_cost(const ContractAxis& inner) {
  const bool contiguous = inner.y <= 1 && inner.a <= 1 && inner.b <= 1;
  return 8 + (contiguous ? 0.17 : 0.6) * static_cast<double>(inner.extent);
}

double copy_cost(const Relayout& copy) { return 100 + 0.35 * static_cast<double>(copy.size()); }

constexpr ContractAxis no_axis{1, 0, 0, 0};

/// A way to run a contraction: the indices of the matrices (those they lack have extent 1), or of the rows.
struct Way {
  double cost = std::numeric_limits<double>::infinity();
  Engine engine = Engine::products;
  ContractAxis row = no_axis, column = no_axis, summed = no_axis, inner = no_axis;
};

/// True where steps s and t along two indices (0: there is none) are those of a matrix.
bool is_matrix(index_t s, index_t t) { return s <= 1 || t <= 1; }

bool has_matrices(const Way& way) {
  return is_matrix(way.row.a, way.summed.a) && is_matrix(way.summed.b, way.column.b) &&
         is_matrix(way.row.y, way.column.y);
}

ContractAxes of_kind(const ContractAxes& axes, Kind kind) {
  ContractAxes result;
  for (const ContractAxis& axis : axes)
    if (kind_of(axis) == kind) result.push_back(axis);
  if (result.empty()) result.push_back(no_axis);
  return result;
}

Way best_products(const ContractAxes& axes) {
  Way best;
  for (const ContractAxis& row : of_kind(axes, Kind::row))
    for (const ContractAxis& column : of_kind(axes, Kind::column))
      for (const ContractAxis& summed : of_kind(axes, Kind::summed)) {
        Way way{0, Engine::products, row, column, summed, no_axis};
        const auto inside = static_cast<double>(row.extent * column.extent * summed.extent);
        way.cost = volume(axes) / inside * product_cost(row.extent, column.extent, summed.extent);
        if (has_matrices(way) && way.cost < best.cost) best = way;
      }
  return best;
}

Way best_rows(const ContractAxes& axes) {
  Way best;
  if (axes.empty()) best = {0, Engine::dots, no_axis, no_axis, no_axis, no_axis};
  for (const ContractAxis& axis : axes) {
    const double cost = volume(axes) / static_cast<double>(axis.extent) * row_cost(axis);
    if (cost < best.cost)
      best = {cost, axis.y ? Engine::rows : Engine::dots, no_axis, no_axis, no_axis, axis};
  }
  return best;
}

Way best_in_place(const ContractAxes& axes) {
  const Way products = best_products(axes), rows = best_rows(axes);
  return products.cost < rows.cost ? products : rows;
}

/// The array that shares an index of this kind with `array`, or another of two.
Array partner(Kind kind, Array array) {
  const Array first = kind == Kind::summed ? &ContractAxis::a : &ContractAxis::y;
  const Array second = kind == Kind::row || kind == Kind::batch ? &ContractAxis::a : &ContractAxis::b;
  return array == first ? second : first;
}

/// Lays `array` out anew: the batch indices first, then those of either other kind together, last the kind
/// that holds the array's nearest neighbours now; each kind in the order in which the partner has it.
Relayout relayout(ContractAxes& axes, Array array) {
  SmallVector<ContractAxis*, 6> own;
  Kind last = Kind::batch;
  index_t nearest = std::numeric_limits<index_t>::max();
  for (ContractAxis& axis : axes) {
    if (axis.*array == 0) continue;
    own.push_back(&axis);
    if (kind_of(axis) == Kind::batch || axis.*array > nearest) continue;
    nearest = axis.*array;
    last = kind_of(axis);
  }
  const auto group = [&](Kind kind) { return kind == Kind::batch ? 0 : kind == last ? 2 : 1; };
  std::stable_sort(own.begin(), own.end(), [&](const ContractAxis* p, const ContractAxis* q) {
    const Kind kind = kind_of(*p);
    if (kind != kind_of(*q)) return group(kind) < group(kind_of(*q));
    const Array reference = partner(kind, array);
    return p->*reference > q->*reference;
  });
  Relayout copy;
  for (const ContractAxis* axis : own) {
    copy.extents.push_back(axis->extent);
    copy.steps.push_back(axis->*array);
  }
  index_t step = copy.size();
  for (ContractAxis* axis : own) axis->*array = step /= axis->extent;
  return copy;
}

/// Steps of an (rows, columns) matrix in memory: stored as it is where neighbours in a row touch, else as its
/// transpose. Steps of 0 mean that there is one row, or one column.
void set_layout(index_t row_step, index_t column_step, index_t columns, bool& transposed, index_t& step) {
  transposed = column_step > 1;
  step = transposed ? column_step : row_step > 0 ? row_step : columns;
}

void set_product(ContractPlan& plan, const Way& way) {
  ContractAxis row = way.row, column = way.column, summed = way.summed;
  plan.swapped = column.y > 1;  // rows of y are not contiguous, its columns are
  if (plan.swapped) {
    std::swap(row, column);
    for (ContractAxis* axis : {&row, &column, &summed}) std::swap(axis->a, axis->b);
  }
  auto& product = plan.product;
  product.m = row.extent;
  product.n = column.extent;
  product.k = summed.extent;
  product.ldc = row.y > 0 ? row.y : product.n;
  set_layout(row.a, summed.a, product.k, product.transpose_a, product.lda);
  set_layout(summed.b, column.b, product.n, product.transpose_b, product.ldb);
}

bool same(const ContractAxis& p, const ContractAxis& q) {
  return p.extent == q.extent && p.y == q.y && p.a == q.a && p.b == q.b;
}

/// The indices that the matrices or rows leave are looped over, large steps outside.
void set_loops(ContractPlan& plan, const Way& way, const ContractAxes& axes) {
  for (ContractAxis axis : axes) {
    if (same(axis, way.row) || same(axis, way.column) || same(axis, way.summed) || same(axis, way.inner))
      continue;
    if (plan.swapped) std::swap(axis.a, axis.b);
    (axis.y ? plan.outer : plan.summed).push_back(axis);
  }
  std::sort(plan.outer.begin(), plan.outer.end(), [](const auto& p, const auto& q) { return p.y > q.y; });
  std::sort(plan.summed.begin(), plan.summed.end(), [](const auto& p, const auto& q) { return p.a > q.a; });
}

ContractPlan planned(const Way& way, const ContractAxes& axes) {
  ContractPlan plan;
  plan.engine = way.engine;
  plan.inner = way.inner;
  if (plan.engine == Engine::products) set_product(plan, way);
  set_loops(plan, way, axes);
  return plan;
}

}  // namespace

index_t Relayout::size() const {
  index_t size = 1;
  for (const index_t extent : extents) size *= extent;
  return size;
}

ContractAxes merged(ContractAxes axes) {
  const auto is_one_step = [](const ContractAxis& outer, const ContractAxis& inner) {
    return outer.y == inner.y * inner.extent && outer.a == inner.a * inner.extent &&
           outer.b == inner.b * inner.extent;
  };
  for (const ContractAxis& axis : axes)
    if (axis.extent == 0) return axes;
  for (std::size_t i = axes.size(); i-- > 0;)
    if (axes[i].extent == 1) axes.erase(i);
  for (bool found = true; found;) {
    found = false;
    for (std::size_t i = 0; i < axes.size() && !found; ++i)
      for (std::size_t k = 0; k < axes.size() && !found; ++k)
        if (i != k && is_one_step(axes[i], axes[k])) {
          axes[k].extent *= axes[i].extent;
          axes.erase(i);
          found = true;
        }
  }
  return axes;
}

ContractPlan plan_contraction(const ContractAxes& axes, bool may_copy) {
  Way best = best_in_place(axes);
  ContractPlan plan = planned(best, axes);
  if (!may_copy) return plan;
  for (unsigned arrays = 1; arrays < 8; ++arrays) {
    ContractAxes moved = axes;
    Relayout y, a, b;
    if (arrays & 1) a = relayout(moved, &ContractAxis::a);
    if (arrays & 2) b = relayout(moved, &ContractAxis::b);
    if (arrays & 4) y = relayout(moved, &ContractAxis::y);
    double copies = 0;
    for (const Relayout* copy : {&y, &a, &b})
      if (copy->needed()) copies += copy_cost(*copy);
    if (copies >= best.cost) continue;
    moved = merged(moved);
    Way way = best_in_place(moved);
    way.cost += copies;
    if (way.cost >= best.cost) continue;
    best = way;
    plan = planned(way, moved);
    plan.y = std::move(y);
    plan.a = std::move(a);
    plan.b = std::move(b);
  }
  return plan;
}

}  // namespace xtape
