// Positions.
#include <xtape/nn/positions.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/positions.hpp>
#include <xtape/ops/view.hpp>

#include <fmt/format.h>

namespace xtape::nn {

namespace {

PositionsConfig checked(const char* module, PositionsConfig config, Here at) {
  check_size(module, "max_length", config.max_length, at);
  check_size(module, "channels", config.channels, at);
  return config;
}

/// x (B, T, C) plus the first T rows of the table (max_length, C).
template <Real T>
BasicTensor<T> with_positions(const char* module, const BasicTensor<T>& x, const BasicTensor<T>& table,
                              Here at) {
  check_rank(module, "x", x.shape(), 3, at);
  const index_t length = x.shape(1), max_length = table.shape(0);
  if (x.shape(2) != table.shape(1))
    raise<ShapeError>(fmt::format("{}: x {} does not end with the {} channels of the positions", module,
                                  to_string(x.shape()), table.shape(1)),
                      at);
  if (length > max_length)
    raise<ShapeError>(fmt::format("{}: x {} has {} positions, more than max_length = {}", module,
                                  to_string(x.shape()), length, max_length),
                      at);
  return x + strided_view(table, {Slice(0, length)});  // (B, T, C) + (T, C)
}

}  // namespace

template <Real T>
BasicSinusoidalPositions<T>::BasicSinusoidalPositions(PositionsConfig config, Here at)
    : config_(checked("SinusoidalPositions", config, at)),
      table_(sinusoidal_positions<T>(config.max_length, config.channels, at)) {}

template <Real T>
BasicTensor<T> BasicSinusoidalPositions<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  return with_positions("SinusoidalPositions", x, table_, at);
}

template <Real T>
BasicLearnedPositions<T>::BasicLearnedPositions(PositionsConfig config, Generator& generator, Here at)
    : weight(parameter<T>({checked("LearnedPositions", config, at).max_length, config.channels})),
      config_(config) {
  init::normal_(weight, 0, 0.02, generator, at);
}

template <Real T>
BasicTensor<T> BasicLearnedPositions<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  return with_positions("LearnedPositions", x, weight, at);
}

template <Real T>
void BasicLearnedPositions<T>::visit(Visitor<T>& v) {
  v("weight", weight);
}

template class BasicSinusoidalPositions<float>;
template class BasicSinusoidalPositions<double>;
template class BasicLearnedPositions<float>;
template class BasicLearnedPositions<double>;

}  // namespace xtape::nn
