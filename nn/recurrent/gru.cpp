// GRU.
#include <xtape/nn/recurrent/gru.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/recurrent/checks_impl.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/interpolation.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/linear.hpp>

namespace xtape::nn {

namespace {

constexpr auto gate = [](auto x, auto h) { return sigmoid(x + h); };
constexpr auto candidate = [](auto x, auto r, auto h) { return tanh(x + r * h); };

template <Real T>
RecurrentState<T> as_state(const std::optional<BasicTensor<T>>& h) {
  return h ? RecurrentState<T>{*h} : RecurrentState<T>{};
}

}  // namespace

template <Real T>
RecurrentState<T> BasicGRUCell<T>::step(const BasicTensor<T>& gx, const RecurrentState<T>& state) const {
  const auto& h = state[0];
  const index_t H = h.shape(-1);
  const auto x = split(gx, {2 * H}, -1);                                         // (B, 2H), (B, H)
  const auto g = split(linear(h, this->weight_hh, this->bias_hh), {2 * H}, -1);  // (B, 2H), (B, H)
  const auto rz = split(elementwise("gru_gates", gate, x[0], g[0]), 2, -1);      // (B, H) each
  const auto n = elementwise("gru_candidate", candidate, x[1], rz[0], g[1]);
  return {lerp(n, h, rz[1])};  // n + z (h - n)
}

template <Real T>
BasicTensor<T> BasicGRUCell<T>::operator()(const BasicTensor<T>& x, const std::optional<BasicTensor<T>>& h,
                                           Here at) const {
  const auto site = this->enter(at);
  check_input("GRUCell", x.shape(), 2, this->config().input_size, at);
  const Shape shape = {x.shape(0), this->config().hidden_size};
  if (h) check_state("GRUCell", "h", h->shape(), shape, at);
  return step(linear(x, this->weight_ih, this->bias_ih), {h ? *h : zeros<T>(shape)})[0];
}

template <Real T>
std::pair<BasicTensor<T>, BasicTensor<T>> BasicGRU<T>::operator()(const BasicTensor<T>& x,
                                                                  const std::optional<BasicTensor<T>>& h0,
                                                                  Here at) const {
  const auto site = this->enter(at);
  const auto [y, last] = this->run(x, as_state(h0), at);
  return {y, last[0]};
}

template <Real T>
std::pair<BasicPackedSequence<T>, BasicTensor<T>> BasicGRU<T>::operator()(
    const BasicPackedSequence<T>& x, const std::optional<BasicTensor<T>>& h0, Here at) const {
  const auto site = this->enter(at);
  const auto [y, last] = this->run(x, as_state(h0), at);
  return {y, last[0]};
}

template class BasicGRUCell<float>;
template class BasicGRUCell<double>;
template class BasicGRU<float>;
template class BasicGRU<double>;

}  // namespace xtape::nn
