// Model files in the safetensors format: named arrays and a few strings.
#pragma once

#include <map>
#include <string>

#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// What a safetensors file holds.
struct SafeTensors {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file whose arrays are of type F64, F32, F16, BF16 (the last two become float32), I64, I32 (becomes
/// int64) or BOOL. Nothing in the file is trusted: an IoError says what is wrong where it is not a regular
/// file, not safetensors, damaged, or its arrays overlap, leave gaps or lie outside of it.
SafeTensors load_safetensors(const std::string& path, Here at = Here::now());

/// Writes a file that is complete or not there: a temporary one beside it takes its name once it is on disk.
/// Equal arguments give equal bytes. Throws IoError.
void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata = {}, Here at = Here::now());

}  // namespace xtape::nn
