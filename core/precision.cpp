// The thread's precision of products.
#include <xtape/core/precision_impl.hpp>

namespace xtape::detail {

constinit thread_local Precision precision_here = Precision::full;

void set_precision(Precision precision) { precision_here = precision; }

}  // namespace xtape::detail
