// Any bytes as an .npy file, or as .npz where they begin as an archive: an IoError, or arrays that are the
// same once they were saved and loaded.
#include <xtape/nn/io/npy.hpp>

#include "tests/fuzz/state_dicts.hpp"

using namespace xtape;

namespace {

nn::StateDict load(const std::string& path, bool is_archive) {
  nn::StateDict arrays;
  try {
    if (is_archive) return nn::load_npz(path);
    arrays.add("x", nn::load_npy(path));
  } catch (const IoError&) {
  }
  return arrays;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TemporaryFolder folder;
  static const std::string given = folder / "given", saved = folder / "saved";
  const auto bytes = fuzz::bytes(data, size);
  test::write_file(given, bytes);
  for (const auto& [name, x] : load(given, bytes.starts_with("PK"))) {
    nn::save_npy(saved, x);
    fuzz::check(fuzz::equal(nn::load_npy(saved), x));
  }
  return 0;
}
