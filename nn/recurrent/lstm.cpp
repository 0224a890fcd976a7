// LSTM.
#include <xtape/nn/recurrent/lstm.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/recurrent/checks_impl.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/linear.hpp>

namespace xtape::nn {

namespace {

constexpr auto remembered = [](auto i, auto f, auto g, auto c) {
  return sigmoid(f) * c + sigmoid(i) * tanh(g);
};
constexpr auto shown = [](auto o, auto c) { return sigmoid(o) * tanh(c); };

template <Real T>
RecurrentState<T> as_state(const std::optional<BasicLSTMState<T>>& state) {
  return state ? RecurrentState<T>{state->h, state->c} : RecurrentState<T>{};
}

}  // namespace

template <Real T>
RecurrentState<T> BasicLSTMCell<T>::step(const BasicTensor<T>& gx, const RecurrentState<T>& state) const {
  const auto gates = split(gx + linear(state[0], this->weight_hh, this->bias_hh), 4, -1);  // (B, H) each
  const auto c = elementwise("lstm_cell", remembered, gates[0], gates[1], gates[2], state[1]);
  return {elementwise("lstm_hidden", shown, gates[3], c), c};
}

template <Real T>
BasicLSTMState<T> BasicLSTMCell<T>::operator()(const BasicTensor<T>& x,
                                               const std::optional<BasicLSTMState<T>>& state, Here at) const {
  const auto site = this->enter(at);
  check_input("LSTMCell", x.shape(), 2, this->config().input_size, at);
  const Shape shape = {x.shape(0), this->config().hidden_size};
  if (state) check_state("LSTMCell", "h", state->h.shape(), shape, at);
  if (state) check_state("LSTMCell", "c", state->c.shape(), shape, at);
  const auto first = state.value_or(BasicLSTMState<T>{zeros<T>(shape), zeros<T>(shape)});
  const auto next = step(linear(x, this->weight_ih, this->bias_ih), {first.h, first.c});
  return {next[0], next[1]};
}

template <Real T>
std::pair<BasicTensor<T>, BasicLSTMState<T>> BasicLSTM<T>::operator()(
    const BasicTensor<T>& x, const std::optional<BasicLSTMState<T>>& first, Here at) const {
  const auto site = this->enter(at);
  const auto [y, last] = this->run(x, as_state(first), at);
  return {y, {last[0], last[1]}};
}

template <Real T>
std::pair<BasicPackedSequence<T>, BasicLSTMState<T>> BasicLSTM<T>::operator()(
    const BasicPackedSequence<T>& x, const std::optional<BasicLSTMState<T>>& first, Here at) const {
  const auto site = this->enter(at);
  const auto [y, last] = this->run(x, as_state(first), at);
  return {y, {last[0], last[1]}};
}

template class BasicLSTMCell<float>;
template class BasicLSTMCell<double>;
template class BasicLSTM<float>;
template class BasicLSTM<double>;

}  // namespace xtape::nn
