// Module: what follows from visit(), and the paths that errors name.
#include <xtape/nn/module.hpp>

#include <xtape/core/error.hpp>

#include <map>
#include <mutex>
#include <set>

namespace xtape::nn {

namespace {

// Counts modules made and moved: while it stands still, trees that were named keep their names.
std::atomic<std::uint64_t> modules_made{1};

// The path of a module that nothing holds: errors in it name no module.
const CallSite::Path root_path;

// Paths live as long as the program, so that threads can read them while another one names a tree.
const CallSite::Path* permanent(const std::string& path) {
  static auto& paths = *new std::map<std::string, CallSite::Path>;
  auto& entry = paths[path];
  if (!entry) entry = std::make_shared<const std::string>(path);
  return &entry;
}

std::mutex naming;

}  // namespace

template <Real T>
Visitor<T>::Visitor(BasicModule<T>& root) {
  modules_.push_back({"", &root});
  root.visit(*this);
}

template <Real T>
std::string Visitor<T>::path(std::string_view name) const {
  std::string path = prefix_;
  if (!path.empty()) path += '.';
  return path += name;
}

template <Real T>
void Visitor<T>::operator()(std::string_view name, BasicTensor<T>& parameter) {
  parameters_.push_back({path(name), &parameter});
}

template <Real T>
void Visitor<T>::operator()(std::string_view name, BasicModule<T>& child) {
  const std::string outer = std::exchange(prefix_, path(name));
  modules_.push_back({prefix_, &child});
  child.visit(*this);
  prefix_ = outer;
}

template <Real T>
BasicModule<T>::BasicModule() noexcept {
  ++modules_made;
}

// A module that moved may have another path now, so none is taken along.
template <Real T>
BasicModule<T>::BasicModule(BasicModule&& other) noexcept : training_(other.training_) {
  ++modules_made;
}

template <Real T>
BasicModule<T>& BasicModule<T>::operator=(BasicModule&& other) noexcept {
  training_ = other.training_;
  path_ = nullptr;
  ++modules_made;
  return *this;
}

// visit() hands out references and changes nothing; const callers below only read through them.
template <Real T>
Visitor<T> BasicModule<T>::visited() const {
  return Visitor<T>(const_cast<BasicModule&>(*this));
}

template <Real T>
std::vector<std::pair<std::string, BasicTensor<T>>> BasicModule<T>::named_parameters() const {
  std::vector<std::pair<std::string, BasicTensor<T>>> result;
  std::set<const Storage*> seen;
  const auto all = visited();
  for (const auto& [name, tensor] : all.parameters())
    if (seen.insert(tensor->storage().get()).second) result.emplace_back(name, *tensor);
  return result;
}

template <Real T>
std::vector<BasicTensor<T>> BasicModule<T>::parameters() const {
  std::vector<BasicTensor<T>> result;
  for (auto& [name, tensor] : named_parameters()) result.push_back(std::move(tensor));
  return result;
}

template <Real T>
index_t BasicModule<T>::parameter_count() const {
  index_t count = 0;
  for (const auto& x : parameters()) count += x.size();
  return count;
}

template <Real T>
void BasicModule<T>::train(bool training) {
  const auto all = visited();
  for (const auto& [path, module] : all.modules()) module->training_ = training;
}

template <Real T>
void BasicModule<T>::zero_grad() {
  const auto all = visited();
  for (const auto& [name, tensor] : all.parameters()) tensor->zero_grad();
}

template <Real T>
void BasicModule<T>::requires_grad_(bool required) {
  const auto all = visited();
  for (const auto& [name, tensor] : all.parameters()) tensor->requires_grad_(required);
}

template <Real T>
void BasicModule<T>::name_tree() const {
  const std::lock_guard lock(naming);
  named_at_ = modules_made.load();
  const auto all = visited();
  for (const auto& [path, module] : all.modules()) module->path_ = permanent(path);
  path_ = &root_path;
}

// The outermost module called is the root of a tree where no other has named it, and names what is below once
// and again after modules were made or moved. Calls further in find their path ready.
template <Real T>
CallSite BasicModule<T>::enter(Here at) const {
  const CallSite::Path* path = path_;
  if ((!path || (path == &root_path && named_at_ != modules_made)) && !CallSite::module()) {
    name_tree();
    path = path_;
  }
  return CallSite(at, path ? *path : nullptr);
}

template class Visitor<float>;
template class Visitor<double>;
template class BasicModule<float>;
template class BasicModule<double>;

}  // namespace xtape::nn
