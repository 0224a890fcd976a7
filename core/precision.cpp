// The thread's precision of products.
#include <xtape/core/precision_impl.hpp>

#include <utility>

namespace xtape {

namespace {
constinit thread_local Precision precision_here = Precision::full;
}

Precision matmul_precision() { return precision_here; }

void detail::set_precision(Precision precision) { precision_here = precision; }

detail::PrecisionScope::PrecisionScope(Precision precision)
    : before_(std::exchange(precision_here, precision)) {}

detail::PrecisionScope::~PrecisionScope() { precision_here = before_; }

}  // namespace xtape
