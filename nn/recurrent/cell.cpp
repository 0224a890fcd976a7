// RecurrentCell.
#include <xtape/nn/recurrent/cell.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>

#include <cmath>

namespace xtape::nn {

template <Real T>
BasicRecurrentCell<T>::BasicRecurrentCell(std::string_view module, index_t gates, RecurrentCellConfig config,
                                          Generator& generator, Here at)
    : config_(config) {
  const index_t C = check_size(module, "input_size", config.input_size, at),
                H = check_size(module, "hidden_size", config.hidden_size, at);
  weight_ih = parameter<T>({gates * H, C});
  weight_hh = parameter<T>({gates * H, H});
  if (config.bias) bias_ih = parameter<T>({gates * H});
  if (config.bias) bias_hh = parameter<T>({gates * H});
  const double bound = 1 / std::sqrt(static_cast<double>(H));
  for (auto& x : this->parameters()) init::uniform_(x, -bound, bound, generator, at);
}

template <Real T>
void BasicRecurrentCell<T>::visit(Visitor<T>& v, const std::string& suffix) {
  v("weight_ih" + suffix, weight_ih);
  v("weight_hh" + suffix, weight_hh);
  v("bias_ih" + suffix, bias_ih);
  v("bias_hh" + suffix, bias_hh);
}

template class BasicRecurrentCell<float>;
template class BasicRecurrentCell<double>;

}  // namespace xtape::nn
