// Reading einsum equations.
#include <xtape/ops/einsum_plan_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include <xtape/core/error.hpp>

namespace xtape {

namespace {

constexpr int ellipsis = -1;  // stands among the labels of a term where "..." does
constexpr int first_ellipsis_axis = 256;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The labels of one term, with `ellipsis` in place of "...".
struct Term {
  std::string_view text;
  Labels labels;

  bool has_ellipsis() const { return contains(labels, ellipsis); }
  std::size_t letters() const { return labels.size() - (has_ellipsis() ? 1 : 0); }
};

/// An extent and the operand that brought it.
struct Extent {
  int label;
  index_t size;
  std::size_t operand;
};

class Reader {
 public:
  Reader(std::string_view equation, std::span<const Shape> shapes, Here at)
      : equation_(equation), shapes_(shapes), at_(at) {}

  EinsumPlan plan();

 private:
  template <class E>
  [[noreturn]] void fail(const std::string& what) const {
    raise<E>(fmt::format("einsum: in \"{}\", {}", equation_, what), at_);
  }
  std::string operand(std::size_t i) const { return fmt::format("operand {} {}", i, to_string(shapes_[i])); }

  void split(std::string_view text);
  Term term(std::string_view text, const std::string& where) const;
  Labels labels_of_operand(std::size_t i);
  void add_extent(int label, index_t size, std::size_t operand);
  void check_repeated(std::size_t i, const Labels& labels) const;
  Labels explicit_output() const;
  Labels implicit_output() const;
  Labels ellipsis_labels() const;
  const Extent* extent(int label) const;

  std::string_view equation_;
  std::span<const Shape> shapes_;
  Here at_;
  std::vector<Term> inputs_;
  Term output_;
  bool has_output_ = false;
  std::vector<Extent> extents_;
  std::size_t ellipsis_axes_ = 0;
  std::size_t longest_ellipsis_ = 0;  // the operand that has that many
};

EinsumPlan Reader::plan() {
  std::string text(equation_);
  std::erase(text, ' ');
  split(text);
  EinsumPlan plan;
  for (std::size_t i = 0; i < shapes_.size(); ++i) plan.operands.push_back(labels_of_operand(i));
  plan.output = has_output_ ? explicit_output() : implicit_output();
  for (const int label : plan.output) plan.shape.push_back(extent(label)->size);
  return plan;
}

void Reader::split(std::string_view text) {
  const auto arrow = text.find("->");
  has_output_ = arrow != std::string_view::npos;
  std::string_view inputs = text.substr(0, arrow);
  for (bool more = true; more;) {
    const auto comma = inputs.find(',');
    more = comma != std::string_view::npos;
    inputs_.push_back(term(inputs.substr(0, comma), fmt::format("operand {}", inputs_.size())));
    if (more) inputs.remove_prefix(comma + 1);
  }
  if (has_output_) output_ = term(text.substr(arrow + 2), "the output");
  if (inputs_.size() != shapes_.size()) {
    std::string given;
    for (const Shape& shape : shapes_) given += (given.empty() ? ": " : ", ") + to_string(shape);
    fail<ValueError>(fmt::format("{} operand{} described, but {} given{}", inputs_.size(),
                                 inputs_.size() == 1 ? " is" : "s are", shapes_.size(), given));
  }
}

Term Reader::term(std::string_view text, const std::string& where) const {
  Term result{text, {}};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_letter(text[i])) {
      result.labels.push_back(text[i]);
    } else if (text.substr(i, 3) == "..." && !result.has_ellipsis()) {
      result.labels.push_back(ellipsis);
      i += 2;
    } else {
      fail<ValueError>(
          fmt::format("'{}' in {} makes no sense; axes are named by letters, \"...\" once in a term stands "
                      "for those without one, and \"->\" comes once, before the output",
                      text[i], where));
    }
  }
  return result;
}

