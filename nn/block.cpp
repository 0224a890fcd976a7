// Block.
#include <xtape/nn/block.hpp>

namespace xtape::nn {

template <Real T>
BasicBlock<T>::BasicBlock(BlockConfig config, Generator& generator, Here at)
    : ln_1({config.n_embd, config.layer_norm_eps, config.bias}, at),
      attn({config.n_embd, config.n_head, config.dropout, config.bias}, generator, at),
      ln_2({config.n_embd, config.layer_norm_eps, config.bias}, at),
      mlp({.n_embd = config.n_embd,
           .activation = config.activation,
           .dropout = config.dropout,
           .bias = config.bias},
          generator, at),
      config_(config) {}

template <Real T>
BasicTensor<T> BasicBlock<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  const auto y = x + attn(ln_1(x));  // (B, T, C)
  return y + mlp(ln_2(y));           // (B, T, C)
}

template <Real T>
void BasicBlock<T>::visit(Visitor<T>& v) {
  v("ln_1", ln_1);
  v("attn", attn);
  v("ln_2", ln_2);
  v("mlp", mlp);
}

template class BasicBlock<float>;
template class BasicBlock<double>;

}  // namespace xtape::nn
