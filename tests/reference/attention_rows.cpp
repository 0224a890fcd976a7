// The rows of the op table for attention, positions and normalisation.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

/// What is seen is a mask (true: seen), an input after the others (added to the scores), or both.
AttentionOptions<double> attention_options(const OpCase& c, const Inputs& x, std::size_t others) {
  AttentionOptions<double> options{.causal = argument(c, {"causal", "is_causal"}, false)};
  if (!c.masks.empty()) options.keep = c.masks[0];
  if (x.size() > others) options.bias = x[others];
  if (const auto scale = argument(c, {"scale"}); !scale.is_null()) options.scale = scale.get<double>();
  return options;
}

Tensor64 run_attention(const OpCase& c, const Inputs& x) {
  return scaled_dot_product_attention(x.at(0), x.at(1), x.at(2), attention_options(c, x, 3));
}

/// x, then weight and bias of the projection to (B, T, (H + 2 Hkv) D), then those of the last.
Tensor64 run_multi_head_attention(const OpCase& c, const Inputs& x) {
  const auto heads = argument<index_t>(c, {"num_heads", "n_head"}, 1);
  const auto kv_heads = argument<index_t>(c, {"num_kv_heads", "n_kv_head"}, heads);
  const auto qkv = linear(x.at(0), x.at(1), x.at(2));
  const auto y = scaled_dot_product_attention(qkv, heads, kv_heads, attention_options(c, x, 5));
  return linear(y, x.at(3), x.at(4));
}

Tensor64 run_rotary(const OpCase& c, const Inputs& x) {
  return rotary(x.at(0), {.base = argument(c, {"base", "theta"}, 10000.0),
                          .offset = argument<index_t>(c, {"offset", "position"}, 0),
                          .interleaved = argument(c, {"interleaved", "traditional"}, false)});
}

/// The input at a place, where there is one.
std::optional<Tensor64> optional_input(const Inputs& x, std::size_t i) {
  return i < x.size() ? std::optional(x[i]) : std::nullopt;
}

Shape normalized_shape(const OpCase& c) { return argument(c, {"normalized_shape"}, std::vector<index_t>()); }

Tensor64 run_layer_norm(const OpCase& c, const Inputs& x) {
  return layer_norm(x.at(0), optional_input(x, 1), optional_input(x, 2),
                    {.eps = argument(c, {"eps"}, 1e-5), .normalized_shape = normalized_shape(c)});
}

Tensor64 run_rms_norm(const OpCase& c, const Inputs& x) {
  return rms_norm(x.at(0), optional_input(x, 1),
                  {.eps = argument(c, {"eps"}, 1e-6), .normalized_shape = normalized_shape(c)});
}

}  // namespace

const OpRows& attention_rows() {
  static const OpRows ops = {
      {"scaled_dot_product_attention", run_attention},
      {"attention", run_attention},
      {"sdpa", run_attention},
      {"multi_head_attention", run_multi_head_attention},
      {"rotary", run_rotary},
      {"rope", run_rotary},
      {"rotary_embedding", run_rotary},
      {"layer_norm", run_layer_norm},
      {"rms_norm", run_rms_norm},
  };
  return ops;
}

}  // namespace reference
