// Copying a module's state into another of the same build.
#include <xtape/nn/clone.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <map>

namespace xtape::nn {

namespace {

constexpr const char* remedy = "a module that changed after its constructor ran cannot be cloned";

void check_alike(const std::string& name, const Shape& shape, const std::string& built_name,
                 const Shape& built_shape, Here at) {
  if (name != built_name || shape != built_shape)
    raise<ValueError>(fmt::format("clone: {} {} becomes {} {} in a module built anew from its config; {}",
                                  name, to_string(shape), built_name, to_string(built_shape), remedy),
                      at);
}

void check_same_count(const char* what, std::size_t count, std::size_t built, Here at) {
  if (count != built)
    raise<ValueError>(fmt::format("clone: the module names {} {}, one built anew from its config {}; {}",
                                  count, what, built, remedy),
                      at);
}

/// A leaf or constant with the values of x, as x is one or the other.
template <Real To, Real From>
BasicTensor<To> copied(const BasicTensor<From>& x) {
  auto y = x.detach().template astype<To>();
  if (x.node()) y.requires_grad_(x.requires_grad());
  return y;
}

template <Real T>
void store(const AnyArray& values, BasicTensor<T>& to) {
  to = as_tensor<T>(values, "clone").clone();
}
template <class E>
void store(const AnyArray& values, ConstArray<E>& to) {
  to = std::get<ConstArray<E>>(values);
}

}  // namespace

template <Real To, Real From>
void detail::ModuleCopy::run(const BasicModule<From>& from, BasicModule<To>& to, Here at) {
  const Visitor<From> theirs = from.visited();
  const Visitor<To> ours(to);
  check_same_count("parameters", theirs.parameters().size(), ours.parameters().size(), at);
  check_same_count("buffers", theirs.buffers().size(), ours.buffers().size(), at);
  check_same_count("modules", theirs.modules().size(), ours.modules().size(), at);

  std::map<const Storage*, const BasicTensor<To>*> copies;
  for (std::size_t i = 0; i < ours.parameters().size(); ++i) {
    const auto& [name, x] = theirs.parameters()[i];
    const auto& [own_name, y] = ours.parameters()[i];
    check_alike(name, x->shape(), own_name, y->shape(), at);
    const auto [copy, is_new] = copies.try_emplace(x->storage().get(), y);
    *y = is_new ? copied<To>(*x) : *copy->second;
  }
  for (std::size_t i = 0; i < ours.buffers().size(); ++i) {
    const auto& [name, place] = theirs.buffers()[i];
    const auto& [own_name, own_place] = ours.buffers()[i];
    const auto values = array_at(place);
    check_alike(name, shape_of(values), own_name, shape_of(array_at(own_place)), at);
    std::visit([&](auto* y) { store(values, *y); }, own_place);
  }
  for (std::size_t i = 0; i < ours.modules().size(); ++i)
    ours.modules()[i].module->training_ = theirs.modules()[i].module->training_;
}

template void detail::ModuleCopy::run(const Module&, Module&, Here);
template void detail::ModuleCopy::run(const BasicModule<double>&, Module&, Here);
template void detail::ModuleCopy::run(const Module&, BasicModule<double>&, Here);
template void detail::ModuleCopy::run(const BasicModule<double>&, BasicModule<double>&, Here);

}  // namespace xtape::nn
