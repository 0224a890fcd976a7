// Recurrent: packed rows through cells, directions and layers.
#include <xtape/nn/recurrent/recurrent.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/recurrent/checks_impl.hpp>
#include <xtape/nn/recurrent/gru.hpp>
#include <xtape/nn/recurrent/lstm.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/view.hpp>

#include <algorithm>

namespace xtape::nn {

namespace {

template <Real T>
using State = RecurrentState<T>;

/// f of h, and of c.
template <Real T, class F>
State<T> each(const State<T>& state, F f) {
  State<T> result;
  result.reserve(state.size());
  for (const auto& x : state) result.push_back(f(x));
  return result;
}

/// What `join` makes of the h of all parts, and of their c.
template <Real T, class Join>
State<T> joined(const std::vector<State<T>>& parts, Join join) {
  State<T> result;
  for (std::size_t i = 0; i < parts[0].size(); ++i) {
    std::vector<BasicTensor<T>> xs;
    for (const auto& part : parts) xs.push_back(part[i]);
    result.push_back(join(xs));
  }
  return result;
}

template <Real T>
BasicTensor<T> rows(const BasicTensor<T>& x, index_t from, index_t to) {
  return strided_view(x, {Slice(from, to)});
}

template <Real T>
State<T> rows(const State<T>& state, index_t from, index_t to) {
  return each(state, [=](const auto& x) { return rows(x, from, to); });
}

template <Real T>
BasicTensor<T> below_each_other(const std::vector<BasicTensor<T>>& xs) {
  return xs.size() == 1 ? xs[0] : concatenate(xs);
}

/// One cell along packed rows: gx (rows, G H), the input's share of the gates, and the first state, (B, H)
/// each in packed order -> h (rows, H) and the last state. Forward, sequences end one after the other, the
/// shortest first; backward, they join one after the other, each with its own first state.
template <class Cell, Real T>
std::pair<BasicTensor<T>, State<T>> run_cell(const Cell& cell, BasicTensor<T> gx,
                                             const std::vector<index_t>& batch_sizes, const State<T>& first,
                                             bool backward) {
  const std::size_t length = batch_sizes.size();
  index_t row = backward ? gx.shape(0) : 0;
  auto state = backward ? rows(first, 0, batch_sizes.back()) : first;
  std::vector<State<T>> ended;
  std::vector<BasicTensor<T>> outputs(length);
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t t = backward ? length - 1 - i : i;
    const index_t running = state[0].shape(0), n = batch_sizes[t];
    if (n < running) {
      ended.push_back(rows(state, n, running));
      state = rows(state, 0, n);
    }
    if (n > running) state = joined<T>({state, rows(first, running, n)}, below_each_other<T>);
    if (backward) row -= n;
    state = cell.step(rows(gx, row, row + n), state);
    if (!backward) row += n;
    outputs[t] = state[0];
  }
  ended.push_back(state);
  std::reverse(ended.begin(), ended.end());  // the longest sequence is the first row
  return {below_each_other(outputs), joined(ended, below_each_other<T>)};
}

}  // namespace

template <class Cell>
BasicRecurrent<Cell>::BasicRecurrent(std::string_view module, RecurrentConfig config, Generator& generator,
                                     Here at)
    : module_(module), config_(config) {
  check_size(module, "input_size", config.input_size, at);
  check_size(module, "hidden_size", config.hidden_size, at);
  check_size(module, "num_layers", config.num_layers, at);
  check_probability(module, "dropout", config.dropout, at);
  const index_t directions = config.bidirectional ? 2 : 1;
  for (index_t i = 0; i < directions * config.num_layers; ++i) {
    const index_t input_size = i < directions ? config.input_size : directions * config.hidden_size;
    cells.emplace_back(RecurrentCellConfig{input_size, config.hidden_size, config.bias}, generator, at);
  }
}

template <class Cell>
void BasicRecurrent<Cell>::visit(Visitor<T>& v) {
  const std::size_t directions = config_.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i].visit(v, "_l" + std::to_string(i / directions) + (i % directions == 1 ? "_reverse" : ""));
}

template <class Cell>
auto BasicRecurrent<Cell>::first_state(const State& given, index_t B, Here at) const -> State {
  const Shape shape = {static_cast<index_t>(cells.size()), B, config_.hidden_size};
  if (given.empty()) return State(Cell::state_size, zeros<T>(shape));
  for (std::size_t i = 0; i < given.size(); ++i)
    check_state(module_, i == 0 ? "h0" : "c0", given[i].shape(), shape, at);
  return given;
}

template <class Cell>
auto BasicRecurrent<Cell>::run_layers(BasicTensor<T> x, const std::vector<index_t>& batch_sizes,
                                      const State& first) const -> std::pair<BasicTensor<T>, State> {
  const std::size_t directions = config_.bidirectional ? 2 : 1;
  std::vector<State> last;
  for (std::size_t i = 0; i < cells.size(); i += directions) {
    if (i > 0 && this->training() && config_.dropout > 0) x = dropout(x, config_.dropout);
    std::vector<BasicTensor<T>> outputs;  // (rows, H) for each direction
    for (std::size_t j = i; j < i + directions; ++j) {
      const auto own = each(first, [&](const auto& s) { return strided_view(s, {static_cast<index_t>(j)}); });
      const auto gx = linear(x, cells[j].weight_ih, cells[j].bias_ih);
      auto [y, state] = run_cell(cells[j], gx, batch_sizes, own, j > i);
      outputs.push_back(std::move(y));
      last.push_back(std::move(state));
    }
    x = directions == 1 ? outputs[0] : concatenate(outputs, -1);  // (rows, directions H)
  }
  return {x, joined(last, [](const auto& xs) { return stack(xs); })};
}

template <class Cell>
auto BasicRecurrent<Cell>::run(const BasicTensor<T>& x, const State& first, Here at) const
    -> std::pair<BasicTensor<T>, State> {
  check_input(module_, x.shape(), 3, config_.input_size, at);
  check_steps(module_, x.shape(), x.shape(1), at);
  const index_t B = x.shape(0), length = x.shape(1);
  const std::vector<index_t> batch_sizes(static_cast<std::size_t>(length), B);
  const auto packed = flatten(swapaxes(x, 0, 1), 0, 1);  // (T B, C)
  auto [y, last] = run_layers(packed, batch_sizes, first_state(first, B, at));
  return {swapaxes(reshape(y, {length, B, y.shape(1)}), 0, 1), std::move(last)};
}

template <class Cell>
auto BasicRecurrent<Cell>::run(const BasicPackedSequence<T>& x, const State& first, Here at) const
    -> std::pair<BasicPackedSequence<T>, State> {
  check_input(module_, x.data.shape(), 2, config_.input_size, at);
  check_steps(module_, x.data.shape(), static_cast<index_t>(x.batch_sizes.size()), at);
  check_packed(module_, x.data.shape(), x.batch_sizes, x.sorted_indices, at);
  const auto sorted = [&](const auto& s) { return take(s, x.sorted_indices, 1); };
  const auto unsorted = [&](const auto& s) { return take(s, x.unsorted_indices, 1); };
  auto [y, last] =
      run_layers(x.data, x.batch_sizes, each(first_state(first, x.sorted_indices.size(), at), sorted));
  return {{y, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, each(last, unsorted)};
}

template class BasicRecurrent<BasicGRUCell<float>>;
template class BasicRecurrent<BasicGRUCell<double>>;
template class BasicRecurrent<BasicLSTMCell<float>>;
template class BasicRecurrent<BasicLSTMCell<double>>;

}  // namespace xtape::nn
