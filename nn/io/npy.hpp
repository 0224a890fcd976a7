// NumPy's files: one array in .npy, several with names in .npz.
#pragma once

#include <string>

#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// Reads an .npy file, version 1.0 to 3.0, of either order of bytes and of axes. float32, float64, int64 and
/// bool in their usual order stay in the file, which is mapped into memory as by load_safetensors(); float16
/// becomes float32, other integers become int64. Nothing in the file is trusted: an IoError says what is
/// wrong where it is damaged, longer or shorter than its header says, or of another type: Python objects,
/// text, complex numbers, records. numpy.load.
AnyArray load_npy(const std::string& path, Here at = Here::now());

/// Writes an .npy file that is complete or not there. Throws IoError. numpy.save.
void save_npy(const std::string& path, const AnyArray& x, Here at = Here::now());

/// Reads the arrays of an .npz file, which numpy.savez() and numpy.savez_compressed() write. Throws IoError,
/// also where the library was built without libzip. numpy.load.
StateDict load_npz(const std::string& path, Here at = Here::now());

}  // namespace xtape::nn
