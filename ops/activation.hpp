// Activation functions of neural networks, and the smooth functions they are made of.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// max(x, 0); the gradient at 0 is 0. torch.relu.
template <Real T>
BasicTensor<T> relu(const BasicTensor<T>& x, Here at = Here::now());

struct LeakyReluOptions {
  double negative_slope = 0.01;
};
/// x where it is positive, else negative_slope * x. torch.nn.functional.leaky_relu.
template <Real T>
BasicTensor<T> leaky_relu(const BasicTensor<T>& x, LeakyReluOptions options = {}, Here at = Here::now());

struct EluOptions {
  double alpha = 1;
};
/// x where it is positive, else alpha (e^x - 1). torch.nn.functional.elu.
template <Real T>
BasicTensor<T> elu(const BasicTensor<T>& x, EluOptions options = {}, Here at = Here::now());

/// 1 / (1 + e^-x). torch.sigmoid.
template <Real T>
BasicTensor<T> sigmoid(const BasicTensor<T>& x, Here at = Here::now());

/// log(sigmoid(x)), right where sigmoid(x) rounds to 0. torch.nn.functional.logsigmoid.
template <Real T>
BasicTensor<T> log_sigmoid(const BasicTensor<T>& x, Here at = Here::now());

/// log(1 + e^x). torch.nn.functional.softplus.
template <Real T>
BasicTensor<T> softplus(const BasicTensor<T>& x, Here at = Here::now());

/// x sigmoid(x). torch.nn.functional.silu.
template <Real T>
BasicTensor<T> silu(const BasicTensor<T>& x, Here at = Here::now());

/// x tanh(softplus(x)). torch.nn.functional.mish.
template <Real T>
BasicTensor<T> mish(const BasicTensor<T>& x, Here at = Here::now());

struct HardTanhOptions {
  double min = -1;
  double max = 1;
};
/// x, but no less than min and no more than max: clip(), with gradient 0 at the bounds. Throws ValueError
/// where min is above max. torch.nn.functional.hardtanh.
template <Real T>
BasicTensor<T> hard_tanh(const BasicTensor<T>& x, HardTanhOptions options = {}, Here at = Here::now());

/// (x + 3) / 6, but no less than 0 and no more than 1; the gradient at the corners is 0.
/// torch.nn.functional.hardsigmoid.
template <Real T>
BasicTensor<T> hard_sigmoid(const BasicTensor<T>& x, Here at = Here::now());

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. scipy.special.erf.
template <Real T>
BasicTensor<T> erf(const BasicTensor<T>& x, Here at = Here::now());

/// The ways to compute gelu: exactly, by the error function, or by the tanh that GPT-2 uses.
enum class Gelu { erf, tanh };
struct GeluOptions {
  Gelu approximate = Gelu::erf;
};
/// x times the normal distribution function of x, x (1 + erf(x / sqrt(2))) / 2; or
/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 with {.approximate = Gelu::tanh}.
/// torch.nn.functional.gelu.
template <Real T>
BasicTensor<T> gelu(const BasicTensor<T>& x, GeluOptions options = {}, Here at = Here::now());

}  // namespace xtape
