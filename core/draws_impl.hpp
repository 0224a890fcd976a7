// Random draws, written down and taken again.
#pragma once

#include <vector>

#include <xtape/core/random.hpp>

namespace xtape::detail {

struct LoggedDraw {
  Drawn numbers;
  index_t count;
};

/// Stands between the generators that this thread draws from and those who draw, for as long as it lives.
class Draws {
 public:
  Draws(const Draws&) = delete;
  Draws& operator=(const Draws&) = delete;

  virtual Drawn draw(Generator& generator, index_t n) = 0;

 protected:
  Draws();
  ~Draws();
  /// What is drawn without this.
  Drawn draw_outside(Generator& generator, index_t n);

 private:
  Draws* outer_;
};

/// Writes down what is drawn.
class DrawLog final : public Draws {
 public:
  Drawn draw(Generator& generator, index_t n) override;
  std::vector<LoggedDraw> take() { return std::move(log_); }

 private:
  std::vector<LoggedDraw> log_;
};

/// Hands out what was written down, in the same order, whatever the generators are now. Throws GraphError
/// for a draw that was not made then.
class DrawReplay final : public Draws {
 public:
  explicit DrawReplay(const std::vector<LoggedDraw>& log) : log_(log) {}
  Drawn draw(Generator& generator, index_t n) override;

 private:
  const std::vector<LoggedDraw>& log_;
  std::size_t next_ = 0;
};

}  // namespace xtape::detail
