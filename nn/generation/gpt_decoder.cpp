// A GPT that reads on.
#include <xtape/nn/generation/gpt_decoder.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/grad_mode.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/nn/generation/decoding_linear_impl.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/attention.hpp>
#include <xtape/ops/kernels/attention_step.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

namespace xtape::nn {

namespace {

/// The tokens of one text among the rows of a pass.
template <Real T>
struct Run {
  BasicKeyValueCache<T>* cache;
  index_t row, first, count;  // rows [row, row + count) are its positions [first, first + count)

  index_t keys() const { return first + count; }
};

/// What one pass reads.
template <Real T>
struct Pass {
  std::vector<Run<T>> runs;
  Indices tokens, positions, last;  // (N,), (N,), and the last row of each run
};

template <Real T>
Pass<T> pass_of(const std::vector<BasicReading<T>>& readings) {
  std::vector<Run<T>> runs;
  std::vector<std::int64_t> tokens, positions, last;
  for (const auto& [cache, added] : readings) {
    const auto pending = cache->pending(added);
    const auto row = static_cast<index_t>(tokens.size()), count = static_cast<index_t>(pending.tokens.size());
    runs.push_back({cache, row, pending.first, count});
    tokens.insert(tokens.end(), pending.tokens.begin(), pending.tokens.end());
    for (index_t t = 0; t < count; ++t) positions.push_back(pending.first + t);
    last.push_back(row + count - 1);
  }
  return {std::move(runs), tokens, positions, last};
}

/// Attention of a run of several positions: q, rows 3C apart, to all that its cache holds.
template <Real T>
void attend_run(T* y, const T* q, const Run<T>& run, index_t layer) {
  const auto& config = run.cache->config();
  const index_t C = config.n_embd, H = config.n_head, D = C / H;
  const index_t head = run.cache->capacity() * D;
  // Query i is at position first + i; where that is i, the kernel knows by itself what it sees.
  const Mask seen = run.first == 0 ? Mask() : tril_mask(run.count, run.keys(), run.first);
  const kernels::AttentionRule<T> rule{.scale = 1 / std::sqrt(static_cast<double>(D)),
                                       .causal = run.first == 0,
                                       .keep = {seen.data(), 0, 0, run.keys(), 1}};
  kernels::Scratch<T> logsumexp(H * run.count);
  kernels::attention<T>({y, 0, D, C}, logsumexp.data(), {q, 0, D, 3 * C},
                        {run.cache->keys(layer, 0), 0, head, D}, {run.cache->values(layer, 0), 0, head, D},
                        {1, H, run.count, run.keys(), D, D}, rule);
}

/// Attention of all runs of one position, head by head.
template <Real T>
void attend_newest(T* y, const T* qkv, const std::vector<Run<T>>& runs, index_t layer) {
  const auto& config = runs.front().cache->config();
  const index_t C = config.n_embd, H = config.n_head, D = C / H, texts = std::ssize(runs);
  const T scale = 1 / std::sqrt(static_cast<T>(D));
  const index_t grain = kernels::rows_grain(2 * runs.front().keys() * D);
  parallel_for(texts * H, grain, [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const Run<T>& run = runs[static_cast<std::size_t>(unit / H)];
      const index_t h = unit % H;
      if (run.count > 1) continue;
      kernels::attend_one(y + run.row * C + h * D, qkv + run.row * 3 * C + h * D, run.cache->keys(layer, h),
                          run.cache->values(layer, h), run.keys(), D, scale);
    }
  });
}

/// qkv (N, 3C) -> (N, C); its keys and values are kept.
template <Real T>
BasicTensor<T> attend(const BasicTensor<T>& qkv, const std::vector<Run<T>>& runs, index_t layer) {
  const index_t N = qkv.shape(0), C = qkv.shape(1) / 3;
  auto y = uninitialized<T>({N, C});
  for (const auto& run : runs) {
    run.cache->store(layer, run.first, qkv.data() + run.row * 3 * C, run.count);
    if (run.count > 1) attend_run(y.data() + run.row * C, qkv.data() + run.row * 3 * C, run, layer);
  }
  attend_newest(y.data(), qkv.data(), runs, layer);
  return y;
}

/// How many elements the weights of all linear maps have.
template <Real T>
index_t linear_weights(const BasicGPT<T>& model) {
  index_t n = model.lm_head.weight.size();
  for (const auto& block : model.h)
    for (const auto* x : {&block.attn.c_attn, &block.attn.c_proj, &block.mlp.c_fc, &block.mlp.c_proj})
      n += x->weight.size();
  return n;
}

template <Real T>
void check_readings(const std::vector<BasicReading<T>>& readings, const GPTConfig& config, Here at) {
  if (readings.empty()) raise<ValueError>("GPTDecoder: there is nothing to read", at);
  std::set<const BasicKeyValueCache<T>*> caches;
  for (const auto& [cache, tokens] : readings) {
    check_rank("GPTDecoder", "tokens", tokens.shape(), 1, at);
    if (tokens.size() == 0) raise<ValueError>("GPTDecoder: a text needs at least one more token", at);
    check_indices("GPTDecoder", tokens.data(), tokens.size(), config.vocab_size, at);
    if (!caches.insert(cache).second) raise<ValueError>("GPTDecoder: two texts share a cache", at);
    const GPTConfig& own = cache->config();
    if (own.n_layer != config.n_layer || own.n_head != config.n_head || own.n_embd != config.n_embd ||
        own.block_size != config.block_size)
      raise<ValueError>(
          fmt::format("GPTDecoder: the cache is for n_layer = {}, n_head = {}, n_embd = {}, block_size = {}; "
                      "the model has {}, {}, {}, {}",
                      own.n_layer, own.n_head, own.n_embd, own.block_size, config.n_layer, config.n_head,
                      config.n_embd, config.block_size),
          at);
  }
}

}  // namespace

