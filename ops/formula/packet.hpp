// One SIMD register of numbers: what a formula computes on, and the few operations that all functions share.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <xtape/core/index.hpp>
#include <xtape/core/xsimd.hpp>

namespace xtape::formula {

/// The instruction set that the including file is compiled for. Every template here names it, so that files
/// compiled for different processors never share a function.
using NativeArch = xsimd::default_arch;

template <class S>
concept Constant = std::is_arithmetic_v<S>;

/// One truth value a lane: what comparisons give and `select` takes.
template <Real T, class Arch>
struct PacketMask {
  using Lanes = xsimd::batch_bool<T, Arch>;

  Lanes lanes;

  friend PacketMask operator&(PacketMask a, PacketMask b) { return {a.lanes & b.lanes}; }
  friend PacketMask operator|(PacketMask a, PacketMask b) { return {a.lanes | b.lanes}; }
  friend PacketMask operator&&(PacketMask a, PacketMask b) { return {a.lanes & b.lanes}; }
  friend PacketMask operator||(PacketMask a, PacketMask b) { return {a.lanes | b.lanes}; }
  friend PacketMask operator!(PacketMask a) { return {~a.lanes}; }
  friend bool any(PacketMask a) { return xsimd::any(a.lanes); }
};

/// As many numbers as a register holds. Constants of any arithmetic type convert to T, so `0.5 * x` stays in
/// the type of x.
template <Real T, class Arch>
class Packet {
 public:
  using Value = T;
  using Mask = PacketMask<T, Arch>;
  using Lanes = xsimd::batch<T, Arch>;
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using Bits [[gnu::vector_size(sizeof(typename Lanes::register_type))]] = Word;

  static constexpr index_t size = static_cast<index_t>(Lanes::size);
  static constexpr int significand_bits = std::numeric_limits<T>::digits - 1;

  Packet() = default;
  Packet(Lanes values) : lanes(values) {}
  template <Constant S>
  Packet(S constant) : lanes(static_cast<T>(constant)) {}

  static Packet load(const T* from) { return Lanes::load_unaligned(from); }
  void store(T* to) const { lanes.store_unaligned(to); }

  // Bits and sums are left to the compiler's own vector operators: those of xsimd 8 for AVX-512 negate by
  // subtracting from zero, which loses the sign of zero, and make g++ 12 warn inside its own headers.
  static Packet from_bits(Bits b) { return Lanes(std::bit_cast<typename Lanes::register_type>(b)); }
  Bits bits() const { return std::bit_cast<Bits>(lanes.data); }

  friend Packet operator+(Packet a, Packet b) { return Lanes(a.lanes.data + b.lanes.data); }
  friend Packet operator-(Packet a, Packet b) { return Lanes(a.lanes.data - b.lanes.data); }
  friend Packet operator*(Packet a, Packet b) { return Lanes(a.lanes.data * b.lanes.data); }
  friend Packet operator/(Packet a, Packet b) { return Lanes(a.lanes.data / b.lanes.data); }
  friend Packet operator+(Packet a) { return a; }
  friend Packet operator-(Packet a) { return from_bits(a.bits() ^ sign_bit); }

  friend Mask operator<(Packet a, Packet b) { return {a.lanes < b.lanes}; }
  friend Mask operator<=(Packet a, Packet b) { return {a.lanes <= b.lanes}; }
  friend Mask operator>(Packet a, Packet b) { return {b.lanes < a.lanes}; }
  friend Mask operator>=(Packet a, Packet b) { return {b.lanes <= a.lanes}; }
  friend Mask operator==(Packet a, Packet b) { return {a.lanes == b.lanes}; }
  friend Mask operator!=(Packet a, Packet b) { return !(a == b); }
  friend Mask is_nan(Packet a) { return a != a; }

  /// a where the mask holds, else b, lane by lane.
  friend Packet select(Mask mask, Packet a, Packet b) { return xsimd::select(mask.lanes, a.lanes, b.lanes); }

  friend Packet abs(Packet a) { return from_bits(a.bits() & ~sign_bit); }
  /// The magnitude of a with the sign of b.
  friend Packet copysign(Packet a, Packet b) {
    return from_bits((a.bits() & ~sign_bit) | (b.bits() & sign_bit));
  }

  Lanes lanes;

 private:
  static constexpr Word sign_bit = Word{1} << (8 * sizeof(T) - 1);
};

template <Real T, class Arch>
Packet<T, Arch> sqrt(Packet<T, Arch> a) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    return xsimd::sqrt(a.lanes);
  } else if constexpr (std::same_as<T, float>) {  // the masked forms do not make g++ 12 warn
    return Lanes(_mm512_maskz_sqrt_ps(0xffff, a.lanes.data));
  } else {
    return Lanes(_mm512_maskz_sqrt_pd(0xff, a.lanes.data));
  }
}

