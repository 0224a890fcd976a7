// A stand-in for packets that carries no numbers but the set of inputs it was computed from.
#pragma once

#include <cstdint>
#include <type_traits>

namespace xtape::formula {

struct ProbeMask {
  std::uint64_t inputs;

  friend ProbeMask operator&(ProbeMask a, ProbeMask b) { return {a.inputs | b.inputs}; }
  friend ProbeMask operator|(ProbeMask a, ProbeMask b) { return {a.inputs | b.inputs}; }
  friend ProbeMask operator&&(ProbeMask a, ProbeMask b) { return {a.inputs | b.inputs}; }
  friend ProbeMask operator||(ProbeMask a, ProbeMask b) { return {a.inputs | b.inputs}; }
  friend ProbeMask operator!(ProbeMask a) { return a; }
};

/// Calling a formula, or a derivative of one, with probes tells which of its inputs it reads.
struct Probe {
  std::uint64_t inputs = 0;

  Probe() = default;
  template <class S>
    requires std::is_arithmetic_v<S>
  Probe(S) {}
  explicit Probe(ProbeMask from) : inputs(from.inputs) {}

  /// The probe of one input.
  static Probe of(int input) {
    Probe p;
    p.inputs = std::uint64_t{1} << input;
    return p;
  }

  friend Probe join(Probe a, Probe b) { return Probe(ProbeMask{a.inputs | b.inputs}); }
  friend ProbeMask compare(Probe a, Probe b) { return {a.inputs | b.inputs}; }

  friend Probe operator+(Probe a, Probe b) { return join(a, b); }
  friend Probe operator-(Probe a, Probe b) { return join(a, b); }
  friend Probe operator*(Probe a, Probe b) { return join(a, b); }
  friend Probe operator/(Probe a, Probe b) { return join(a, b); }
  friend Probe operator+(Probe a) { return a; }
  friend Probe operator-(Probe a) { return a; }
  friend ProbeMask operator<(Probe a, Probe b) { return compare(a, b); }
  friend ProbeMask operator<=(Probe a, Probe b) { return compare(a, b); }
  friend ProbeMask operator>(Probe a, Probe b) { return compare(a, b); }
  friend ProbeMask operator>=(Probe a, Probe b) { return compare(a, b); }
  friend ProbeMask operator==(Probe a, Probe b) { return compare(a, b); }
  friend ProbeMask operator!=(Probe a, Probe b) { return compare(a, b); }

  friend ProbeMask is_nan(Probe a) { return compare(a, a); }
  friend Probe select(ProbeMask mask, Probe a, Probe b) { return join(Probe(mask), join(a, b)); }
  friend Probe pow(Probe a, Probe b) { return join(a, b); }
  friend Probe copysign(Probe a, Probe b) { return join(a, b); }
  friend Probe atan2(Probe a, Probe b) { return join(a, b); }
  friend Probe inverse_real(Probe a, Probe b) { return join(a, b); }
  friend Probe abs(Probe a) { return a; }
  friend Probe sign(Probe a) { return a; }
  friend Probe floor(Probe a) { return a; }
  friend Probe ceil(Probe a) { return a; }
  friend Probe round(Probe a) { return a; }
  friend Probe sqrt(Probe a) { return a; }
  friend Probe exp(Probe a) { return a; }
  friend Probe expm1(Probe a) { return a; }
  friend Probe log(Probe a) { return a; }
  friend Probe log1p(Probe a) { return a; }
  friend Probe log2(Probe a) { return a; }
  friend Probe sin(Probe a) { return a; }
  friend Probe cos(Probe a) { return a; }
  friend Probe tan(Probe a) { return a; }
  friend Probe atan(Probe a) { return a; }
  friend Probe atan_slope(Probe a) { return a; }
  friend Probe sinh(Probe a) { return a; }
  friend Probe cosh(Probe a) { return a; }
  friend Probe tanh(Probe a) { return a; }
  friend Probe erf(Probe a) { return a; }
  friend Probe erfc(Probe a) { return a; }
  friend Probe gaussian(Probe a) { return a; }
  friend Probe normal_pdf(Probe a) { return a; }
  friend Probe normal_cdf(Probe a) { return a; }
  friend Probe sigmoid(Probe a) { return a; }
  friend Probe sigmoid_slope(Probe a) { return a; }
  friend Probe softplus(Probe a) { return a; }
};

}  // namespace xtape::formula
