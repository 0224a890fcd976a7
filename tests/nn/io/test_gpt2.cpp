// GPT-2's published layout: a model of transformers, written and read again, and folders that are none.
#include <boost/test/unit_test.hpp>

#include <filesystem>

#include <nlohmann/json.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/io/gpt2.hpp>
#include <xtape/nn/io/safetensors.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/goldens.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::bytes_of_file;
using test::difference;
using test::golden;
using test::TemporaryFolder;
using test::text_of;
using test::write_file;
using Json = nlohmann::json;

namespace {

const std::string published = XTAPE_GOLDENS "/gpt2";
constexpr nn::GPTConfig tiny = {.n_layer = 1, .n_head = 2, .n_embd = 4, .block_size = 3, .vocab_size = 5};

nn::StateDict published_arrays() { return nn::load_safetensors(published + "/model.safetensors").tensors; }

/// The arrays under other names; those that become "" are left out.
template <class Rename>
nn::StateDict renamed(const nn::StateDict& arrays, Rename rename) {
  nn::StateDict y;
  for (const auto& [name, x] : arrays)
    if (const std::string other = rename(name); !other.empty()) y.add(other, x);
  return y;
}

std::string without_prefix(const std::string& name) { return name.substr(12); }

/// A folder with the published description and these arrays.
void make_folder(const TemporaryFolder& folder, const nn::StateDict& arrays) {
  write_file(folder / "config.json", bytes_of_file(published + "/config.json"));
  nn::save_safetensors(folder / "model.safetensors", arrays);
}

void check_logits(const std::string& folder) {
  const auto expected = golden("gpt2/expected");
  const auto model = nn::load_gpt2(folder);
  const NoGrad evaluating;
  BOOST_TEST(difference(model(expected.get<Indices>("idx")), expected.get<Tensor>("logits")) < 1e-6);
}

/// What loading says of arrays, without op and path.
std::string refusal(const nn::StateDict& arrays) {
  const TemporaryFolder folder;
  make_folder(folder, arrays);
  const auto text = text_of<IoError>([&] { nn::load_gpt2(folder.path()); });
  const auto start = "load_gpt2: " + (folder / "model.safetensors: ");
  BOOST_TEST(text.starts_with(start));
  return text.substr(start.size());
}

std::string refusal_of_config(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "config.json", bytes);
  const auto text = text_of<IoError>([&] { nn::load_gpt2(folder.path()); });
  const auto start = "load_gpt2: " + (folder / "config.json: ");
  BOOST_TEST(text.starts_with(start));
  return text.substr(start.size());
}

/// What loading says once a member of config.json is another.
std::string refusal_with(const std::string& key, const Json& value) {
  auto json = Json::parse(bytes_of_file(published + "/config.json"));
  json[key] = value;
  return refusal_of_config(json.dump());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gpt2)

BOOST_AUTO_TEST_CASE(logits_are_those_of_transformers) {
  check_logits(published);
  const auto model = nn::load_gpt2(published);
  BOOST_TEST(!model.training());
  BOOST_TEST((model.config().activation == nn::Activation::gelu_tanh));
  BOOST_TEST(model.config().layer_norm_eps == 1e-3);
  BOOST_TEST(model.config().dropout == 0.1);
}

BOOST_AUTO_TEST_CASE(what_is_saved_is_what_was_published) {
  const TemporaryFolder folder;
  nn::save_gpt2(folder / "a/b", nn::load_gpt2(published));
  const auto ours = nn::load_safetensors(folder / "a/b/model.safetensors"),
             theirs = nn::load_safetensors(published + "/model.safetensors");
  BOOST_TEST(ours.metadata == theirs.metadata);
  BOOST_TEST(ours.tensors.size() == theirs.tensors.size());
  for (const auto& [name, x] : theirs.tensors)
    BOOST_TEST(difference(ours.tensors.get<Tensor>(name), std::get<Tensor>(x)) == 0);
  const auto description = Json::parse(bytes_of_file(folder / "a/b/config.json"));
  const auto original = Json::parse(bytes_of_file(published + "/config.json"));
  for (const auto& [key, value] : description.items())
    BOOST_TEST((original.at(key) == value || key.ends_with("os_token_id")), key);
}

