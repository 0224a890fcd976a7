// Who wants to know of every product: benchmarks, which replay a step's products alone.
#pragma once

#include <atomic>
#include <span>

#include <xtape/ops/kernels/gemm.hpp>

namespace xtape::kernels {

/// What gemm_batched was called with.
struct GemmCall {
  float* c;
  const float *a, *b;
  GemmShape shape;
  float alpha, beta;
  std::span<const index_t> c_offsets, a_offsets, b_offsets;
};

/// Hears of every product of floats before it runs, on the thread that asked for it.
class GemmObserver {
 public:
  virtual void called(const GemmCall& call) = 0;

 protected:
  ~GemmObserver() = default;
};

/// The observer, or null. What it points to must outlive the products that run.
inline constinit std::atomic<GemmObserver*> gemm_observer{nullptr};

}  // namespace xtape::kernels
