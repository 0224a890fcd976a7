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

/// Reads a file. Arrays of type F64, F32, I64 and BOOL stay in it: it is mapped into memory, read when values
/// are touched, copied where they are written, and kept for as long as one of the arrays lives. F16 and BF16
/// become float32; I8, I16, I32, U8, U16, U32 and U64 become int64, in up to eight times their bytes. Any
/// values are taken, NaN too.
///
/// Nothing in the file is trusted: an IoError says what is wrong where it is not a regular file, not
/// safetensors, damaged, its names are not UTF-8, or its arrays overlap, leave gaps or lie outside of it. But
/// it must not be written in place or cut short while arrays borrow from it (reading what is gone ends the
/// process by SIGBUS); a new file that takes its name, as save_safetensors() makes it, does no harm.
SafeTensors load_safetensors(const std::string& path, Here at = Here::now());

/// How floating-point values are written: as they are, or rounded to 16 bits, to the nearest and to even. F16
/// makes infinity of 65520 and more.
enum class FloatFormat { same, f16, bf16 };

struct SafeTensorsOptions {
  FloatFormat floats = FloatFormat::same;
};

/// Writes a file that is complete or not there: a temporary one beside it takes its name once it is on disk.
/// Equal arguments give equal bytes. Throws IoError.
void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata = {},
                      SafeTensorsOptions options = {}, Here at = Here::now());

}  // namespace xtape::nn