BOOST_AUTO_TEST_CASE(names_without_prefix_masks_and_a_tied_head) {
  const auto arrays = published_arrays();
  auto bare = renamed(arrays, without_prefix);
  bare.add("h.0.attn.bias", Mask({{true, false}, {true, true}}));
  bare.add("h.0.attn.masked_bias", Tensor(-1e4));
  bare.add("lm_head.weight", bare.get<Tensor>("wte.weight"));
  const TemporaryFolder folder;
  make_folder(folder, bare);
  check_logits(folder.path());
}

BOOST_AUTO_TEST_CASE(arrays_in_several_files) {
  const auto arrays = published_arrays();
  const auto in_first = [](const std::string& name) { return name.find(".h.0.") != std::string::npos; };
  const TemporaryFolder folder;
  nn::save_safetensors(folder / "1", renamed(arrays, [&](const auto& n) { return in_first(n) ? n : ""; }));
  nn::save_safetensors(folder / "2", renamed(arrays, [&](const auto& n) { return in_first(n) ? "" : n; }));
  write_file(folder / "config.json", bytes_of_file(published + "/config.json"));
  const auto index = folder / "model.safetensors.index.json";
  write_file(index, R"({"metadata":{},"weight_map":{"a":"1","b":"2","c":"1"}})");
  check_logits(folder.path());

  const auto refusal_of_index = [&](const std::string& json) {
    write_file(index, json);
    return text_of<IoError>([&] { nn::load_gpt2(folder.path()); });
  };
  BOOST_TEST(refusal_of_index("{}") == "load_gpt2: " + index + ": weight_map is null, not an object");
  BOOST_TEST(refusal_of_index(R"({"weight_map":{"a":"../1"}})") ==
             "load_gpt2: " + index + ": weight_map names \"../1\", not a file beside it");
  BOOST_TEST(refusal_of_index(R"({"weight_map":{"a":1}})") ==
             "load_gpt2: " + index + ": weight_map names 1, not a file beside it");
  std::filesystem::copy_file(folder / "1", folder / "3");
  BOOST_TEST(refusal_of_index(R"({"weight_map":{"a":"1","b":"3"}})") ==
             "load_gpt2: " + (folder / "3") + ": h.0.attn.c_attn.bias stands twice");
}

BOOST_AUTO_TEST_CASE(models_of_every_kind_come_back) {
  for (const auto activation : {nn::Activation::gelu, nn::Activation::gelu_tanh, nn::Activation::relu})
    for (const bool bias : {true, false}) {
      auto config = tiny;
      config.activation = activation;
      config.bias = bias;
      const nn::GPT model(config);
      const TemporaryFolder folder;
      nn::save_gpt2(folder.path(), model);
      const auto again = nn::load_gpt2(folder.path());
      BOOST_TEST(difference(again({{1, 2, 3}}), model({{1, 2, 3}})) == 0);
    }
  nn::GPT untied(tiny);
  untied.lm_head.weight = zeros({5, 4});
  BOOST_TEST(text_of<ValueError>([&] { nn::save_gpt2("nowhere", untied); }) ==
             "save_gpt2: lm_head.weight is not tied to wte.weight; in GPT-2 it is");
}

BOOST_AUTO_TEST_CASE(loading_draws_no_random_numbers) {
  default_generator() = Generator(7);
  const auto expected = randn({3});
  default_generator() = Generator(7);
  nn::load_gpt2(published);
  BOOST_TEST(difference(randn({3}), expected) == 0);
}

BOOST_AUTO_TEST_CASE(arrays_that_do_not_fit) {
  const auto arrays = published_arrays();
  const auto without = [&](const std::string& left_out) {
    return renamed(arrays, [&](const auto& name) { return name.ends_with(left_out) ? "" : name; });
  };
  BOOST_TEST(refusal(without("h.1.ln_2.bias")) == "h.1.ln_2.bias is missing");
  BOOST_TEST(refusal({}) == "0 arrays are too few for n_layer = 2");
  auto other = without("wte.weight");
  other.add("wte.weight", Indices({1, 2}));
  BOOST_TEST(refusal(other) ==
             "wte.weight is int64 (2,); with this config.json it is (11, 4) of floating-point type");
  other = arrays;
  other.add("h.2.ln_1.weight", zeros({4}));
  BOOST_TEST(refusal(other) == "h.2.ln_1.weight is no array of GPT-2 with n_layer = 2");
  other = arrays;
  other.add("lm_head.weight", zeros({11, 4}));
  BOOST_TEST(refusal(other) ==
             "lm_head.weight differs from wte.weight; only a head that shares it is supported");
}

