// Single products of GPTs' shapes by each engine: what the rule of suits_onednn() rests on.
#include <xtape/core/parallel.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/onednn.hpp>

#include "tests/benchmarks/program.hpp"
#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::Json;
using bench::seconds_of;
using bench::Times;
using kernels::GemmShape;

/// C (m, n) of operands without gaps.
GemmShape shape_of(bool transpose_a, bool transpose_b, index_t m, index_t n, index_t k) {
  return {.m = m,
          .n = n,
          .k = k,
          .lda = transpose_a ? m : k,
          .ldb = transpose_b ? k : n,
          .ldc = n,
          .transpose_a = transpose_a,
          .transpose_b = transpose_b};
}

/// A linear layer's result, the gradient of its input and that of its weight, for each of the three GPTs.
const std::vector<std::pair<const char*, GemmShape>> products = {
    {"A B^T", shape_of(false, true, 768, 384, 128)},  {"A B^T", shape_of(false, true, 2048, 1536, 384)},
    {"A B^T", shape_of(false, true, 256, 3072, 768)}, {"A B", shape_of(false, false, 768, 128, 384)},
    {"A B", shape_of(false, false, 2048, 384, 1152)}, {"A B", shape_of(false, false, 256, 768, 2304)},
    {"A^T B", shape_of(true, false, 384, 128, 768)},  {"A^T B", shape_of(true, false, 1152, 384, 2048)},
    {"A^T B", shape_of(true, false, 2304, 768, 256)},
};

/// GFLOP/s of f, which computes one product of this shape.
template <class F>
double speed(const GemmShape& s, double seconds, F f) {
  f();
  Times times;
  while (times.total() < seconds || times.count() < 5) times.add(seconds_of(f));
  return 2e-9 * static_cast<double>(s.m * s.n * s.k) / times.median();
}

Json measure(const char* form, const GemmShape& shape, double seconds) {
  const Tensor a = randn({shape.m * shape.k}), b = randn({shape.k * shape.n});
  auto c = uninitialized<float>({shape.m * shape.n});
  constexpr index_t none[] = {0};
  const kernels::Offsets in_place(none);
  const auto run = [&](auto engine, Precision precision) {
    kernels::Product<float> x{c.data(), a.data(), b.data(), shape, 1, 0};
    x.shape.precision = precision;
    return speed(shape, seconds, [&] { engine(x, in_place, in_place, in_place); });
  };
  Json row = {{"form", form}, {"m", shape.m}, {"n", shape.n}, {"k", shape.k}};
  row["blas"] = run(kernels::blas_products<float>, Precision::full);
  if (kernels::has_onednn(Precision::full))
    row["onednn"] = run(kernels::onednn_products<float>, Precision::full);
  if (kernels::has_onednn(Precision::bf16)) row["bf16"] = run(kernels::bf16_products, Precision::bf16);
  row["chosen"] = kernels::suits_onednn(shape) ? "onednn" : "blas";
  fmt::print("{:<6} {:>5} x {:>4} x {:>4} {:>8.0f} {:>8.0f} {:>8.0f}   {}\n", form, shape.m, shape.n, shape.k,
             row["blas"].get<double>(), row.value("onednn", 0.0), row.value("bf16", 0.0),
             row["chosen"].get<std::string>());
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 0.3;
  int threads = 1;
  return bench::run_program(
      argc, argv, "GFLOP/s of single products by each engine.",
      [&](CLI::App& app) {
        app.add_option("--seconds", seconds, "How long to measure each product")->capture_default_str();
        app.add_option("--threads", threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
      },
      [&] {
        set_num_threads(threads);
        fmt::print("{:<26} {:>8} {:>8} {:>8}   chosen\n", "product, m x n x k", "BLAS", "oneDNN", "bf16");
        Json rows = Json::array();
        for (const auto& [form, shape] : products) rows.push_back(measure(form, shape, seconds));
        return rows;
      });
}
