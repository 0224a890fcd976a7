// LSTM: the long short-term memory, as a cell and along time.
#pragma once

#include <xtape/nn/recurrent/recurrent.hpp>

namespace xtape::nn {

/// The hidden state, and what the cells remember.
template <Real T>
struct BasicLSTMState {
  BasicTensor<T> h, c;
};

/// One step of a long short-term memory (Hochreiter and Schmidhuber 1997):
/// i = sigmoid(W_ii x + b_ii + W_hi h + b_hi), f, g and o likewise, but g by tanh,
/// c' = f c + i g, h' = o tanh(c').
/// The rows of weight_ih and weight_hh are those of i, f, g, o. Throws ValueError for sizes below 1.
/// torch.nn.LSTMCell.
template <Real T>
class BasicLSTMCell : public BasicRecurrentCell<T> {
 public:
  explicit BasicLSTMCell(RecurrentCellConfig config, Generator& generator = default_generator(),
                         Here at = Here::now())
      : BasicRecurrentCell<T>("LSTMCell", 4, config, generator, at) {}
  BasicLSTMCell(index_t input_size, index_t hidden_size, Generator& generator = default_generator(),
                Here at = Here::now())
      : BasicLSTMCell(RecurrentCellConfig{input_size, hidden_size}, generator, at) {}

  /// x (B, C), h and c (B, H), zeros where not given -> h' and c' (B, H).
  BasicLSTMState<T> operator()(const BasicTensor<T>& x, const std::optional<BasicLSTMState<T>>& state = {},
                               Here at = Here::now()) const;

  /// The same where the input's share of the gates is known: gx = weight_ih x + bias_ih, (B, 4H).
  RecurrentState<T> step(const BasicTensor<T>& gx, const RecurrentState<T>& state) const;
  static constexpr std::size_t state_size = 2;
};

/// LSTM cells along time, as the GRU's. Throws ValueError for sizes below 1. torch.nn.LSTM with batch_first,
/// and with its names of parameters.
template <Real T>
class BasicLSTM : public BasicRecurrent<BasicLSTMCell<T>> {
 public:
  explicit BasicLSTM(RecurrentConfig config, Generator& generator = default_generator(),
                     Here at = Here::now())
      : BasicRecurrent<BasicLSTMCell<T>>("LSTM", config, generator, at) {}

  /// x (B, T, C) -> {the last layer's h at each step (B, T, D H), each cell's last h and c (L D, B, H)},
  /// where D is 2 for bidirectional, else 1. The first states (L D, B, H) are zeros where not given.
  std::pair<BasicTensor<T>, BasicLSTMState<T>> operator()(const BasicTensor<T>& x,
                                                          const std::optional<BasicLSTMState<T>>& first = {},
                                                          Here at = Here::now()) const;
  /// The same for sequences of several lengths: a last state is that at the end of its sequence, and the way
  /// back begins there.
  std::pair<BasicPackedSequence<T>, BasicLSTMState<T>> operator()(
      const BasicPackedSequence<T>& x, const std::optional<BasicLSTMState<T>>& first = {},
      Here at = Here::now()) const;
};

using LSTMState = BasicLSTMState<float>;
using LSTMCell = BasicLSTMCell<float>;
using LSTM = BasicLSTM<float>;

extern template class BasicLSTMCell<float>;
extern template class BasicLSTMCell<double>;
extern template class BasicRecurrent<BasicLSTMCell<float>>;
extern template class BasicRecurrent<BasicLSTMCell<double>>;
extern template class BasicLSTM<float>;
extern template class BasicLSTM<double>;

}  // namespace xtape::nn