template <Real T>
struct BasicGPTDecoder<T>::Weights {
  struct Layer {
    DecodingLinear<T> c_attn, attn_proj, c_fc, mlp_proj;
  };

  const BasicGPT<T>& model;
  kernels::Scratch<std::int8_t> bytes;  // of all linear maps, one after the other; none where they stay T
  std::vector<Layer> layers = {};
  DecodingLinear<T> head;
};

template <Real T>
BasicGPTDecoder<T>::BasicGPTDecoder(const BasicGPT<T>& model, const GPTDecoderOptions& options, Here at) {
  kernels::Scratch<std::int8_t> bytes(options.int8 ? linear_weights(model) : 0);
  std::int8_t* place = bytes.data();
  const auto packed = [&](const BasicLinear<T>& x, const std::string& name) {
    return DecodingLinear<T>(x, place ? std::exchange(place, place + x.weight.size()) : nullptr, name, at);
  };
  auto head = packed(model.lm_head, "lm_head");
  auto weights = std::make_unique<Weights>(Weights{model, std::move(bytes), {}, std::move(head)});
  for (const auto& block : model.h) {
    const auto name = [&](const char* part) { return fmt::format("h.{}.{}", weights->layers.size(), part); };
    weights->layers.push_back(
        {packed(block.attn.c_attn, name("attn.c_attn")), packed(block.attn.c_proj, name("attn.c_proj")),
         packed(block.mlp.c_fc, name("mlp.c_fc")), packed(block.mlp.c_proj, name("mlp.c_proj"))});
  }
  weights_ = std::move(weights);
}

template <Real T>
BasicGPTDecoder<T>::~BasicGPTDecoder() = default;
template <Real T>
BasicGPTDecoder<T>::BasicGPTDecoder(BasicGPTDecoder&&) noexcept = default;
template <Real T>
BasicGPTDecoder<T>& BasicGPTDecoder<T>::operator=(BasicGPTDecoder&&) noexcept = default;

template <Real T>
GPTConfig BasicGPTDecoder<T>::config() const {
  return weights_->model.config();
}

template <Real T>
BasicTensor<T> BasicGPTDecoder<T>::operator()(const Indices& tokens, BasicKeyValueCache<T>& cache,
                                              Here at) const {
  return reshape((*this)({{&cache, tokens}}, at), {-1});
}

template <Real T>
BasicTensor<T> BasicGPTDecoder<T>::operator()(const std::vector<BasicReading<T>>& readings, Here at) const {
  const auto& [model, bytes, layers, head] = *weights_;
  check_readings(readings, model.config(), at);
  const CallSite site(at);
  const NoGrad reading;
  const auto pass = pass_of(readings);
  auto x = model.embed(pass.tokens, pass.positions);  // (N, C)
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& block = model.h[i];
    const auto qkv = layers[i].c_attn(block.ln_1(x));                                            // (N, 3C)
    x = x + layers[i].attn_proj(attend(qkv, pass.runs, static_cast<index_t>(i)));                // (N, C)
    const auto hidden = activate(layers[i].c_fc(block.ln_2(x)), block.mlp.config().activation);  // (N, 4C)
    x = x + layers[i].mlp_proj(hidden);                                                          // (N, C)
  }
  for (const auto& [cache, tokens] : readings) cache->advance(tokens);
  return head(model.ln_f(take(x, pass.last, 0)));  // (texts, V)
}

template class BasicGPTDecoder<float>;
template class BasicGPTDecoder<double>;

}  // namespace xtape::nn
