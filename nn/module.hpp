// Module: what has parameters. A module names them in visit(); everything else follows from the names.
#pragma once

#include <atomic>
#include <concepts>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <xtape/core/call_site.hpp>
#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

template <Real T>
class BasicModule;

namespace detail {
struct ModuleCopy;
}

/// What a module and those below it name in visit(): v("weight", weight); v("h", blocks);
/// v.buffer("mask", mask). Made from a module, it lists them: Visitor<float>(model).modules().
template <Real T>
class Visitor {
 public:
  struct Parameter {
    std::string name;
    BasicTensor<T>* tensor;
  };
  struct Buffer {
    std::string name;
    ArrayPlace place;
  };
  struct Part {
    std::string path;
    BasicModule<T>* module;
  };

  explicit Visitor(BasicModule<T>& root);

  /// A parameter; an optional one is named where it has a value.
  void operator()(std::string_view name, BasicTensor<T>& parameter);
  void operator()(std::string_view name, std::optional<BasicTensor<T>>& parameter) {
    if (parameter) (*this)(name, *parameter);
  }
  /// A child: its names follow the given one, "attn.c_proj.weight".
  void operator()(std::string_view name, BasicModule<T>& child);
  /// Children in a row: "h.0", "h.1", ...
  template <std::derived_from<BasicModule<T>> M>
  void operator()(std::string_view name, std::vector<M>& children) {
    std::size_t i = 0;
    for (M& child : children) (*this)(std::string(name) + '.' + std::to_string(i++), child);
  }
  /// State that is saved and loaded but not trained: a BasicTensor, Indices or Mask.
  template <class A>
  void buffer(std::string_view name, A& array) {
    buffers_.push_back({path(name), &array});
  }

  /// Tied parameters come once for each of their names.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<Buffer>& buffers() const { return buffers_; }
  /// The root, whose path is empty, and every module below it; parents come before children.
  const std::vector<Part>& modules() const { return modules_; }

 private:
  std::string path(std::string_view name) const;

  std::string prefix_;
  std::vector<Parameter> parameters_;
  std::vector<Buffer> buffers_;
  std::vector<Part> modules_;
};

struct LoadOptions {
  bool strict = true;  ///< refuse names that are missing or unexpected; shapes must fit in any case
};

/// What a load that is not strict left out.
struct LoadReport {
  std::vector<std::string> missing;     ///< the module's names that were not given
  std::vector<std::string> unexpected;  ///< given names that the module lacks
};

/// Base of all that has parameters. A module holds parameters, buffers and children as plain members
/// (children also in std::vectors), names each once in visit(), and is called through an operator() of its
/// own, which begins with `const auto site = this->enter(at);`. Modules move and are not copied, because a
/// copy would silently share its weights; see clone(). Any number of threads may call one module under
/// NoGrad. torch.nn.Module.
template <Real T>
class BasicModule {
 public:
  using value_type = T;

  BasicModule() noexcept;
  BasicModule(BasicModule&& other) noexcept;
  BasicModule& operator=(BasicModule&& other) noexcept;
  BasicModule(const BasicModule&) = delete;
  BasicModule& operator=(const BasicModule&) = delete;
  virtual ~BasicModule() = default;

  /// Names every parameter, buffer and child, in the order in which they are listed, and does nothing else.
  virtual void visit(Visitor<T>& v) = 0;

  /// Every parameter once, tied ones under their first name: handles that share the module's values.
  std::vector<BasicTensor<T>> parameters() const;
  /// The same with their names: "h.0.attn.c_attn.weight".
  std::vector<std::pair<std::string, BasicTensor<T>>> named_parameters() const;
  /// The number of elements in parameters().
  index_t parameter_count() const;

  /// Sets the mode of this module and its children: dropout drops only while training. New modules train.
  void train(bool training = true);
  void eval() { train(false); }
  bool training() const { return training_; }
  /// Drops the gradients of all parameters.
  void zero_grad();
  /// Freezes or unfreezes all parameters.
  void requires_grad_(bool required = true);

  /// Parameters and buffers under their names, tied ones under the first. Values are shared, not copied:
  /// later training changes them.
  StateDict state_dict() const;
  /// Copies values in, converted to T. Names and shapes must be the module's; a tied parameter may come under
  /// any of its names, and under several with equal values. Where anything does not fit, a ValueError lists
  /// all of it beside what the module has, and nothing is changed.
  LoadReport load_state_dict(const StateDict& state, LoadOptions options = {}, Here at = Here::now());

  /// A table of names, shapes and counts, and the total.
  std::string summary() const;
  friend std::ostream& operator<<(std::ostream& out, const BasicModule& module) { return module.print(out); }

 protected:
  /// Opens a call of this module: errors and nodes below name the user's place and the module's path.
  [[nodiscard]] CallSite enter(Here at) const;

 private:
  friend struct detail::ModuleCopy;

  Visitor<T> visited() const;
  void name_tree() const;  // gives this module and those below their paths
  std::ostream& print(std::ostream& out) const;

  mutable std::atomic<const CallSite::Path*> path_{nullptr};  // null until the tree is named
  mutable std::atomic<std::uint64_t> named_at_{0};            // of a root: the count of modules made by then
  bool training_ = true;
};

using Module = BasicModule<float>;

extern template class Visitor<float>;
extern template class Visitor<double>;
extern template class BasicModule<float>;
extern template class BasicModule<double>;

}  // namespace xtape::nn