BOOST_AUTO_TEST_CASE(descriptions_of_what_gpt_does_not_do) {
  BOOST_TEST(refusal_with("model_type", "gpt_neo") ==
             "model_type is \"gpt_neo\"; only \"gpt2\" is supported");
  BOOST_TEST(refusal_with("activation_function", "silu") ==
             "activation_function is \"silu\", none of gelu_new, gelu_pytorch_tanh, gelu, relu");
  BOOST_TEST(refusal_with("scale_attn_weights", false) ==
             "scale_attn_weights is false; only true is supported");
  BOOST_TEST(refusal_with("scale_attn_by_inverse_layer_idx", true) ==
             "scale_attn_by_inverse_layer_idx is true; only false is supported");
  BOOST_TEST(refusal_with("add_cross_attention", true) ==
             "add_cross_attention is true; only false is supported");
  BOOST_TEST(refusal_with("tie_word_embeddings", false) ==
             "tie_word_embeddings is false; only true is supported");
  BOOST_TEST(refusal_with("n_inner", 15) == "n_inner is 15; only 16 is supported");
  BOOST_TEST(refusal_with("attn_pdrop", 0.2) ==
             "attn_pdrop is 0.2 and resid_pdrop 0.1; one dropout for all is supported");
}

BOOST_AUTO_TEST_CASE(descriptions_that_are_damaged) {
  BOOST_TEST(refusal_of_config("[]") == "it is a list, not an object");
  BOOST_TEST(refusal_of_config("{") == "it is not JSON, from byte 2 on");
  BOOST_TEST(refusal_of_config("{}") == "n_layer is missing");
  BOOST_TEST(refusal_of_config(std::string(100000, '[')) == "its JSON is nested more than 16 deep");
  BOOST_TEST(refusal_of_config(std::string((1 << 20) + 1, ' ')) ==
             "1048577 bytes; such a file has 1048576 at most");
  BOOST_TEST(refusal_with("n_layer", 0) == "n_layer is 0, not a size");
  BOOST_TEST(refusal_with("n_embd", 1ULL << 60) == "n_embd is 1152921504606846976, not a size");
  BOOST_TEST(refusal_with("n_head", "2") == "n_head is \"2\", not a size");
  BOOST_TEST(refusal_with("n_positions", 6.5) == "n_positions is 6.5, not a size");
  BOOST_TEST(refusal_with("n_head", 3) == "n_embd = 4 is not a multiple of n_head = 3");
  BOOST_TEST(refusal_with("resid_pdrop", 2) == "resid_pdrop is 2, not a number from 0 to 1");
  BOOST_TEST(refusal_with("layer_norm_epsilon", "small") ==
             "layer_norm_epsilon is \"small\", not a number from 0 to 1");
  const TemporaryFolder folder;
  BOOST_TEST(text_of<IoError>([&] { nn::load_gpt2(folder.path()); }) ==
             "load_gpt2: " + (folder / "config.json") + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(sizes_beyond_the_arrays_make_no_model) {
  const auto arrays = published_arrays();
  const auto refusal_with_size = [&](const char* key, const Json& value) {
    const TemporaryFolder folder;
    make_folder(folder, arrays);
    auto json = Json::parse(bytes_of_file(published + "/config.json"));
    json[key] = value;
    write_file(folder / "config.json", json.dump());
    const auto text = text_of<IoError>([&] { nn::load_gpt2(folder.path()); });
    return text.substr(text.find(": w") + 2);
  };
  BOOST_TEST(
      refusal_with_size("n_embd", 2000000000) ==
      "wte.weight is float32 (11, 4); with this config.json it is (11, 2000000000) of floating-point type");
  BOOST_TEST(
      refusal_with_size("n_positions", 2000000000) ==
      "wpe.weight is float32 (6, 4); with this config.json it is (2000000000, 4) of floating-point type");
}

BOOST_AUTO_TEST_SUITE_END()