/// x, or the limit where x is above it. NaN stays: these instructions yield their second operand then.
template <Real T, class Arch>
Packet<T, Arch> at_most(std::type_identity_t<T> limit, Packet<T, Arch> x) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  const Lanes most(limit);
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    return xsimd::min(most, x.lanes);
  } else if constexpr (std::same_as<T, float>) {
    return Lanes(_mm512_maskz_min_ps(0xffff, most.data, x.lanes.data));
  } else {
    return Lanes(_mm512_maskz_min_pd(0xff, most.data, x.lanes.data));
  }
}

/// x, or the limit where x is below it. NaN stays.
template <Real T, class Arch>
Packet<T, Arch> at_least(std::type_identity_t<T> limit, Packet<T, Arch> x) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  const Lanes least(limit);
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    return xsimd::max(least, x.lanes);
  } else if constexpr (std::same_as<T, float>) {
    return Lanes(_mm512_maskz_max_ps(0xffff, least.data, x.lanes.data));
  } else {
    return Lanes(_mm512_maskz_max_pd(0xff, least.data, x.lanes.data));
  }
}

/// a * b + c, rounded once where the processor can.
template <Real T, class Arch>
Packet<T, Arch> multiply_add(Packet<T, Arch> a, Packet<T, Arch> b, Packet<T, Arch> c) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    return xsimd::fma(a.lanes, b.lanes, c.lanes);
  } else if constexpr (std::same_as<T, float>) {  // xsimd 8 multiplies and adds
    return Lanes(_mm512_fmadd_ps(a.lanes.data, b.lanes.data, c.lanes.data));
  } else {
    return Lanes(_mm512_fmadd_pd(a.lanes.data, b.lanes.data, c.lanes.data));
  }
}

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <Real T, class Arch, std::size_t N>
Packet<T, Arch> polynomial(Packet<T, Arch> x, const std::array<T, N>& c) {
  Packet<T, Arch> y = c[N - 1];
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((y = multiply_add(y, x, Packet<T, Arch>(c[N - 2 - I]))), ...);
  }(std::make_index_sequence<N - 1>());
  return y;
}

/// Adding it to a number n below 2^(significand_bits - 1) leaves n, rounded to an integer, in the low bits.
template <Real T>
inline constexpr T integer_shift = T(1.5) * T(std::uint64_t{1} << (std::numeric_limits<T>::digits - 1));

/// The integer nearest to x, for |x| below 2^(significand_bits - 1).
template <Real T, class Arch>
Packet<T, Arch> round_small(Packet<T, Arch> x) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  constexpr int nearest = 8;  // ties to even, and without exceptions
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    return (x + integer_shift<T>)-integer_shift<T>;
  } else if constexpr (std::same_as<T, float>) {
    return Lanes(_mm512_maskz_roundscale_ps(0xffff, x.lanes.data, nearest));
  } else {
    return Lanes(_mm512_maskz_roundscale_pd(0xff, x.lanes.data, nearest));
  }
}

/// 2^n for an integer n between -bias (gives 0) and bias + 1 (gives infinity), bias being 127 or 1023.
template <Real T, class Arch>
Packet<T, Arch> power_of_two(Packet<T, Arch> n) {
  using P = Packet<T, Arch>;
  constexpr int bias = std::numeric_limits<T>::max_exponent - 1;
  return P::from_bits(((n + integer_shift<T>).bits() + bias) << P::significand_bits);
}

/// x * 2^n, right also where 2^n itself is out of range.
template <Real T, class Arch>
Packet<T, Arch> scale(Packet<T, Arch> x, Packet<T, Arch> n) {
  using Lanes = typename Packet<T, Arch>::Lanes;
  if constexpr (!std::is_base_of_v<xsimd::avx512f, Arch>) {
    const auto half = round_small(n * T(0.5));
    return x * power_of_two(half) * power_of_two(n - half);  // the last product rounds, the first is exact
  } else if constexpr (std::same_as<T, float>) {
    return Lanes(_mm512_maskz_scalef_ps(0xffff, x.lanes.data, n.lanes.data));
  } else {
    return Lanes(_mm512_maskz_scalef_pd(0xff, x.lanes.data, n.lanes.data));
  }
}

/// Replaces the lanes of y where the mask holds by f of the lane of x. For arguments that are rare and hard.
template <Real T, class Arch, class F>
[[gnu::noinline]] Packet<T, Arch> lane_by_lane(PacketMask<T, Arch> mask, Packet<T, Arch> x, Packet<T, Arch> y,
                                               F f) {
  constexpr auto n = static_cast<std::size_t>(Packet<T, Arch>::size);
  std::array<T, n> from;
  std::array<T, n> to;
  x.store(from.data());
  for (std::size_t i = 0; i < n; ++i) to[i] = f(from[i]);
  return select(mask, Packet<T, Arch>::load(to.data()), y);
}

}  // namespace xtape::formula
