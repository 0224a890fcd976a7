// From a vocabulary to tables, and what a vocabulary has to fulfil.
#include <xtape/nn/text/bpe_tables_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_merger_impl.hpp>

#include <limits>
#include <utility>

namespace xtape::nn::bpe {

Tables::Tables(BpeVocabulary vocabulary) : vocabulary_(std::move(vocabulary)), added_(vocabulary_) {
  index_tokens();
  find_bytes();
  find_merges();
  check_reachable();
  keep_whole();
}

void Tables::index_tokens() {
  const auto& tokens = vocabulary_.tokens;
  if (tokens.size() > std::numeric_limits<Id>::max()) fail("{} tokens are too many", tokens.size());
  whole_.reserve(tokens.size());
  const auto add = [&](std::size_t id) { return whole_.try_emplace(tokens[id], static_cast<Id>(id)); };
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) fail("the token of id {} is empty", id);
    if (added_.contains(static_cast<std::int64_t>(id))) continue;
    if (const auto [known, is_new] = add(id); !is_new)
      fail("{} has two ids, {} and {}", shown(tokens[id]), known->second, id);
  }
  // The text of an added token may be that of another token, which then keeps its place among the merges.
  for (const auto& added : vocabulary_.added_tokens) add(static_cast<std::size_t>(added.id));
}

void Tables::find_bytes() {
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const auto found = whole_.find({&text, 1});
    if (found == whole_.end())
      fail("no token for the byte 0x{:02x}; a byte-level vocabulary has all 256", byte);
    byte_ids_[static_cast<std::size_t>(byte)] = found->second;
  }
}

void Tables::find_merges() {
  const auto count = static_cast<std::int64_t>(vocabulary_.tokens.size());
  merges_.reserve(vocabulary_.merges.size());
  std::string joined;
  for (const auto& [left, right] : vocabulary_.merges) {
    const std::size_t rank = merges_.size();
    if (left < 0 || left >= count || right < 0 || right >= count)
      fail("merge {} joins the ids {} and {}; there are {} tokens", rank, left, right, count);
    joined.assign(bytes(left)).append(bytes(right));
    const auto found = whole_.find(joined);
    if (found == whole_.end())
      fail("merge {} joins {} and {}, but {} is no token", rank, shown(bytes(left)), shown(bytes(right)),
           shown(joined));
    const auto key = pair_key(static_cast<Id>(left), static_cast<Id>(right));
    if (!merges_.try_emplace(key, static_cast<Id>(rank), found->second).second)
      fail("the merge of {} and {} stands twice", shown(bytes(left)), shown(bytes(right)));
  }
}

void Tables::check_reachable() const {
  std::vector<bool> reached(vocabulary_.tokens.size());
  for (const Id id : byte_ids_) reached[static_cast<std::size_t>(id)] = true;
  for (const auto& [pair, merge] : merges_) reached[static_cast<std::size_t>(merge.joined)] = true;
  for (const auto& added : vocabulary_.added_tokens) reached[static_cast<std::size_t>(added.id)] = true;
  for (std::size_t id = 0; id < reached.size(); ++id)
    if (!reached[id])
      fail("the token {} of id {} is no byte, joined by no merge and no added token; are all merges there?",
           shown(vocabulary_.tokens[id]), id);
}

void Tables::keep_whole() {
  Merger merger(*this);
  std::vector<std::int64_t> ids;
  std::erase_if(whole_, [&](const auto& token) {
    ids.clear();
    merger.merge(token.first, ids);
    return ids.size() != 1 || ids[0] != token.second;
  });
}

}  // namespace xtape::nn::bpe
