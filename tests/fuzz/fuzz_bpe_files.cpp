// Any bytes as a tokenizer's file: an IoError, or a tokenizer that saves what it loaded. The first byte says
// which file: 'j' tokenizer.json, 'v' vocab.json, 'm' merges.txt to go with a small vocab.json.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include <xtape/core/error.hpp>
#include <xtape/nn/text/bpe_files.hpp>
#include <xtape/nn/text/bpe_training.hpp>

namespace {

using namespace xtape;

/// Files of this process, in memory where the system has such a folder.
const std::string prefix = [] {
  const std::string folder = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
  return folder + "/xtape-fuzz-" + std::to_string(getpid()) + '-';
}();
const std::string json = prefix + "tokenizer.json", vocab = prefix + "vocab.json",
                  merges = prefix + "merges.txt", saved = prefix + "saved.json";

struct RemoveAtEnd {
  ~RemoveAtEnd() {
    for (const auto& path : {json, vocab, merges, saved}) std::filesystem::remove(path);
  }
} const remove_at_end;

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

nn::BpeTokenizer load(char kind, std::string_view bytes) {
  static const auto small = nn::train_bpe("the then them", {.vocab_size = 260, .special_tokens = {}});
  if (kind == 'j') {
    write(json, bytes);
    return nn::load_bpe(json);
  }
  nn::save_bpe(small, vocab, merges);
  write(kind == 'v' ? vocab : merges, bytes);
  return nn::load_bpe(vocab, merges);
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = load(bytes[0], bytes.substr(1));
    check(tokenizer.decode(tokenizer.encode(bytes)) == bytes);
    check(tokenizer.decode(tokenizer.encode(bytes, {.special_tokens = true})) == bytes);
    nn::save_bpe(tokenizer, saved);
    check(nn::load_bpe(saved).vocabulary().tokens == tokenizer.vocabulary().tokens);
  } catch (const IoError&) {
  }
  return 0;
}
