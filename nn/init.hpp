// Parameters and their first values.
#pragma once

#include <xtape/core/random.hpp>

namespace xtape::nn {

/// A leaf that takes gradients, filled with `value`.
template <Real T>
BasicTensor<T> parameter(const Shape& shape, double value = 0, Here at = Here::now());

/// While one lives, uniform_() and normal_() on its thread draw nothing and leave values as they are, so that
/// modules are made quickly: for models that are loaded next. torch.nn.utils.skip_init.
class SkipInit {
 public:
  SkipInit();
  ~SkipInit();
  SkipInit(const SkipInit&) = delete;
  SkipInit& operator=(const SkipInit&) = delete;

 private:
  bool before_;
};

/// Fills that overwrite a parameter's values. torch.nn.init.
namespace init {

template <Real T>
void constant_(BasicTensor<T>& x, double value, Here at = Here::now());
/// Uniform in [low, high).
template <Real T>
void uniform_(BasicTensor<T>& x, double low, double high, Generator& generator = default_generator(),
              Here at = Here::now());
template <Real T>
void normal_(BasicTensor<T>& x, double mean = 0, double std = 1, Generator& generator = default_generator(),
             Here at = Here::now());
/// Uniform within sqrt(6 / (rows + columns)) of 0, for a matrix (Glorot and Bengio 2010).
template <Real T>
void xavier_uniform_(BasicTensor<T>& x, Generator& generator = default_generator(), Here at = Here::now());

}  // namespace init

}  // namespace xtape::nn
