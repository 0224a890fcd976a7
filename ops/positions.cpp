// Positions for attention: rotary is linear in x, so its gradient is the same op with the angles reversed.
#include <xtape/ops/positions.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/rotary.hpp>

#include <fmt/format.h>

#include <cmath>

namespace xtape {

namespace {

/// cos and sin for each row and pair, (T, D/2).
template <Real T>
struct Angles {
  Buffer<T> cosines, sines;
};

template <Real T>
Angles<T> make_angles(const Shape& x, const RotaryOptions& options) {
  const index_t length = x[x.size() - 2], pairs = x.back() / 2;
  Angles<T> angles{uninitialized<T>({length, pairs}), uninitialized<T>({length, pairs})};
  kernels::rotary_angles(angles.cosines.data(), angles.sines.data(), length, pairs, options.base,
                         options.offset);
  return angles;
}

void check_rotary(const Shape& x, const RotaryOptions& options, Here at) {
  check_rank_at_least("rotary", "x", x, 2, at);
  if (x.back() % 2 != 0)
    raise<ShapeError>(
        fmt::format("rotary: the last axis of x {} is odd; channels turn in pairs", to_string(x)), at);
  if (!(options.base > 0))
    raise<ValueError>(fmt::format("rotary: base = {}; it is above 0", options.base), at);
}

template <Real T>
BasicTensor<T> turn(const BasicTensor<T>& x, const Angles<T>& angles, bool interleaved, bool back, Here at) {
  const index_t length = angles.cosines.shape(0), pairs = angles.cosines.shape(1),
                matrix = length * pairs * 2;
  auto y = uninitialized<T>(x.shape(), at);
  kernels::rotary(y.data(), x.data(), angles.cosines.data(), angles.sines.data(),
                  {matrix == 0 ? 0 : x.size() / matrix, length, pairs, interleaved, back});
  return record({"rotary", at}, std::move(y),
                wrt(x, [cosines = saved(angles.cosines, "cosines"), sines = saved(angles.sines, "sines"),
                        interleaved, back](const auto& gy) {
                  return turn(gy, Angles<T>{cosines(), sines()}, interleaved, !back, Here::now());
                }));
}

}  // namespace

template <Real T>
BasicTensor<T> rotary(const BasicTensor<T>& x, RotaryOptions options, Here at) {
  check_rotary(x.shape(), options, at);
  return turn(x, make_angles<T>(x.shape(), options), options.interleaved, false, at);
}

template <Real T>
BasicTensor<T> sinusoidal_positions(index_t length, index_t channels, Here at) {
  auto y = uninitialized<T>({length, channels}, at);
  for (index_t c = 0; c < channels; ++c) {
    const double wavelength = std::pow(10000, static_cast<double>(c - c % 2) / static_cast<double>(channels));
    for (index_t t = 0; t < length; ++t) {
      const double angle = static_cast<double>(t) / wavelength;
      y.data()[t * channels + c] = static_cast<T>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return y;
}

template Tensor rotary(const Tensor&, RotaryOptions, Here);
template Tensor64 rotary(const Tensor64&, RotaryOptions, Here);
template Tensor sinusoidal_positions(index_t, index_t, Here);
template Tensor64 sinusoidal_positions(index_t, index_t, Here);

}  // namespace xtape
