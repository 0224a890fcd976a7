// Module: the printed summary.
#include <xtape/nn/module.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

namespace xtape::nn {

namespace {

struct Row {
  std::string name, shape, count;
};

/// 804096 as "804,096".
std::string grouped(index_t n) {
  return n < 1000 ? fmt::format("{}", n) : fmt::format("{},{:03}", grouped(n / 1000), n % 1000);
}

std::string table(const std::vector<Row>& rows) {
  std::size_t name = 0, shape = 0, count = 0;
  for (const auto& row : rows) {
    name = std::max(name, row.name.size());
    shape = std::max(shape, row.shape.size());
    count = std::max(count, row.count.size());
  }
  std::string text;
  for (const auto& row : rows)
    text += fmt::format("{:<{}}  {:<{}}  {:>{}}\n", row.name, name, row.shape, shape, row.count, count);
  return text;
}

}  // namespace

template <Real T>
std::string BasicModule<T>::summary() const {
  std::vector<Row> rows = {{"name", "shape", "count"}};
  std::map<const Storage*, std::string> seen;
  index_t total = 0, frozen = 0;
  const auto all = visited();
  for (const auto& [name, x] : all.parameters()) {
    const auto [first, is_new] = seen.try_emplace(x->storage().get(), name);
    rows.push_back(
        {name, to_string(x->shape()), is_new ? grouped(x->size()) : fmt::format("= {}", first->second)});
    if (!is_new) continue;
    total += x->size();
    if (!x->requires_grad()) frozen += x->size();
  }
  for (const auto& [name, place] : all.buffers())
    rows.push_back({name, to_string(shape_of(array_at(place))), "buffer"});
  rows.push_back({"total", "", grouped(total)});
  if (frozen > 0) rows.push_back({"frozen", "", grouped(frozen)});
  return table(rows);
}

template <Real T>
std::ostream& BasicModule<T>::print(std::ostream& out) const {
  return out << summary();
}

template std::string BasicModule<float>::summary() const;
template std::string BasicModule<double>::summary() const;
template std::ostream& BasicModule<float>::print(std::ostream&) const;
template std::ostream& BasicModule<double>::print(std::ostream&) const;

}  // namespace xtape::nn
