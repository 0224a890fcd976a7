// State dicts: adding and finding by name.
#include <xtape/nn/state_dict.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

namespace xtape::nn {

namespace {

template <class A>
constexpr const char* dtype_of_array() {
  if constexpr (std::is_same_v<A, Tensor>) return "float32";
  if constexpr (std::is_same_v<A, Tensor64>) return "float64";
  if constexpr (std::is_same_v<A, Indices>) return "int64";
  if constexpr (std::is_same_v<A, Mask>) return "bool";
}

}  // namespace

AnyArray array_at(const ArrayPlace& place) {
  return std::visit([](const auto* x) -> AnyArray { return *x; }, place);
}

const Shape& shape_of(const AnyArray& x) {
  return std::visit([](const auto& array) -> const Shape& { return array.shape(); }, x);
}

const char* dtype_name(const AnyArray& x) {
  return std::visit([]<class A>(const A&) { return dtype_of_array<A>(); }, x);
}

template <Real T>
BasicTensor<T> as_tensor(const AnyArray& x, std::string_view name, Here at) {
  if (const auto* values = std::get_if<BasicTensor<T>>(&x)) return values->detach();
  using Other = std::conditional_t<std::is_same_v<T, float>, double, float>;
  if (const auto* values = std::get_if<BasicTensor<Other>>(&x))
    return values->detach().template astype<T>(at);
  raise<ValueError>(fmt::format("{}: {} {} where floating-point values are wanted", name,
                                to_string(shape_of(x)), dtype_name(x)),
                    at);
}

template Tensor as_tensor(const AnyArray&, std::string_view, Here);
template Tensor64 as_tensor(const AnyArray&, std::string_view, Here);

void StateDict::add(std::string name, AnyArray value, Here at) {
  if (!positions_.try_emplace(name, entries_.size()).second)
    raise<ValueError>(fmt::format("state dict: {} is there already; names are unique", name), at);
  if (auto* x = std::get_if<Tensor>(&value)) *x = x->detach();
  if (auto* x = std::get_if<Tensor64>(&value)) *x = x->detach();
  entries_.emplace_back(std::move(name), std::move(value));
}

const AnyArray* StateDict::find(std::string_view name) const {
  const auto place = positions_.find(name);
  return place == positions_.end() ? nullptr : &entries_[place->second].second;
}

template <class A>
const A& StateDict::get(std::string_view name, Here at) const {
  const AnyArray* found = find(name);
  if (!found) raise<ValueError>(fmt::format("state dict: there is no {} among {} names", name, size()), at);
  const A* array = std::get_if<A>(found);
  if (!array)
    raise<ValueError>(fmt::format("state dict: {} {} is of type {}, not {}", name,
                                  to_string(shape_of(*found)), dtype_name(*found), dtype_of_array<A>()),
                      at);
  return *array;
}

template const Tensor& StateDict::get(std::string_view, Here) const;
template const Tensor64& StateDict::get(std::string_view, Here) const;
template const Indices& StateDict::get(std::string_view, Here) const;
template const Mask& StateDict::get(std::string_view, Here) const;

}  // namespace xtape::nn
