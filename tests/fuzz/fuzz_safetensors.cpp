// Any bytes as a safetensors file: an IoError, or arrays that are the same once they were saved and loaded.
#include <optional>

#include <xtape/nn/io/safetensors.hpp>

#include "tests/fuzz/state_dicts.hpp"

using namespace xtape;

namespace {

std::optional<nn::SafeTensors> load(const std::string& path) {
  try {
    return nn::load_safetensors(path);
  } catch (const IoError&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TemporaryFolder folder;
  static const std::string given = folder / "given", saved = folder / "saved";
  test::write_file(given, fuzz::bytes(data, size));
  const auto file = load(given);
  if (!file) return 0;
  nn::save_safetensors(saved, file->tensors, file->metadata);
  const auto again = nn::load_safetensors(saved);
  fuzz::check(again.metadata == file->metadata && fuzz::equal(again.tensors, file->tensors));
  return 0;
}
