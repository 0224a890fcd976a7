// Products of a step: the log, and its replay.
#include "tests/benchmarks/products.hpp"

#include <algorithm>
#include <numeric>

#include <xtape/core/blocks_impl.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/onednn.hpp>

namespace bench {
namespace {

using namespace xtape;

std::uintptr_t address(const float* x) { return reinterpret_cast<std::uintptr_t>(x); }

/// Elements from the first to the last of a matrix at each of the offsets.
index_t extent(index_t rows, index_t columns, index_t ld, const std::vector<index_t>& offsets) {
  return (rows - 1) * ld + columns + *std::max_element(offsets.begin(), offsets.end());
}

index_t extent_a(const LoggedProduct& x) {
  const auto& s = x.shape;
  return s.transpose_a ? extent(s.k, s.m, s.lda, x.a_offsets) : extent(s.m, s.k, s.lda, x.a_offsets);
}

index_t extent_b(const LoggedProduct& x) {
  const auto& s = x.shape;
  return s.transpose_b ? extent(s.n, s.k, s.ldb, x.b_offsets) : extent(s.k, s.n, s.ldb, x.b_offsets);
}

index_t extent_c(const LoggedProduct& x) { return extent(x.shape.m, x.shape.n, x.shape.ldc, x.c_offsets); }

/// Small numbers of both signs: nothing becomes denormal, and few products reach infinity.
std::vector<float> numbers(std::size_t n) {
  std::vector<float> x(n);
  std::uint32_t state = 1;
  for (float& value : x) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-36f;
  }
  return x;
}

void multiply(const LoggedProduct& x, float* c, const float* a, const float* b, Engine engine) {
  const auto& s = x.shape;
  const kernels::Product<float> first{c, a, b, s, x.alpha, x.beta};
  const bool full = s.precision == Precision::full;
  if (engine == Engine::blas && full)
    kernels::blas_products(first, x.c_offsets, x.a_offsets, x.b_offsets);
  else if (engine == Engine::onednn && full && x.alpha == 1 && std::min({s.m, s.n, s.k}) >= 16)
    kernels::onednn_products(first, x.c_offsets, x.a_offsets, x.b_offsets);
  else
    kernels::gemm_batched(c, a, b, s, x.alpha, x.beta, x.c_offsets, x.a_offsets, x.b_offsets);
}

}  // namespace

std::vector<Engine> engines() {
  if (!kernels::has_onednn(Precision::full)) return {Engine::blas};
  return {Engine::chosen, Engine::blas, Engine::onednn};
}

const char* name_of(Engine engine) {
  switch (engine) {
    case Engine::blas: return "BLAS";
    case Engine::onednn: return "oneDNN";
    default: return "engine by shape";
  }
}

ProductLog::ProductLog() { kernels::gemm_observer = this; }

ProductLog::~ProductLog() { kernels::gemm_observer = nullptr; }

void ProductLog::called(const kernels::GemmCall& x) {
  const auto list = [](std::span<const index_t> offsets) {
    return std::vector<index_t>(offsets.begin(), offsets.end());
  };
  const std::lock_guard lock(mutex_);
  log_.push_back({address(x.c), address(x.a), address(x.b), x.shape, x.alpha, x.beta, list(x.c_offsets),
                  list(x.a_offsets), list(x.b_offsets), detail::in_parallel_block()});
}

std::vector<LoggedProduct> products_of(FunctionRef<void()> f) {
  const int threads = num_threads();
  set_num_threads(std::max(threads, 2));
  ProductLog log;
  f();
  set_num_threads(threads);
  return log.take();
}

Replay::Replay(std::vector<LoggedProduct> log) : log_(std::move(log)) {
  for (const LoggedProduct& x : log_)
    if (x.in_loop) largest_ = std::max({largest_, extent_a(x), extent_b(x), extent_c(x)});
  lay_out();
}

/// One region for all operands that overlap.
void Replay::lay_out() {
  std::vector<Region> all;
  for (const LoggedProduct& x : log_) {
    if (x.in_loop) continue;
    const auto add = [&](std::uintptr_t begin, index_t n) {
      all.push_back({begin, begin + static_cast<std::uintptr_t>(n) * sizeof(float), {}});
    };
    add(x.c, extent_c(x)), add(x.a, extent_a(x)), add(x.b, extent_b(x));
  }
  std::sort(all.begin(), all.end(), [](const Region& a, const Region& b) { return a.begin < b.begin; });
  for (const Region& r : all) {
    if (regions_.empty() || r.begin >= regions_.back().end)
      regions_.push_back(r);
    else
      regions_.back().end = std::max(regions_.back().end, r.end);
  }
  for (Region& r : regions_) r.memory = numbers((r.end - r.begin) / sizeof(float));
}

float* Replay::at(std::uintptr_t address) {
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                      [](std::uintptr_t x, const Region& r) { return x < r.begin; });
  Region& r = *std::prev(after);
  return r.memory.data() + (address - r.begin) / sizeof(float);
}

void Replay::run_loop(index_t begin, index_t end, Engine engine) {
  parallel_for(end - begin, std::max<index_t>(1, (end - begin) / 64), [&](index_t first, index_t last) {
    thread_local std::vector<float> c, a, b;
    for (auto* x : {&c, &a, &b})
      if (static_cast<index_t>(x->size()) < largest_) *x = numbers(static_cast<std::size_t>(largest_));
    for (index_t i = first; i < last; ++i)
      multiply(log_[static_cast<std::size_t>(begin + i)], c.data(), a.data(), b.data(), engine);
  });
}

void Replay::run(Engine engine) {
  const auto size = static_cast<index_t>(log_.size());
  for (index_t i = 0; i < size; ++i) {
    const LoggedProduct& x = log_[static_cast<std::size_t>(i)];
    if (!x.in_loop) {
      multiply(x, at(x.c), at(x.a), at(x.b), engine);
      continue;
    }
    const index_t begin = i;
    while (i + 1 < size && log_[static_cast<std::size_t>(i + 1)].in_loop) ++i;
    run_loop(begin, i + 1, engine);
  }
}

double Replay::multiplications() const {
  return std::accumulate(log_.begin(), log_.end(), 0.0, [](double sum, const LoggedProduct& x) {
    const auto& s = x.shape;
    return sum + static_cast<double>(s.m * s.n * s.k) * static_cast<double>(x.c_offsets.size());
  });
}

}  // namespace bench
