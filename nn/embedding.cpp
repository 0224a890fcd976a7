// Embedding.
#include <xtape/nn/embedding.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/embedding.hpp>

namespace xtape::nn {

template <Real T>
BasicEmbedding<T>::BasicEmbedding(EmbeddingConfig config, Generator& generator, Here at)
    : weight(parameter<T>({check_size("Embedding", "num_embeddings", config.num_embeddings, at),
                           check_size("Embedding", "embedding_dim", config.embedding_dim, at)})),
      config_(config) {
  init::normal_(weight, 0, 1, generator, at);
}

template <Real T>
BasicTensor<T> BasicEmbedding<T>::operator()(const Indices& indices, Here at) const {
  const auto site = this->enter(at);
  return embedding(indices, weight, at);
}

template <Real T>
void BasicEmbedding<T>::visit(Visitor<T>& v) {
  v("weight", weight);
}

template class BasicEmbedding<float>;
template class BasicEmbedding<double>;

}  // namespace xtape::nn
