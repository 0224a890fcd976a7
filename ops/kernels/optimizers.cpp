// Optimiser steps: blocks of all tensors in one parallel loop, each element read and written once.
#include <cmath>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/optimizers.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {
namespace {

constexpr index_t block_size = 8192;

/// Calls body(tensor, begin, end, block's number) for the blocks of every tensor, in parallel; blocks are
/// numbered tensor after tensor. Returns how many there are.
template <class Tensors, class Body>
index_t for_blocks(const Tensors& tensors, Body body) {
  const auto count = static_cast<index_t>(tensors.size());
  Scratch<index_t> first(count + 1);
  first[0] = 0;
  for (index_t t = 0; t < count; ++t)
    first[t + 1] = first[t] + block_count(tensors[static_cast<std::size_t>(t)].size, block_size);
  const index_t *const starts = first.data(), *const stop = starts + count + 1;
  parallel_for(first[count], 1, [&](index_t begin, index_t end) {
    for (index_t block = begin; block < end; ++block) {
      const index_t t = std::upper_bound(starts, stop, block) - starts - 1;
      const auto& tensor = tensors[static_cast<std::size_t>(t)];
      const index_t from = (block - starts[t]) * block_size;
      body(tensor, from, std::min(from + block_size, tensor.size), block);
    }
  });
  return first[count];
}

template <Real T>
double squares(const T* x, index_t n) {
  constexpr index_t chains = 16;
  double total[chains] = {};
  index_t i = 0;
  for (; i + chains <= n; i += chains)
    for (index_t k = 0; k < chains; ++k) {
      const auto value = static_cast<double>(x[i + k]);
      total[k] += value * value;
    }
  double sum = 0;
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  for (const double part : total) sum += part;
  return sum;
}

/// The numbers that one AdamW step computes with.
template <Real T>
struct AdamwFactors {
  T decay, lerp, beta2, square, step_size, root_correction, eps, scale;

