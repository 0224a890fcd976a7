// Running a formula along memory: whole packets, and the rest through the same code.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <xtape/ops/formula/packet.hpp>

namespace xtape::formula {

/// f(x...) for whole packets: y, then the inputs, and by how many elements each advances a packet.
template <Real T>
using PacketLoop = void(const void* f, T* y, const T* const* x, const index_t* step, index_t packets);

/// The loop of `evaluate(f, x...)`. Everything that f calls is compiled into it.
template <Real T, class Arch, std::size_t N, class F, auto evaluate>
[[gnu::noinline, gnu::flatten]] void run_packets(const void* f, T* y, const T* const* x, const index_t* step,
                                                 index_t packets) {
  using P = Packet<T, Arch>;
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    std::array<const T*, N> from = {x[K]...};
    const std::array<index_t, N> advance = {step[K]...};
    for (index_t i = 0; i < packets; ++i, y += P::size) {
      P(evaluate(*static_cast<const F*>(f), P::load(from[K])...)).store(y);
      ((from[K] += advance[K]), ...);
    }
  }(std::make_index_sequence<N>());
}

/// y[i] = f(x[0][i * step[0]], x[1][i * step[1]], ...) for i below n; steps are 0 or 1. The bits of an
/// element do not depend on where in the run it stands. One for all formulas: what is compiled for each is
/// its loop.
template <Real T, class Arch, std::size_t N>
void run(PacketLoop<T>* loop, const void* f, T* y, const T* const* x, const index_t* step, index_t n) {
  using P = Packet<T, Arch>;
  constexpr index_t width = P::size;
  T padded[N + 1][static_cast<std::size_t>(width)];
  std::array<const T*, N> from;
  std::array<index_t, N> advance{};
  if (n == 1) {
    for (std::size_t k = 0; k < N; ++k) {
      P(*x[k]).store(padded[k]);
      from[k] = padded[k];
    }
    loop(f, padded[N], from.data(), advance.data(), 1);
    *y = padded[N][0];
    return;
  }
  for (std::size_t k = 0; k < N; ++k) {
    if (step[k] == 0) P(*x[k]).store(padded[k]);
    from[k] = step[k] == 0 ? padded[k] : x[k];
    advance[k] = step[k] * width;
  }
  const index_t whole = n / width;
  if (whole > 0) loop(f, y, from.data(), advance.data(), whole);

  const index_t done = whole * width, left = n - done;
  if (left == 0) return;
  for (std::size_t k = 0; k < N; ++k) {
    if (step[k] != 0) {
      P(x[k][n - 1]).store(padded[k]);
      for (index_t i = 0; i < left - 1; ++i) padded[k][i] = x[k][done + i];
    }
    from[k] = padded[k];
  }
  loop(f, padded[N], from.data(), advance.data(), 1);
  y[done] = padded[N][0];
  if (left > 1) std::copy_n(padded[N] + 1, left - 1, y + done + 1);
}

}  // namespace xtape::formula
