// FeedForward.
#include <xtape/nn/feed_forward.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/ops/activation.hpp>

namespace xtape::nn {

namespace {

FeedForwardConfig completed(FeedForwardConfig config, Here at) {
  check_size("FeedForward", "n_embd", config.n_embd, at);
  if (config.hidden == 0) config.hidden = 4 * config.n_embd;
  return config;
}

}  // namespace

template <Real T>
BasicTensor<T> activate(const BasicTensor<T>& x, Activation activation, Here at) {
  switch (activation) {
    case Activation::relu: return relu(x, at);
    case Activation::gelu_tanh: return gelu(x, {.approximate = Gelu::tanh}, at);
    case Activation::gelu: break;
  }
  return gelu(x, {}, at);
}

template <Real T>
BasicFeedForward<T>::BasicFeedForward(FeedForwardConfig config, Generator& generator, Here at)
    : c_fc({config.n_embd, completed(config, at).hidden, config.bias}, generator, at),
      c_proj({completed(config, at).hidden, config.n_embd, config.bias}, generator, at),
      dropout(config.dropout, at),
      config_(completed(config, at)) {}

template <Real T>
BasicTensor<T> BasicFeedForward<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  const auto hidden = activate(c_fc(x), config_.activation);  // (..., 4C)
  return dropout(c_proj(hidden));                             // (..., C)
}

template <Real T>
void BasicFeedForward<T>::visit(Visitor<T>& v) {
  v("c_fc", c_fc);
  v("c_proj", c_proj);
  v("dropout", dropout);
}

template Tensor activate(const Tensor&, Activation, Here);
template Tensor64 activate(const Tensor64&, Activation, Here);
template class BasicFeedForward<float>;
template class BasicFeedForward<double>;

}  // namespace xtape::nn