  AdamwFactors(const AdamwParameter<T>& p, const AdamwOptions& o)
      : decay(static_cast<T>(1 - p.lr * p.weight_decay)),
        lerp(static_cast<T>(1 - o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        square(static_cast<T>(1 - o.beta2)),
        step_size(static_cast<T>(p.lr / (1 - std::pow(o.beta1, p.step)))),
        root_correction(static_cast<T>(std::sqrt(1 - std::pow(o.beta2, p.step)))),
        eps(static_cast<T>(o.eps)),
        scale(static_cast<T>(o.gradient_scale)) {}
};

}  // namespace

template <Real T>
double sum_of_squares(std::span<const Values<T>> tensors) {
  index_t blocks = 0;
  for (const Values<T>& x : tensors) blocks += block_count(x.size, block_size);
  Scratch<double> parts(blocks);
  for_blocks(tensors, [&](const Values<T>& x, index_t begin, index_t end, index_t block) {
    parts[block] = squares(x.data + begin, end - begin);
  });
  double sum = 0;
  for (index_t block = 0; block < blocks; ++block) sum += parts[block];
  return sum;
}

template <Real T>
void adamw(std::span<const AdamwParameter<T>> parameters, const AdamwOptions& options) {
  for_blocks(parameters, [&](const AdamwParameter<T>& of, index_t begin, index_t end, index_t) {
    const AdamwFactors<T> f(of, options);
    T *const param = of.parameter + begin, *const mean = of.m + begin, *const square = of.v + begin;
    const T* const grad = of.gradient + begin;
    for_batches<T>(end - begin, [&](index_t i, auto part) {
      const Batch<T> g = load(grad + i, part, T{0}) * f.scale;
      const Batch<T> before = load(mean + i, part, T{0});
      const Batch<T> m = before + (g - before) * f.lerp;
      const Batch<T> v = load(square + i, part, T{0}) * f.beta2 + g * g * f.square;
      const Batch<T> step = m * f.step_size / (xsimd::sqrt(v) / f.root_correction + f.eps);
      store(param + i, load(param + i, part, T{0}) * f.decay - step, part);
      store(mean + i, m, part);
      store(square + i, v, part);
    });
  });
}

template <Real T>
void sgd(std::span<const SgdParameter<T>> parameters, const SgdOptions& options) {
  const T momentum = static_cast<T>(options.momentum), scale = static_cast<T>(options.gradient_scale);
  for_blocks(parameters, [&](const SgdParameter<T>& of, index_t begin, index_t end, index_t) {
    T *const param = of.parameter + begin, *const velocity = of.velocity ? of.velocity + begin : nullptr;
    const T* const grad = of.gradient + begin;
    const T lr = static_cast<T>(of.lr), decay = static_cast<T>(of.weight_decay);
    for_batches<T>(end - begin, [&](index_t i, auto part) {
      const Batch<T> p = load(param + i, part, T{0});
      Batch<T> d = load(grad + i, part, T{0}) * scale + p * decay;
      if (velocity) {
        const Batch<T> u = load(velocity + i, part, T{0}) * momentum + d;
        store(velocity + i, u, part);
        d = options.nesterov ? Batch<T>(d + u * momentum) : u;
      }
      store(param + i, p - d * lr, part);
    });
  });
}

template <Real T>
void adamw_naive(std::span<const AdamwParameter<T>> parameters, const AdamwOptions& o) {
  for (const AdamwParameter<T>& p : parameters)
    for (index_t i = 0; i < p.size; ++i) {
      const T g = p.gradient[i] * static_cast<T>(o.gradient_scale);
      p.parameter[i] *= static_cast<T>(1 - p.lr * p.weight_decay);
      p.m[i] += static_cast<T>(1 - o.beta1) * (g - p.m[i]);
      p.v[i] = static_cast<T>(o.beta2) * p.v[i] + static_cast<T>(1 - o.beta2) * g * g;
      const T correction1 = static_cast<T>(1 - std::pow(o.beta1, p.step));
      const T correction2 = static_cast<T>(1 - std::pow(o.beta2, p.step));
      const T denominator = std::sqrt(p.v[i]) / std::sqrt(correction2) + static_cast<T>(o.eps);
      p.parameter[i] -= static_cast<T>(p.lr) / correction1 * p.m[i] / denominator;
    }
}

template <Real T>
void sgd_naive(std::span<const SgdParameter<T>> parameters, const SgdOptions& o) {
  for (const SgdParameter<T>& p : parameters)
    for (index_t i = 0; i < p.size; ++i) {
      T d =
          p.gradient[i] * static_cast<T>(o.gradient_scale) + static_cast<T>(p.weight_decay) * p.parameter[i];
      if (p.velocity) {
        p.velocity[i] = static_cast<T>(o.momentum) * p.velocity[i] + d;
        d = o.nesterov ? d + static_cast<T>(o.momentum) * p.velocity[i] : p.velocity[i];
      }
      p.parameter[i] -= static_cast<T>(p.lr) * d;
    }
}

template double sum_of_squares(std::span<const Values<float>>);
template double sum_of_squares(std::span<const Values<double>>);
template void adamw(std::span<const AdamwParameter<float>>, const AdamwOptions&);
template void adamw(std::span<const AdamwParameter<double>>, const AdamwOptions&);
template void sgd(std::span<const SgdParameter<float>>, const SgdOptions&);
template void sgd(std::span<const SgdParameter<double>>, const SgdOptions&);
template void adamw_naive(std::span<const AdamwParameter<float>>, const AdamwOptions&);
template void adamw_naive(std::span<const AdamwParameter<double>>, const AdamwOptions&);
template void sgd_naive(std::span<const SgdParameter<float>>, const SgdOptions&);
template void sgd_naive(std::span<const SgdParameter<double>>, const SgdOptions&);

}  // namespace xtape::kernels
