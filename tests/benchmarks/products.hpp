// The matrix products of a training step: written down as they run, and run again alone.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <xtape/core/function_ref.hpp>
#include <xtape/ops/kernels/gemm_observer.hpp>

namespace bench {

using xtape::index_t;

/// A call of gemm_batched, and whether it came from inside a parallel loop.
struct LoggedProduct {
  std::uintptr_t c, a, b;  // addresses
  xtape::kernels::GemmShape shape;
  float alpha, beta;
  std::vector<index_t> c_offsets, a_offsets, b_offsets;
  bool in_loop;
};

/// Writes down every product of floats while it lives.
class ProductLog final : xtape::kernels::GemmObserver {
 public:
  ProductLog();
  ~ProductLog();
  std::vector<LoggedProduct> take() { return std::move(log_); }

 private:
  void called(const xtape::kernels::GemmCall& call) override;

  std::mutex mutex_;
  std::vector<LoggedProduct> log_;
};

/// What f multiplies, on two threads at least: one runs parallel loops as plain calls, and the log could not
/// tell which products come from one.
std::vector<LoggedProduct> products_of(xtape::FunctionRef<void()> f);

/// Who multiplies: as kernels::gemm chooses, BLAS everything, or oneDNN what it can and BLAS the rest.
enum class Engine { chosen, blas, onednn };

/// Those that this build and this processor have.
std::vector<Engine> engines();
const char* name_of(Engine engine);

/// The same products in the same order, in memory of its own. Operands that shared memory share it here, so
/// caches see what they saw. Products that came from parallel loops (attention's tiles) run in one, each
/// thread with operands of its own.
class Replay {
 public:
  explicit Replay(std::vector<LoggedProduct> log);
  void run(Engine engine);
  double multiplications() const;

 private:
  struct Region {
    std::uintptr_t begin, end;
    std::vector<float> memory;
  };

  void lay_out();
  float* at(std::uintptr_t address);
  void run_loop(index_t begin, index_t end, Engine engine);

  std::vector<LoggedProduct> log_;
  std::vector<Region> regions_;  // in the order of their addresses
  index_t largest_ = 0;          // elements of an operand of a product in a loop
};

}  // namespace bench
