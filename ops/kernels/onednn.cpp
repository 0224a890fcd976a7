// Calls of oneDNN on one thread, kept by shape.
#include <xtape/ops/kernels/onednn.hpp>

#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xtape/core/error.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace xtape::kernels {
namespace {

using dnnl::memory;

/// Holds this thread's parallel regions of OpenMP at one thread: oneDNN opens them, parallelism is ours. The
/// functions are those of the OpenMP that this process has loaded first.
class OneOpenMPThread {
 public:
  /// True where there are such functions.
  static bool possible() { return get() && set_threads(); }

  OneOpenMPThread() : before_(get() ? get()() : 1) { set(1); }
  ~OneOpenMPThread() { set(before_); }
  OneOpenMPThread(const OneOpenMPThread&) = delete;
  OneOpenMPThread& operator=(const OneOpenMPThread&) = delete;

 private:
  template <class F>
  static F* find(const char* name) {
    return reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
  }
  static int (*get())() {
    static const auto function = find<int()>("omp_get_max_threads");
    return function;
  }
  static void (*set_threads())(int) {
    static const auto function = find<void(int)>("omp_set_num_threads");
    return function;
  }
  static void set(int n) {
    if (possible() && n != get()()) set_threads()(n);
  }

  int before_;
};

/// Holds back the signals that others send to this thread: kernels of oneDNN use the stack pointer as they
/// use any register, and the frame of a handler would be written wherever it points.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t others;
    sigfillset(&others);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&others, own);
    pthread_sigmask(SIG_BLOCK, &others, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

// Never destroyed: threads may multiply until the very end.
const dnnl::engine& processor() {
  static const auto& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

template <class In>
constexpr auto type_of = std::is_same_v<In, Bf16> ? memory::data_type::bf16 : memory::data_type::f32;

/// All that a primitive depends on.
struct Key {
  memory::data_type type;
  std::array<index_t, 6> sizes;
  bool transpose_a, transpose_b;
  float beta;
  bool row;

  auto operator<=>(const Key&) const = default;
};

/// What oneDNN is to do for a key. Matmul is dnnl::matmul, whose descriptions release 3 makes in another way.
template <class Matmul>
typename Matmul::primitive_desc describe(const Key& key) {
  using Description = typename Matmul::primitive_desc;
  const auto [m, n, k, lda, ldb, ldc] = key.sizes;
  const auto matrix = [](index_t rows, index_t columns, memory::data_type type, index_t ld, bool transpose) {
    return memory::desc({rows, columns}, type, transpose ? memory::dims{1, ld} : memory::dims{ld, 1});
  };
  const auto a = matrix(m, k, key.type, lda, key.transpose_a),
             b = matrix(k, n, key.type, ldb, key.transpose_b),
             c = matrix(m, n, memory::data_type::f32, ldc, false);
  dnnl::post_ops after;
  if (key.beta != 0) after.append_sum(key.beta);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(after);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);  // whatever the environment says
  const auto row = key.row ? matrix(1, n, memory::data_type::f32, n, false) : memory::desc();
  if constexpr (requires { typename Matmul::desc; })
    return Description(typename Matmul::desc(a, b, row, c), attributes, processor());
  else
    return Description(processor(), a, b, row, c, attributes);
}

/// A product of one shape, and the places of its operands, for one thread at a time.
class Call {
 public:
  explicit Call(const Key& key)
      : description_(describe<dnnl::matmul>(key)), product_(description_), stream_(processor()) {
    place(DNNL_ARG_SRC, description_.src_desc());
    place(DNNL_ARG_WEIGHTS, description_.weights_desc());
    place(DNNL_ARG_DST, description_.dst_desc());
    place(DNNL_ARG_SCRATCHPAD, description_.scratchpad_desc());
    if (key.row) place(DNNL_ARG_BIAS, description_.bias_desc());
  }

  template <class In>
  void run(const Product<float, In>& x) {
    Scratch<char> scratch(static_cast<index_t>(description_.scratchpad_desc().get_size()));
    set(DNNL_ARG_SRC, x.a);
    set(DNNL_ARG_WEIGHTS, x.b);
    set(DNNL_ARG_DST, x.c);
    set(DNNL_ARG_SCRATCHPAD, scratch.data());
    if (x.row) set(DNNL_ARG_BIAS, x.row);
    const SignalsHeld held;
    product_.execute(stream_, operands_);
  }

 private:
  void place(int operand, const memory::desc& layout) {
    operands_.emplace(operand, memory(layout, processor(), DNNL_MEMORY_NONE));
  }
  void set(int operand, const void* values) {
    operands_.at(operand).set_data_handle(const_cast<void*>(values));
  }

  dnnl::matmul::primitive_desc description_;
  dnnl::matmul product_;
  dnnl::stream stream_;
  std::unordered_map<int, memory> operands_;
};

/// The calls that no thread makes at the moment, as many of a shape as threads made at once, of the shapes
/// used last. Making one takes memory in many small blocks, and a training step makes hundreds.
class IdleCalls {
 public:
  std::unique_ptr<Call> take(const Key& key) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = idle_.find(key);
      if (found != idle_.end() && !found->second.calls.empty()) {
        auto call = std::move(found->second.calls.back());
        found->second.calls.pop_back();
        return call;
      }
    }
    return std::make_unique<Call>(key);
  }

  void give_back(const Key& key, std::unique_ptr<Call> call) {
    const std::lock_guard lock(mutex_);
    Idle& idle = idle_[key];
    idle.calls.push_back(std::move(call));
    idle.used = ++uses_;
    if (idle_.size() > most_shapes)
      idle_.erase(std::min_element(idle_.begin(), idle_.end(), [](const auto& a, const auto& b) {
        return a.second.used < b.second.used;
      }));
  }

 private:
  struct Idle {
    std::vector<std::unique_ptr<Call>> calls;
    std::uint64_t used = 0;  // the last time that a call was given back
  };

  static constexpr std::size_t most_shapes = 512;
  std::mutex mutex_;
  std::map<Key, Idle> idle_;
  std::uint64_t uses_ = 0;
};

