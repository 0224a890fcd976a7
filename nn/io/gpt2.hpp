// GPT-2's published layout: the folder of a model as Hugging Face's transformers reads and writes it.
#pragma once

#include <string>

#include <xtape/nn/gpt.hpp>

namespace xtape::nn {

/// Reads folder/config.json and folder/model.safetensors, or the files that model.safetensors.index.json
/// names where there is only that. The model is as published, in float32 and in eval mode. Names may begin
/// with "transformer."; buffers of the causal mask are passed over, and an lm_head.weight has to equal
/// wte.weight. Nothing in the files is trusted: an IoError says what is wrong where they are damaged, do not
/// fit each other, or describe what GPT does not do.
/// transformers.GPT2LMHeadModel.from_pretrained(folder).
GPT load_gpt2(const std::string& folder, Here at = Here::now());

/// Writes both files, each complete or not at all, so that load_gpt2() and transformers read them; the folder
/// is made where there is none. A model without biases gets zeros. Throws ValueError where the head does not
/// share the weight of wte, IoError.
/// model.save_pretrained(folder).
void save_gpt2(const std::string& folder, const GPT& model, Here at = Here::now());

}  // namespace xtape::nn
