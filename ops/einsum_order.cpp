// The cheapest order by dynamic programming over sets of factors, after greedy steps where there are many.
#include <xtape/ops/einsum_order_impl.hpp>

#include <algorithm>
#include <bit>
#include <bitset>
#include <limits>

namespace xtape {

namespace {

/// A bit for each label, by its position among the extents: 52 letters and the axes under "..." at most.
using LabelSet = std::bitset<96>;

/// A factor or a product of some, kept where the first of them stood.
struct Term {
  std::size_t place;
  LabelSet labels;
};

class Search {
 public:
  Search(const std::vector<Labels>& factors, const Labels& output, const std::vector<LabelExtent>& extents)
      : extents_(extents), output_(set_of(output)) {
    for (std::size_t i = 0; i < factors.size(); ++i) terms_.push_back({i, set_of(factors[i])});
  }

  /// Multiplies the cheapest pair, of equally cheap ones that with the smallest product, until `count` are
  /// left.
  void multiply_pairs(std::size_t count);
  /// Multiplies all that is left in the cheapest order.
  void multiply_all();

  EinsumOrder order;

 private:
  LabelSet set_of(const Labels& labels) const;
  double size(const LabelSet& labels) const;
  LabelSet others(std::size_t i, std::size_t k) const;
  void append(std::size_t set, const std::vector<std::size_t>& part);
  std::size_t place_of(std::size_t set) const {
    return terms_[static_cast<std::size_t>(std::countr_zero(set))].place;
  }

  const std::vector<LabelExtent>& extents_;
  LabelSet output_;
  std::vector<Term> terms_;
};

LabelSet Search::set_of(const Labels& labels) const {
  LabelSet set;
  for (std::size_t bit = 0; bit < extents_.size(); ++bit) set[bit] = contains(labels, extents_[bit].label);
  return set;
}

/// The elements of an array with these labels.
double Search::size(const LabelSet& labels) const {
  double product = 1;
  for (std::size_t bit = 0; bit < extents_.size(); ++bit)
    if (labels[bit]) product *= static_cast<double>(extents_[bit].extent);
  return product;
}

/// The labels that the result has, or a term that is neither i nor k.
LabelSet Search::others(std::size_t i, std::size_t k) const {
  LabelSet labels = output_;
  for (std::size_t t = 0; t < terms_.size(); ++t)
    if (t != i && t != k) labels |= terms_[t].labels;
  return labels;
}

void Search::multiply_pairs(std::size_t count) {
  while (terms_.size() > count) {
    std::pair best(std::numeric_limits<double>::infinity(), 0.0);
    std::size_t first = 0, second = 1;
    for (std::size_t k = 1; k < terms_.size(); ++k)
      for (std::size_t i = 0; i < k; ++i) {
        const LabelSet both = terms_[i].labels | terms_[k].labels;
        const std::pair cost(size(both), size(both & others(i, k)));
        if (cost < best) {
          best = cost;
          first = i;
          second = k;
        }
      }
    order.pairs.emplace_back(terms_[first].place, terms_[second].place);
    order.multiplications += best.first;
    terms_[first].labels = (terms_[first].labels | terms_[second].labels) & others(first, second);
    terms_.erase(terms_.begin() + static_cast<std::ptrdiff_t>(second));
  }
}

void Search::multiply_all() {
  const std::size_t sets = std::size_t{1} << terms_.size();
  std::vector<LabelSet> together(sets), kept(sets);  // the labels of a set's terms, and of their product
  for (std::size_t set = 1; set < sets; ++set)
    together[set] =
        together[set & (set - 1)] | terms_[static_cast<std::size_t>(std::countr_zero(set))].labels;
  for (std::size_t set = 1; set < sets; ++set)
    kept[set] =
        std::has_single_bit(set) ? together[set] : together[set] & (output_ | together[sets - 1 - set]);

  // A set is multiplied as the product of two parts: the first, which holds its first term, and the rest.
  std::vector<double> cost(sets, 0);
  std::vector<std::size_t> part(sets, 0);
  for (std::size_t set = 1; set < sets; ++set) {
    if (std::has_single_bit(set)) continue;
    cost[set] = std::numeric_limits<double>::infinity();
    for (std::size_t first = (set - 1) & set; first > 0; first = (first - 1) & set) {
      if (std::countr_zero(first) != std::countr_zero(set)) continue;
      const double all = cost[first] + cost[set ^ first] + size(kept[first] | kept[set ^ first]);
      if (part[set] == 0 || all < cost[set]) {  // the first in any case: sizes of empty operands may be NaN
        cost[set] = all;
        part[set] = first;
      }
    }
  }
  order.multiplications += cost[sets - 1];
  append(sets - 1, part);
}

/// Appends the pairs that multiply a set: those of its parts, then the parts.
void Search::append(std::size_t set, const std::vector<std::size_t>& part) {
  if (std::has_single_bit(set)) return;
  const std::size_t rest = set ^ part[set];
  append(part[set], part);
  append(rest, part);
  order.pairs.emplace_back(place_of(set), place_of(rest));
}

}  // namespace

EinsumOrder cheapest_order(const std::vector<Labels>& factors, const Labels& output,
                           const std::vector<LabelExtent>& extents) {
  Search search(factors, output, extents);
  search.multiply_pairs(8);
  search.multiply_all();
  return search.order;
}

}  // namespace xtape
