// What stands for oneDNN where the build found none.
#include <cstdlib>

#include <xtape/ops/kernels/onednn.hpp>

namespace xtape::kernels {

bool has_onednn(Precision) { return false; }

template <class In>
void onednn(const Product<float, In>&) {
  std::abort();  // has_onednn() goes first
}

template void onednn(const Product<float, float>&);
template void onednn(const Product<float, Bf16>&);

}  // namespace xtape::kernels
