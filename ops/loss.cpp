// Losses of single elements: a formula each, and one pass to reduce it.
#include <xtape/ops/loss.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/loss_impl.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

template <Real T>
void check_target(const char* op, const BasicTensor<T>& x, const BasicTensor<T>& target, Here at) {
  check_same_shape(op, "x", x.shape(), "target", target.shape(), at);
}

}  // namespace

template <Real T>
BasicTensor<T> mse_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                        LossOptions options, Here at) {
  check_target("mse_loss", x, target, at);
  const CallSite site(at);
  const auto loss = [](auto a, auto b) { return square(a - b); };
  return reduced(elementwise("mse_loss", loss, x, target), options.reduction);
}

template <Real T>
BasicTensor<T> l1_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                       LossOptions options, Here at) {
  check_target("l1_loss", x, target, at);
  const CallSite site(at);
  const auto loss = [](auto a, auto b) { return abs(a - b); };
  return reduced(elementwise("l1_loss", loss, x, target), options.reduction);
}

template <Real T>
BasicTensor<T> huber_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                          HuberLossOptions options, Here at) {
  check_target("huber_loss", x, target, at);
  if (!(options.delta > 0))
    raise<ValueError>(fmt::format("huber_loss: delta = {}; it is greater than 0", options.delta), at);
  const CallSite site(at);
  const auto loss = [delta = options.delta](auto a, auto b) {
    const auto d = a - b;  // squared as it is: |d| has no second derivative at 0, d^2 has
    return select(abs(d) <= delta, 0.5 * square(d), delta * (abs(d) - 0.5 * delta));
  };
  return reduced(elementwise("huber_loss", loss, x, target), options.reduction);
}

template <Real T>
BasicTensor<T> kl_div(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                      KlDivOptions options, Here at) {
  check_target("kl_div", x, target, at);
  const CallSite site(at);
  const auto loss = [](auto a, auto t) { return select(t == 0.0, 0.0, t * (log(t) - a)); };
  const auto loss_of_logs = [](auto a, auto t) { return select(exp(t) == 0.0, 0.0, exp(t) * (t - a)); };
  return reduced(options.log_target ? elementwise("kl_div", loss_of_logs, x, target)
                                    : elementwise("kl_div", loss, x, target),
                 options.reduction);
}

template <Real T>
BasicTensor<T> binary_cross_entropy_with_logits(
    const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
    const std::type_identity_t<BinaryCrossEntropyOptions<T>>& options, Here at) {
  constexpr const char* op = "binary_cross_entropy_with_logits";
  check_target(op, x, target, at);
  if (options.pos_weight) check_broadcasts_to(op, options.pos_weight->shape(), x.shape(), at);
  const CallSite site(at);
  // softplus(-x) = -log(p) and softplus(x) = -log(1 - p), each right where it is small.
  const auto loss = [](auto logit, auto t) { return t * softplus(-logit) + (1.0 - t) * softplus(logit); };
  const auto weighted = [](auto logit, auto t, auto w) {
    return w * t * softplus(-logit) + (1.0 - t) * softplus(logit);
  };
  return reduced(options.pos_weight ? elementwise("binary_cross_entropy_with_logits", weighted, x, target,
                                                  *options.pos_weight)
                                    : elementwise("binary_cross_entropy_with_logits", loss, x, target),
                 options.reduction);
}

template Tensor mse_loss<float>(const Tensor&, const Tensor&, LossOptions, Here);
template Tensor64 mse_loss<double>(const Tensor64&, const Tensor64&, LossOptions, Here);
template Tensor l1_loss<float>(const Tensor&, const Tensor&, LossOptions, Here);
template Tensor64 l1_loss<double>(const Tensor64&, const Tensor64&, LossOptions, Here);
template Tensor huber_loss<float>(const Tensor&, const Tensor&, HuberLossOptions, Here);
template Tensor64 huber_loss<double>(const Tensor64&, const Tensor64&, HuberLossOptions, Here);
template Tensor kl_div<float>(const Tensor&, const Tensor&, KlDivOptions, Here);
template Tensor64 kl_div<double>(const Tensor64&, const Tensor64&, KlDivOptions, Here);
template Tensor binary_cross_entropy_with_logits<float>(const Tensor&, const Tensor&,
                                                        const BinaryCrossEntropyOptions<float>&, Here);
template Tensor64 binary_cross_entropy_with_logits<double>(const Tensor64&, const Tensor64&,
                                                           const BinaryCrossEntropyOptions<double>&, Here);

}  // namespace xtape
