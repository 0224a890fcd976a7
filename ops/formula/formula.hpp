// The language of formulas: everything that a formula given to `elementwise` may call, found by its
// arguments.
#pragma once

#include <xtape/ops/formula/activation.hpp>
#include <xtape/ops/formula/dual.hpp>
#include <xtape/ops/formula/error_function.hpp>
#include <xtape/ops/formula/exponential.hpp>
#include <xtape/ops/formula/hyperbolic.hpp>
#include <xtape/ops/formula/interpolation.hpp>
#include <xtape/ops/formula/packet.hpp>
#include <xtape/ops/formula/power.hpp>
#include <xtape/ops/formula/rounding.hpp>
#include <xtape/ops/formula/selection.hpp>
#include <xtape/ops/formula/trigonometric.hpp>
