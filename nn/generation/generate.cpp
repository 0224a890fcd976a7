// Sampling from a GPT.
#include <xtape/nn/generation/generate.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/grad_mode.hpp>
#include <xtape/nn/generation/sampling_impl.hpp>
#include <xtape/nn/generation/text_stream.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::nn {

namespace {

void check_options(const std::vector<Indices>& prompts, const GenerateOptions& options, Here at) {
  for (const Indices& prompt : prompts) {
    check_rank("generate", "prompt", prompt.shape(), 1, at);
    if (prompt.size() == 0) raise<ValueError>("generate: the prompt needs at least one token", at);
  }
  check_not_negative("generate", "max_new_tokens", static_cast<double>(options.max_new_tokens), at);
  check_sampling(options, at);
  if (!options.decode && !options.stop_strings.empty())
    raise<ValueError>("generate: stop_strings need decode, which gives a token's bytes", at);
  if (!options.decode && options.on_text)
    raise<ValueError>("generate: on_text needs decode, which gives a token's bytes", at);
}

/// A generator of its own for each text, so that it does not depend on the others.
Generator stream_of(Generator& generator) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return Generator(static_cast<std::uint64_t>(randint(0, most, {}, generator).item()));
}

/// One text while it is written.
template <Real T>
class Writer {
 public:
  Writer(index_t row, const Indices& prompt, const GPTConfig& config, const GenerateOptions& options, Here at)
      : row_(row),
        options_(options),
        generator_(stream_of(options.generator ? *options.generator : default_generator())),
        cache_(config),
        unread_(prompt),
        stream_(options.stop_strings, at) {
    if (options.repetition_penalty != 1) seen_.insert(prompt.data(), prompt.data() + prompt.size());
  }

  bool done() const { return done_; }
  BasicReading<T> reading() { return {&cache_, unread_}; }

  /// Writes the next token, from its logits and log-probabilities.
  void write(const T* logits, const T* log_probs, index_t V) {
    auto scores = uninitialized<T>({V});
    std::copy_n(logits, V, scores.data());
    const std::int64_t id = next_token(std::move(scores), seen_, options_, generator_);
    if (options_.repetition_penalty != 1) seen_.insert(id);
    unread_ = {id};
    result_.tokens.push_back(id);
    result_.log_probs.push_back(log_probs[id]);
    const bool wanted = !options_.on_token || options_.on_token({row_, id, log_probs[id]});
    if (std::ranges::count(options_.stop_tokens, id) > 0) return end(Ending::stop_token);
    if (options_.decode) show(stream_.add(options_.decode(id)));
    if (stream_.stopped()) return end(Ending::stop_string);
    if (!wanted) end(Ending::on_token);
  }

  Generated finish() {
    show(stream_.finish());
    return std::move(result_);
  }

 private:
  void end(Ending why) {
    result_.ending = why;
    done_ = true;
    show(stream_.finish());
  }

  void show(const std::string& text) {
    if (text.empty()) return;
    result_.text += text;
    if (options_.on_text) options_.on_text(row_, text);
  }

  index_t row_;
  const GenerateOptions& options_;
  Generator generator_;
  BasicKeyValueCache<T> cache_;
  Indices unread_;  // what the model has not read yet
  std::set<std::int64_t> seen_;
  TextStream stream_;
  Generated result_;
  bool done_ = false;
};

/// One more token for each of these.
template <Real T>
void write_next(const std::vector<Writer<T>*>& writers, const BasicGPTDecoder<T>& decoder, Here at) {
  std::vector<BasicReading<T>> readings;
  for (Writer<T>* writer : writers) readings.push_back(writer->reading());
  const auto logits = decoder(readings, at);       // (N, V)
  const auto log_probs = log_softmax(logits, -1);  // (N, V)
  const index_t V = logits.shape(1);
  for (index_t i = 0; i < std::ssize(writers); ++i) {
    if (std::isnan(log_probs.data()[i * V]))  // one that is no number spoils the whole row
      raise<ValueError>("generate: the model's logits are not numbers; did training diverge?", at);
    writers[static_cast<std::size_t>(i)]->write(logits.data() + i * V, log_probs.data() + i * V, V);
  }
}

}  // namespace

template <Real T>
std::vector<Generated> generate_batch(const BasicGPTDecoder<T>& decoder, const std::vector<Indices>& prompts,
                                      const GenerateOptions& options, Here at) {
  check_options(prompts, options, at);
  const CallSite site(at);
  const NoGrad reading;
  std::vector<Writer<T>> writers;
  for (const Indices& prompt : prompts)
    writers.emplace_back(std::ssize(writers), prompt, decoder.config(), options, at);
  for (index_t i = 0; i < options.max_new_tokens; ++i) {
    std::vector<Writer<T>*> writing;
    for (Writer<T>& writer : writers)
      if (!writer.done()) writing.push_back(&writer);
    if (writing.empty()) break;
    write_next(writing, decoder, at);
  }
  std::vector<Generated> results;
  for (Writer<T>& writer : writers) results.push_back(writer.finish());
  return results;
}

template <Real T>
std::vector<Generated> generate_batch(const BasicGPT<T>& model, const std::vector<Indices>& prompts,
                                      const GenerateOptions& options, Here at) {
  return generate_batch(BasicGPTDecoder<T>(model), prompts, options, at);
}

template <Real T>
Indices generate(const BasicGPTDecoder<T>& decoder, const Indices& prompt, const GenerateOptions& options,
                 Here at) {
  const auto written = generate_batch(decoder, {prompt}, options, at).front().tokens;
  std::vector<std::int64_t> tokens(prompt.data(), prompt.data() + prompt.size());
  tokens.insert(tokens.end(), written.begin(), written.end());
  return tokens;
}

template <Real T>
Indices generate(const BasicGPT<T>& model, const Indices& prompt, const GenerateOptions& options, Here at) {
  return generate(BasicGPTDecoder<T>(model), prompt, options, at);
}

template std::vector<Generated> generate_batch(const BasicGPTDecoder<float>&, const std::vector<Indices>&,
                                               const GenerateOptions&, Here);
template std::vector<Generated> generate_batch(const BasicGPTDecoder<double>&, const std::vector<Indices>&,
                                               const GenerateOptions&, Here);
template std::vector<Generated> generate_batch(const BasicGPT<float>&, const std::vector<Indices>&,
                                               const GenerateOptions&, Here);
template std::vector<Generated> generate_batch(const BasicGPT<double>&, const std::vector<Indices>&,
                                               const GenerateOptions&, Here);
template Indices generate(const BasicGPTDecoder<float>&, const Indices&, const GenerateOptions&, Here);
template Indices generate(const BasicGPTDecoder<double>&, const Indices&, const GenerateOptions&, Here);
template Indices generate(const BasicGPT<float>&, const Indices&, const GenerateOptions&, Here);
template Indices generate(const BasicGPT<double>&, const Indices&, const GenerateOptions&, Here);

}  // namespace xtape::nn
