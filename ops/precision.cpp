// The precision of products, where the engines have it.
#include <xtape/ops/precision.hpp>

#include <xtape/core/error.hpp>
#include <xtape/core/precision_impl.hpp>
#include <xtape/ops/kernels/gemm.hpp>

namespace xtape {

namespace {

Precision checked(const char* op, Precision precision, Here at) {
  if (!has_matmul_precision(precision))
    raise<ValueError>(
        std::string(op) +
            ": products of bf16 need oneDNN (libdnnl-dev, when xtape is built) and a processor with "
            "AVX512_BF16; stay with Precision::full",
        at);
  return precision;
}

}  // namespace

bool has_matmul_precision(Precision precision) { return kernels::gemm_has(precision); }

void set_matmul_precision(Precision precision, Here at) {
  detail::set_precision(checked("set_matmul_precision", precision, at));
}

MatmulPrecision::MatmulPrecision(Precision precision, Here at)
    : scope_(checked("MatmulPrecision", precision, at)) {}

}  // namespace xtape
