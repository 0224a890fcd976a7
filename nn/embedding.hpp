// Embedding: a vector for each index.
#pragma once

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct EmbeddingConfig {
  index_t num_embeddings = 0;
  index_t embedding_dim = 0;
};

/// Rows of a table, one for each index. The table starts normal with variance 1. Throws ValueError for sizes
/// below 1. torch.nn.Embedding.
template <Real T>
class BasicEmbedding : public BasicModule<T> {
 public:
  explicit BasicEmbedding(EmbeddingConfig config, Generator& generator = default_generator(),
                          Here at = Here::now());
  BasicEmbedding(index_t num_embeddings, index_t embedding_dim, Generator& generator = default_generator(),
                 Here at = Here::now())
      : BasicEmbedding(EmbeddingConfig{num_embeddings, embedding_dim}, generator, at) {}

  /// indices (...) -> (..., embedding_dim). Throws IndexError for one outside the table.
  BasicTensor<T> operator()(const Indices& indices, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  EmbeddingConfig config() const { return config_; }

  BasicTensor<T> weight;  // (num_embeddings, embedding_dim)

 private:
  EmbeddingConfig config_;
};

using Embedding = BasicEmbedding<float>;

extern template class BasicEmbedding<float>;
extern template class BasicEmbedding<double>;

}  // namespace xtape::nn
