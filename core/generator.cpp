// Generators, and scopes that log and replay what is drawn from them.
#include <xtape/core/draws_impl.hpp>
#include <xtape/core/error.hpp>

#include <utility>

namespace xtape {

namespace {
constinit thread_local detail::Draws* draws_here = nullptr;
}

Drawn Generator::draw(index_t n) {
  if (draws_here) return draws_here->draw(*this, n);
  return {seed_, next_.fetch_add((static_cast<std::uint64_t>(n) + 3) / 4 * 4)};
}

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

namespace detail {

Draws::Draws() : outer_(std::exchange(draws_here, this)) {}

Draws::~Draws() { draws_here = outer_; }

Drawn Draws::draw_outside(Generator& generator, index_t n) {
  struct Back {
    Draws* here;
    ~Back() { draws_here = here; }
  } back{std::exchange(draws_here, outer_)};
  return generator.draw(n);
}

Drawn DrawLog::draw(Generator& generator, index_t n) {
  log_.push_back({draw_outside(generator, n), n});
  return log_.back().numbers;
}

Drawn DrawReplay::draw(Generator&, index_t n) {
  if (next_ == log_.size() || log_[next_].count != n)
    raise<GraphError>(
        "checkpoint: its function draws other random numbers in the backward pass than it drew before; it "
        "must do the same each time",
        {});
  return log_[next_++].numbers;
}

}  // namespace detail

}  // namespace xtape