Labels Reader::labels_of_operand(std::size_t i) {
  const Term& input = inputs_[i];
  const Shape& shape = shapes_[i];
  const bool fits = input.has_ellipsis() ? input.letters() <= shape.size() : input.letters() == shape.size();
  if (!fits)
    fail<ShapeError>(fmt::format("\"{}\" names {} ax{}, but {} has {}{}", input.text, input.letters(),
                                 input.letters() == 1 ? "is" : "es", operand(i), shape.size(),
                                 input.letters() < shape.size() ? "; \"...\" stands for the others" : ""));
  const std::size_t unnamed = shape.size() - input.letters();
  if (unnamed > ellipsis_axes_) {
    ellipsis_axes_ = unnamed;
    longest_ellipsis_ = i;
  }
  Labels labels;
  for (const int label : input.labels) {
    if (label != ellipsis) {
      labels.push_back(label);
    } else {
      for (std::size_t k = unnamed; k-- > 0;) labels.push_back(first_ellipsis_axis + static_cast<int>(k));
    }
  }
  check_repeated(i, labels);
  for (std::size_t d = 0; d < labels.size(); ++d) add_extent(labels[d], shape[d], i);
  return labels;
}

void Reader::check_repeated(std::size_t i, const Labels& labels) const {
  const Shape& shape = shapes_[i];
  for (std::size_t d = 0; d < labels.size(); ++d)
    for (std::size_t e = 0; e < d; ++e)
      if (labels[d] == labels[e] && shape[d] != shape[e])
        fail<ShapeError>(fmt::format("index {} is {} and {} in {}", static_cast<char>(labels[d]), shape[e],
                                     shape[d], operand(i)));
}

void Reader::add_extent(int label, index_t size, std::size_t i) {
  for (Extent& known : extents_) {
    if (known.label != label) continue;
    if (known.size == 1) known = {label, size, i};
    if (known.size != size && size != 1)
      fail<ShapeError>(fmt::format("{} is {} in {} and {} in {}",
                                   label >= first_ellipsis_axis
                                       ? "an axis under \"...\""
                                       : fmt::format("index {}", static_cast<char>(label)),
                                   known.size, operand(known.operand), size, operand(i)));
    return;
  }
  extents_.push_back({label, size, i});
}

Labels Reader::explicit_output() const {
  Labels labels;
  for (const int label : output_.labels) {
    if (label == ellipsis) {
      for (const int axis : ellipsis_labels()) labels.push_back(axis);
    } else if (contains(labels, label)) {
      fail<ValueError>(fmt::format("the output names index {} twice", static_cast<char>(label)));
    } else if (!extent(label)) {
      fail<ValueError>(
          fmt::format("index {} of the output is an index of no operand", static_cast<char>(label)));
    } else {
      labels.push_back(label);
    }
  }
  if (ellipsis_axes_ > 0 && !output_.has_ellipsis())
    fail<ShapeError>(
        fmt::format("\"...\" stands for {} ax{} of {}, but the output has no \"...\"; to sum over them, name "
                    "them by letters",
                    ellipsis_axes_, ellipsis_axes_ == 1 ? "is" : "es", operand(longest_ellipsis_)));
  return labels;
}

/// What NumPy returns where no output is written: the axes under "...", then the letters that occur once.
Labels Reader::implicit_output() const {
  Labels letters, once = ellipsis_labels();
  for (const Term& input : inputs_)
    for (const int label : input.labels)
      if (label != ellipsis) letters.push_back(label);
  std::sort(letters.begin(), letters.end());
  for (const int letter : letters)
    if (std::count(letters.begin(), letters.end(), letter) == 1) once.push_back(letter);
  return once;
}

Labels Reader::ellipsis_labels() const {
  Labels labels;
  for (std::size_t k = ellipsis_axes_; k-- > 0;) labels.push_back(first_ellipsis_axis + static_cast<int>(k));
  return labels;
}

const Extent* Reader::extent(int label) const {
  for (const Extent& known : extents_)
    if (known.label == label) return &known;
  return nullptr;
}

}  // namespace

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

EinsumPlan plan_einsum(std::string_view equation, std::span<const Shape> shapes, Here at) {
  return Reader(equation, shapes, at).plan();
}

}  // namespace xtape
