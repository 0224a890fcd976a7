// RecurrentCell: what the cells of GRU and LSTM share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct RecurrentCellConfig {
  index_t input_size = 0;
  index_t hidden_size = 0;
  bool bias = true;
};

/// What a cell hands to its next step: {h}, or {h, c} for an LSTM.
template <Real T>
using RecurrentState = std::vector<BasicTensor<T>>;

/// The base of GRUCell and LSTMCell, which have G = 3 and G = 4 gates: an affine map of the input and one of
/// the hidden state, each to all gates. Parameters start uniform within 1 / sqrt(hidden_size) of 0.
template <Real T>
class BasicRecurrentCell : public BasicModule<T> {
 public:
  void visit(Visitor<T>& v) override { visit(v, ""); }
  /// The same names with a suffix: "weight_ih_l0_reverse".
  void visit(Visitor<T>& v, const std::string& suffix);
  RecurrentCellConfig config() const { return config_; }

  BasicTensor<T> weight_ih;               // (G H, C)
  BasicTensor<T> weight_hh;               // (G H, H)
  std::optional<BasicTensor<T>> bias_ih;  // (G H,)
  std::optional<BasicTensor<T>> bias_hh;  // (G H,)

 protected:
  BasicRecurrentCell(std::string_view module, index_t gates, RecurrentCellConfig config, Generator& generator,
                     Here at);

 private:
  RecurrentCellConfig config_;
};

extern template class BasicRecurrentCell<float>;
extern template class BasicRecurrentCell<double>;

}  // namespace xtape::nn
