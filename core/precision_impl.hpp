// Setting the thread's precision for good.
#pragma once

#include <xtape/core/precision.hpp>

namespace xtape::detail {

void set_precision(Precision precision);

}  // namespace xtape::detail
