// Running a formula along memory: whole packets, and the rest through the same code.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <xtape/ops/formula/packet.hpp>

namespace xtape::formula {

/// y = f(x...) for whole packets; input k advances by step[k] elements a packet. Everything that f calls is
/// compiled into this one loop.
template <Real T, class Arch, std::size_t N, class F>
[[gnu::noinline, gnu::flatten]] void run_packets(const F& f, T* y, std::array<const T*, N> x,
                                                 std::array<index_t, N> step, index_t packets) {
  using P = Packet<T, Arch>;
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    for (index_t i = 0; i < packets; ++i, y += P::size) {
      P(f(P::load(x[K])...)).store(y);
      ((x[K] += step[K]), ...);
    }
  }(std::make_index_sequence<N>());
}

/// y[i] = f(x[0][i * step[0]], x[1][i * step[1]], ...) for i below n; steps are 0 or 1. The bits of an
/// element do not depend on where in the run it stands.
template <Real T, class Arch, std::size_t N, class F>
void run(const F& f, T* y, const T* const* x, const index_t* step, index_t n) {
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
    run_packets<T, Arch, N>(f, padded[N], from, advance, 1);
    *y = padded[N][0];
    return;
  }
  for (std::size_t k = 0; k < N; ++k) {
    if (step[k] == 0) P(*x[k]).store(padded[k]);
    from[k] = step[k] == 0 ? padded[k] : x[k];
    advance[k] = step[k] * width;
  }
  const index_t whole = n / width;
  if (whole > 0) run_packets<T, Arch, N>(f, y, from, advance, whole);

  const index_t done = whole * width, left = n - done;
  if (left == 0) return;
  for (std::size_t k = 0; k < N; ++k) {
    if (step[k] != 0) {
      P(x[k][n - 1]).store(padded[k]);
      for (index_t i = 0; i < left - 1; ++i) padded[k][i] = x[k][done + i];
    }
    from[k] = padded[k];
  }
  run_packets<T, Arch, N>(f, padded[N], from, advance, 1);
  y[done] = padded[N][0];
  if (left > 1) std::copy_n(padded[N] + 1, left - 1, y + done + 1);
}

}  // namespace xtape::formula