IdleCalls& idle_calls() {
  static auto& calls = *new IdleCalls;
  return calls;
}

/// Throws what a user of the library can catch.
[[noreturn]] void pass_on(const dnnl::error& error, const GemmShape& s) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  raise<Error>(fmt::format("oneDNN: the product ({}, {}) x ({}, {}) failed: {}; built with XTAPE_ONEDNN=OFF, "
                           "the library does without it",
                           s.m, s.k, s.k, s.n, error.what()),
               {});
}

}  // namespace

bool has_onednn(Precision precision) {
  static const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  static const unsigned threads = dnnl::version()->cpu_runtime;  // OneOpenMPThread can hold no others
  const bool one_thread =
      threads == DNNL_RUNTIME_SEQ || (threads == DNNL_RUNTIME_OMP && OneOpenMPThread::possible());
  if (!one_thread) return false;
  const auto needed = static_cast<unsigned>(precision == Precision::bf16 ? dnnl::cpu_isa::avx512_core_bf16
                                                                         : dnnl::cpu_isa::avx512_core);
  return (isa & needed) == needed;
}

template <class In>
void onednn(const Product<float, In>& x) {
  const OneOpenMPThread alone;
  const GemmShape& s = x.shape;
  const Key key{type_of<In>,     {s.m, s.n, s.k, s.lda, s.ldb, s.ldc}, s.transpose_a, s.transpose_b, x.beta,
                x.row != nullptr};
  try {
    auto call = idle_calls().take(key);
    call->run(x);
    idle_calls().give_back(key, std::move(call));
  } catch (const dnnl::error& error) {
    pass_on(error, s);
  }
}

template void onednn(const Product<float, float>&);
template void onednn(const Product<float, Bf16>&);

}  // namespace xtape::kernels
