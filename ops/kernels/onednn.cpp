// Calls of oneDNN: primitives for one thread, kept by shape.
#include <xtape/ops/kernels/onednn.hpp>

#include <dlfcn.h>
#include <signal.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include <xtape/ops/kernels/scratch.hpp>

namespace xtape::kernels {
namespace {

using dnnl::memory;

/// Holds this thread's parallel regions of OpenMP at one thread: oneDNN opens them, parallelism is ours. The
/// functions are those of whatever OpenMP came with oneDNN.
class OneOpenMPThread {
 public:
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
  static void set(int n) {
    static const auto function = find<void(int)>("omp_set_num_threads");
    if (function && n != (get() ? get()() : n)) function(n);
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

/// A product of one shape, ready to run on any thread.
struct Primitive {
  explicit Primitive(const Key& key) : description(describe<dnnl::matmul>(key)), run(description) {}

  dnnl::matmul::primitive_desc description;
  dnnl::matmul run;
};

/// The primitives of the shapes that were met; all go when there are too many.
class Primitives {
 public:
  std::shared_ptr<const Primitive> get(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(key);
    if (found != all_.end()) return found->second;
    if (all_.size() == most) all_.clear();
    return all_[key] = std::make_shared<const Primitive>(key);
  }

 private:
  static constexpr std::size_t most = 512;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Primitive>> all_;
};

Primitives& primitives() {
  static auto& primitives = *new Primitives;
  return primitives;
}

}  // namespace

bool has_onednn(Precision precision) {
  static const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto needed = static_cast<unsigned>(precision == Precision::bf16 ? dnnl::cpu_isa::avx512_core_bf16
                                                                         : dnnl::cpu_isa::avx512_core);
  return (isa & needed) == needed;
}

template <class In>
void onednn(const Product<float, In>& x) {
  const OneOpenMPThread alone;
  const GemmShape& s = x.shape;
  const auto primitive = primitives().get({type_of<In>,
                                           {s.m, s.n, s.k, s.lda, s.ldb, s.ldc},
                                           s.transpose_a,
                                           s.transpose_b,
                                           x.beta,
                                           x.row != nullptr});
  const auto& description = primitive->description;
  Scratch<char> scratch(static_cast<index_t>(description.scratchpad_desc().get_size()));
  const auto operand = [](const memory::desc& layout, const void* values) {
    return memory(layout, processor(), const_cast<void*>(values));
  };
  dnnl::stream stream(processor());
  std::unordered_map<int, memory> operands = {
      {DNNL_ARG_SRC, operand(description.src_desc(), x.a)},
      {DNNL_ARG_WEIGHTS, operand(description.weights_desc(), x.b)},
      {DNNL_ARG_DST, operand(description.dst_desc(), x.c)},
      {DNNL_ARG_SCRATCHPAD, operand(description.scratchpad_desc(), scratch.data())}};
  if (x.row) operands.emplace(DNNL_ARG_BIAS, operand(description.bias_desc(), x.row));
  const SignalsHeld held;
  primitive->run.execute(stream, operands);
}

template void onednn(const Product<float, float>&);
template void onednn(const Product<float, Bf16>&);

}  // namespace xtape::kernels
