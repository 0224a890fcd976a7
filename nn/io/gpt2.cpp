// Between GPT and the folder of a published GPT-2.
#include <xtape/nn/io/gpt2.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/nn/io/elements_impl.hpp>
#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/io/gpt2_config_impl.hpp>
#include <xtape/nn/io/json_impl.hpp>
#include <xtape/nn/io/safetensors.hpp>
#include <xtape/ops/layout.hpp>

#include <cstring>
#include <filesystem>
#include <set>

namespace xtape::nn {

namespace {

constexpr std::uint64_t longest_json = 1 << 20;
constexpr std::string_view prefix = "transformer.";

/// An array of a published file: its name without the prefix, and its shape there.
struct Published {
  std::string name;
  Shape shape;
};

std::vector<Published> published_arrays(const GPTConfig& config) {
  const index_t C = config.n_embd;
  std::vector<Published> arrays = {{"wte.weight", {config.vocab_size, C}},
                                   {"wpe.weight", {config.block_size, C}}};
  for (index_t i = 0; i < config.n_layer; ++i) {
    const Published block[] = {{"ln_1.weight", {C}},
                               {"ln_1.bias", {C}},
                               {"attn.c_attn.weight", {C, 3 * C}},
                               {"attn.c_attn.bias", {3 * C}},
                               {"attn.c_proj.weight", {C, C}},
                               {"attn.c_proj.bias", {C}},
                               {"ln_2.weight", {C}},
                               {"ln_2.bias", {C}},
                               {"mlp.c_fc.weight", {C, 4 * C}},
                               {"mlp.c_fc.bias", {4 * C}},
                               {"mlp.c_proj.weight", {4 * C, C}},
                               {"mlp.c_proj.bias", {C}}};
    for (const auto& [name, shape] : block) arrays.push_back({fmt::format("h.{}.{}", i, name), shape});
  }
  arrays.push_back({"ln_f.weight", {C}});
  arrays.push_back({"ln_f.bias", {C}});
  return arrays;
}

/// Weights of linear maps are published as (in, out), the transpose of ours.
bool is_transposed(const std::string& name) {
  return name.find(".c_") != std::string::npos && name.ends_with(".weight");
}

/// The triangle that hides the future, and what hidden scores become.
bool is_mask(const std::string& name) {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

/// The files that the index names.
std::set<std::string> shards_in(const std::string& index, Here at) {
  const InputFile file("load_gpt2", index, at);
  return reading(file, [&] {
    const Json json = parse_json(file.text(longest_json));
    const Json& map = member(json, "weight_map");
    if (!map.is_object()) fail("weight_map is {}, not an object", described(map));
    std::set<std::string> names;
    for (const Json& name : map) {
      if (!name.is_string() || name.get_ref<const std::string&>().find('/') != std::string::npos)
        fail("weight_map names {}, not a file beside it", described(name));
      names.insert(name.get<std::string>());
    }
    return names;
  });
}

/// Adds the arrays of a file, without the prefix.
void add_arrays(StateDict& arrays, const std::string& path, Here at) {
  const auto file = load_safetensors(path, at);
  for (const auto& [name, array] : file.tensors) {
    if (is_mask(name)) continue;
    const auto own = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
    if (arrays.contains(own)) raise<IoError>(fmt::format("load_gpt2: {}: {} stands twice", path, own), at);
    arrays.add(own, array, at);
  }
}

StateDict load_arrays(const std::string& whole, Here at) {
  StateDict arrays;
  const std::string index = whole + ".index.json";
  if (exists(whole) || !exists(index)) {
    add_arrays(arrays, whole, at);
    return arrays;
  }
  const auto folder = whole.substr(0, whole.rfind('/') + 1);
  for (const auto& shard : shards_in(index, at)) add_arrays(arrays, folder + shard, at);
  return arrays;
}

bool equal(const AnyArray& a, const AnyArray& b) {
  const auto bytes = byte_count(element_of(a), shape_of(a));
  return a.index() == b.index() && shape_of(a) == shape_of(b) &&
         (bytes == 0 || std::memcmp(bytes_of(a), bytes_of(b), bytes) == 0);
}

/// Checks that the arrays are those of the model, before one of that size is made. Throws Malformed.
void check_arrays(const StateDict& arrays, const GPTConfig& config) {
  if (static_cast<std::size_t>(config.n_layer) > arrays.size())
    fail("{} arrays are too few for n_layer = {}", arrays.size(), config.n_layer);
  const auto published = published_arrays(config);
  for (const auto& [name, shape] : published) {
    const AnyArray* x = arrays.find(name);
    if (!x) fail("{} is missing", name);
    if (x->index() > 1 || shape_of(*x) != shape)
      fail("{} is {} {}; with this config.json it is {} of floating-point type", name, dtype_name(*x),
           to_string(shape_of(*x)), to_string(shape));
  }
  const AnyArray* head = arrays.find("lm_head.weight");
  if (head && !equal(*head, *arrays.find("wte.weight")))
    fail("lm_head.weight differs from wte.weight; only a head that shares it is supported");
  if (arrays.size() == published.size() + (head ? 1 : 0)) return;
  std::set<std::string> known = {"lm_head.weight"};
  for (const auto& [name, shape] : published) known.insert(name);
  for (const auto& [name, x] : arrays)
    if (!known.contains(name)) fail("{} is no array of GPT-2 with n_layer = {}", name, config.n_layer);
}

}  // namespace

GPT load_gpt2(const std::string& folder, Here at) {
  const InputFile description("load_gpt2", folder + "/config.json", at);
  const auto config = reading(description, [&] { return parse_gpt2_config(description.text(longest_json)); });
  const std::string path = folder + "/model.safetensors";
  const auto arrays = load_arrays(path, at);
  try {
    check_arrays(arrays, config);
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("load_gpt2: {}: {}", path, malformed.what()), at);
  }
  const SkipInit loaded_next;
  GPT model(config, default_generator(), at);
  const NoGrad writing;
  for (auto& [name, x] : model.named_parameters()) {
    const auto published = name.substr(prefix.size());
    const auto values = as_tensor<float>(*arrays.find(published), published, at);
    x.assign(is_transposed(published) ? transpose(values) : values, at);
  }
  model.eval();
  return model;
}

void save_gpt2(const std::string& folder, const GPT& model, Here at) {
  const auto state = model.state_dict();
  if (state.contains("lm_head.weight"))
    raise<ValueError>("save_gpt2: lm_head.weight is not tied to wte.weight; in GPT-2 it is", at);
  StateDict arrays;
  for (const auto& [name, shape] : published_arrays(model.config())) {
    const auto own = std::string(prefix) + name;
    const AnyArray* x = state.find(own);
    const auto values = x ? std::get<Tensor>(*x) : zeros(shape);
    arrays.add(own, x && is_transposed(name) ? transpose(values) : values, at);
  }
  std::error_code ignored;  // where the folder cannot be made, no file can
  std::filesystem::create_directories(folder, ignored);
  save_safetensors(folder + "/model.safetensors", arrays, {{"format", "pt"}}, {}, at);
  OutputFile description("save_gpt2", folder + "/config.json", at);
  description.write(print_gpt2_config(model.config()));
  description.commit();
}

}  // namespace xtape::nn
