// How well a model knows a text.
#pragma once

#include <xtape/xtape.hpp>

/// The mean loss, in nats a token, over `batches` batches of windows that lie evenly over the tokens: the
/// same at every call.
double sampled_loss(xtape::nn::GPT& model, const xtape::nn::Tokens& tokens, xtape::index_t batches,
                    xtape::index_t batch_size);

/// The mean loss over all tokens but the first, in windows of block_size side by side.
double whole_loss(xtape::nn::GPT& model, const xtape::nn::Tokens& tokens, xtape::index_t batch_size);
