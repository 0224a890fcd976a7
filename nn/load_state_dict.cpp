// Module: state to names and arrays, and back.
#include <xtape/nn/module.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

namespace xtape::nn {

namespace {

constexpr std::size_t rows_listed = 40;

/// What does not fit, told in one message.
class Misfits {
 public:
  void add(std::string name, std::string here, std::string given) {
    rows_.push_back({std::move(name), std::move(here), std::move(given)});
  }

  void raise_if_any(Here at) const {
    if (rows_.empty()) return;
    std::size_t name = 4, here = 6;
    for (const auto& row : rows_) {
      name = std::max(name, row.name.size());
      here = std::max(here, row.here.size());
    }
    std::string text = fmt::format("load_state_dict: {} {} fit; nothing was loaded", rows_.size(),
                                   rows_.size() == 1 ? "name does not" : "names do not");
    text += fmt::format("\n  {:<{}}  {:<{}}  {}", "name", name, "module", here, "given");
    for (std::size_t i = 0; i < std::min(rows_.size(), rows_listed); ++i)
      text += fmt::format("\n  {:<{}}  {:<{}}  {}", rows_[i].name, name, rows_[i].here, here, rows_[i].given);
    if (rows_.size() > rows_listed) text += fmt::format("\n  and {} more", rows_.size() - rows_listed);
    raise<ValueError>(text + "\n ", at);
  }

 private:
  struct Row {
    std::string name, here, given;
  };
  std::vector<Row> rows_;
};

bool is_real(const AnyArray& x) { return x.index() < 2; }

/// True where values of one can be stored as the other: floating-point types convert, others do not.
bool convertible(const AnyArray& a, const AnyArray& b) {
  return is_real(a) ? is_real(b) : a.index() == b.index();
}

bool fits(const AnyArray& x, const AnyArray& slot) {
  return convertible(x, slot) && shape_of(x) == shape_of(slot);
}

/// "(2, 3)", with the element type where that is what differs.
std::string describe(const AnyArray& x, const AnyArray& other) {
  auto text = to_string(shape_of(x));
  return convertible(x, other) ? text : text + ' ' + dtype_name(x);
}

/// One array of the module and the names it goes by: several where parameters are tied.
struct Slot {
  ArrayPlace place;
  std::vector<std::string> names;
  const AnyArray* given = nullptr;
};

template <Real T>
std::vector<Slot> slots_of(const Visitor<T>& all) {
  std::vector<Slot> slots;
  std::map<const Storage*, std::size_t> seen;
  for (const auto& [name, tensor] : all.parameters()) {
    const auto [first, is_new] = seen.try_emplace(tensor->storage().get(), slots.size());
    if (is_new) slots.push_back({tensor, {}});
    slots[first->second].names.push_back(name);
  }
  for (const auto& [name, place] : all.buffers()) slots.push_back({place, {name}});
  return slots;
}

template <Real T>
bool same_values(const AnyArray& a, const AnyArray& b) {
  const auto x = as_tensor<T>(a, "load_state_dict"), y = as_tensor<T>(b, "load_state_dict");
  return std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(T)) == 0;
}

/// The op that made a parameter, or null: only leaves are written.
const char* maker_of(const AnyArray& x) {
  if (const auto* y = std::get_if<Tensor>(&x)) return y->op_name();
  if (const auto* y = std::get_if<Tensor64>(&x)) return y->op_name();
  return nullptr;
}

/// Finds what `state` has for a slot, under any of its names; returns whether there is anything.
template <Real T>
bool match(Slot& slot, const StateDict& state, Misfits& misfits) {
  const AnyArray own = array_at(slot.place);
  bool found = false;
  for (const auto& name : slot.names) {
    const AnyArray* x = state.find(name);
    if (!x) continue;
    found = true;
    if (const char* op = maker_of(own))
      misfits.add(name, fmt::format("made by {}", op), describe(*x, own));
    else if (!fits(*x, own))
      misfits.add(name, describe(own, *x), describe(*x, own));
    else if (!slot.given)
      slot.given = x;
    else if (!same_values<T>(*x, *slot.given))
      misfits.add(name, fmt::format("tied to {}", slot.names.front()), "other values");
  }
  return found;
}

template <Real T>
void write(BasicTensor<T>& to, const AnyArray& values, Here at) {
  to.assign(as_tensor<T>(values, "load_state_dict", at), at);
}
template <class E>
void write(ConstArray<E>& to, const AnyArray& values, Here) {
  to = std::get<ConstArray<E>>(values);
}

}  // namespace

template <Real T>
StateDict BasicModule<T>::state_dict() const {
  StateDict state;
  for (const auto& slot : slots_of(visited())) state.add(slot.names.front(), array_at(slot.place));
  return state;
}

template <Real T>
LoadReport BasicModule<T>::load_state_dict(const StateDict& state, LoadOptions options, Here at) {
  const Visitor<T> all(*this);
  auto slots = slots_of(all);
  Misfits misfits;
  LoadReport report;
  std::set<std::string_view> known;
  for (auto& slot : slots) {
    known.insert(slot.names.begin(), slot.names.end());
    if (match<T>(slot, state, misfits)) continue;
    report.missing.push_back(slot.names.front());
    if (options.strict) misfits.add(slot.names.front(), to_string(shape_of(array_at(slot.place))), "-");
  }
  for (const auto& [name, value] : state) {
    if (known.contains(name)) continue;
    report.unexpected.push_back(name);
    if (options.strict) misfits.add(name, "-", to_string(shape_of(value)));
  }
  misfits.raise_if_any(at);

  const NoGrad writing;
  for (const auto& slot : slots)
    if (slot.given) std::visit([&](auto* x) { write(*x, *slot.given, at); }, slot.place);
  return report;
}

template StateDict BasicModule<float>::state_dict() const;
template StateDict BasicModule<double>::state_dict() const;
template LoadReport BasicModule<float>::load_state_dict(const StateDict&, LoadOptions, Here);
template LoadReport BasicModule<double>::load_state_dict(const StateDict&, LoadOptions, Here);

}  // namespace xtape::nn
