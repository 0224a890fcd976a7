// Recurrent: cells along time, in one or both directions, in layers: what GRU and LSTM share.
#pragma once

#include <utility>

#include <xtape/nn/recurrent/cell.hpp>
#include <xtape/nn/recurrent/packing.hpp>

namespace xtape::nn {

struct RecurrentConfig {
  index_t input_size = 0;
  index_t hidden_size = 0;
  index_t num_layers = 1;
  bool bias = true;
  double dropout = 0;          ///< of what a layer hands to the next
  bool bidirectional = false;  ///< a second cell in each layer runs from the end to the beginning
};

/// The base of GRU and LSTM. Parameters have PyTorch's names: "weight_ih_l0", "weight_ih_l0_reverse".
template <class Cell>
class BasicRecurrent : public BasicModule<typename Cell::value_type> {
 public:
  using T = typename Cell::value_type;

  void visit(Visitor<T>& v) override;
  RecurrentConfig config() const { return config_; }

  std::vector<Cell> cells;  // layer by layer, the forward one before the backward one

 protected:
  using State = RecurrentState<T>;

  BasicRecurrent(std::string_view module, RecurrentConfig config, Generator& generator, Here at);

  /// The last layer's h at each step, (B, T, H) or packed, and each cell's last state, (cells, B, H). No
  /// first state means zeros.
  std::pair<BasicTensor<T>, State> run(const BasicTensor<T>& x, const State& first, Here at) const;
  std::pair<BasicPackedSequence<T>, State> run(const BasicPackedSequence<T>& x, const State& first,
                                               Here at) const;

 private:
  State first_state(const State& given, index_t B, Here at) const;
  std::pair<BasicTensor<T>, State> run_layers(BasicTensor<T> x, const std::vector<index_t>& batch_sizes,
                                              const State& first) const;

  std::string_view module_;
  RecurrentConfig config_;
};

}  // namespace xtape::nn
