// GRU: the gated recurrent unit, as a cell and along time.
#pragma once

#include <xtape/nn/recurrent/recurrent.hpp>

namespace xtape::nn {

/// One step of a gated recurrent unit (Cho et al. 2014):
/// r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z = sigmoid(W_iz x + b_iz + W_hz h + b_hz),
/// n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
/// The rows of weight_ih and weight_hh are those of r, z, n. Throws ValueError for sizes below 1.
/// torch.nn.GRUCell.
template <Real T>
class BasicGRUCell : public BasicRecurrentCell<T> {
 public:
  explicit BasicGRUCell(RecurrentCellConfig config, Generator& generator = default_generator(),
                        Here at = Here::now())
      : BasicRecurrentCell<T>("GRUCell", 3, config, generator, at) {}
  BasicGRUCell(index_t input_size, index_t hidden_size, Generator& generator = default_generator(),
               Here at = Here::now())
      : BasicGRUCell(RecurrentCellConfig{input_size, hidden_size}, generator, at) {}

  /// x (B, C), h (B, H), zeros where not given -> h' (B, H).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const std::optional<BasicTensor<T>>& h = {},
                            Here at = Here::now()) const;

  /// The same where the input's share of the gates is known: gx = weight_ih x + bias_ih, (B, 3H).
  RecurrentState<T> step(const BasicTensor<T>& gx, const RecurrentState<T>& state) const;
  static constexpr std::size_t state_size = 1;
};

/// GRU cells along time: from the first step to the last and, where bidirectional, in a cell of their own
/// from the last to the first; the next layer reads what both made of each step. Throws ValueError for sizes
/// below 1. torch.nn.GRU with batch_first, and with its names of parameters.
template <Real T>
class BasicGRU : public BasicRecurrent<BasicGRUCell<T>> {
 public:
  explicit BasicGRU(RecurrentConfig config, Generator& generator = default_generator(), Here at = Here::now())
      : BasicRecurrent<BasicGRUCell<T>>("GRU", config, generator, at) {}

  /// x (B, T, C) -> {the last layer's h at each step (B, T, D H), each cell's last h (L D, B, H)}, where D is
  /// 2 for bidirectional, else 1. The first states h0 (L D, B, H) are zeros where not given.
  std::pair<BasicTensor<T>, BasicTensor<T>> operator()(const BasicTensor<T>& x,
                                                       const std::optional<BasicTensor<T>>& h0 = {},
                                                       Here at = Here::now()) const;
  /// The same for sequences of several lengths: a last state is that at the end of its sequence, and the way
  /// back begins there.
  std::pair<BasicPackedSequence<T>, BasicTensor<T>> operator()(const BasicPackedSequence<T>& x,
                                                               const std::optional<BasicTensor<T>>& h0 = {},
                                                               Here at = Here::now()) const;
};

using GRUCell = BasicGRUCell<float>;
using GRU = BasicGRU<float>;

extern template class BasicGRUCell<float>;
extern template class BasicGRUCell<double>;
extern template class BasicRecurrent<BasicGRUCell<float>>;
extern template class BasicRecurrent<BasicGRUCell<double>>;
extern template class BasicGRU<float>;
extern template class BasicGRU<double>;

}  // namespace xtape::nn
