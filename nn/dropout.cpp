// The dropout module.
#include <xtape/nn/dropout.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/ops/dropout.hpp>

namespace xtape::nn {

template <Real T>
BasicDropout<T>::BasicDropout(DropoutConfig config, Here at) : config_(config) {
  check_probability("Dropout", "p", config.p, at);
}

template <Real T>
BasicTensor<T> BasicDropout<T>::operator()(const BasicTensor<T>& x, Here at) const {
  if (!this->training() || config_.p == 0) return x;
  const auto site = this->enter(at);
  return dropout(x, config_.p, config_.generator ? *config_.generator : default_generator(), at);
}

template class BasicDropout<float>;
template class BasicDropout<double>;

}  // namespace xtape::nn
