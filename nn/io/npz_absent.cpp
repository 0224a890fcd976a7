// What there is of .npz files where libzip is missing.
#include <xtape/nn/io/npy.hpp>

#include <xtape/core/error.hpp>

namespace xtape::nn {

StateDict load_npz(const std::string& path, Here at) {
  raise<IoError>("load_npz: " + path + ": this xtape was built without libzip (libzip-dev), which reads .npz",
                 at);
}

}  // namespace xtape::nn
