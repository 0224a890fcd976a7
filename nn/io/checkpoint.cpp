// Checkpoints: parts and notes, and their file.
#include <xtape/nn/io/checkpoint.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/safetensors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

namespace xtape::nn {

namespace {

constexpr const char* checksum_name = "checksum";

/// Mixes bytes into a number, word by word.
std::uint64_t mix(std::uint64_t mixed, const void* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; i += sizeof mixed) {
    std::uint64_t word = 0;
    std::memcpy(&word, static_cast<const char*>(bytes) + i, std::min(sizeof word, count - i));
    mixed = (mixed ^ word) * 0x9E3779B97F4A7C15;
    mixed ^= mixed >> 32;
  }
  return mixed;
}

std::uint64_t mix(std::uint64_t mixed, const std::string& text) {
  return mix(mixed ^ text.size(), text.data(), text.size());
}

std::uint64_t mix(std::uint64_t mixed, const AnyArray& x) {
  return std::visit(
      [&](const auto& array) {
        using Element = std::remove_cvref_t<decltype(*array.data())>;
        return mix(mixed, array.data(), static_cast<std::size_t>(array.size()) * sizeof(Element));
      },
      x);
}

/// Of all that a checkpoint holds, in whatever order. A file system, or memory, that changes a bit is rare,
/// and otherwise seen by nobody.
std::string checksum(const StateDict& arrays, const std::map<std::string, std::string>& notes) {
  std::uint64_t sum = 0;
  for (const auto& [name, array] : arrays) sum += mix(mix(mix(1, name), to_string(shape_of(array))), array);
  for (const auto& [name, text] : notes) sum += mix(mix(2, name), text);
  return fmt::format("{:016x}", sum);
}

template <class Number>
bool parse(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void Checkpoint::add(const std::string& part, const StateDict& state, Here at) {
  if (part.find('.') != std::string::npos)
    raise<ValueError>(fmt::format("checkpoint: the part {} has a dot in its name", part), at);
  for (const auto& [name, array] : arrays_)
    if (name.starts_with(part + '.'))
      raise<ValueError>(fmt::format("checkpoint: the part {} is there already; names are unique", part), at);
  for (const auto& [name, array] : state) arrays_.add(part + '.' + name, array, at);
}

StateDict Checkpoint::part(const std::string& name, Here at) const {
  const std::string prefix = name + '.';
  StateDict state;
  for (const auto& [full_name, array] : arrays_)
    if (full_name.starts_with(prefix)) state.add(full_name.substr(prefix.size()), array, at);
  if (state.empty()) fail(fmt::format("it has no part {}", name), at);
  return state;
}

void Checkpoint::set(const std::string& name, const std::string& text, Here at) {
  if (name == checksum_name || name == "best_step" || name == "best_loss")
    raise<ValueError>(fmt::format("checkpoint: the note {} is one of its own; choose another name", name),
                      at);
  notes_[name] = text;
}

void Checkpoint::set(const std::string& name, double number, Here at) {
  set(name, fmt::to_string(number), at);
}

void Checkpoint::check_fits(const std::string& name, std::uint64_t number, Here at) {
  if (number > std::numeric_limits<std::int64_t>::max())
    raise<ValueError>(fmt::format("checkpoint: the note {} is {}, more than int64 holds", name, number), at);
}

const std::string& Checkpoint::text(const std::string& name, Here at) const {
  const auto note = notes_.find(name);
  if (note == notes_.end()) fail(fmt::format("it has no note of its {}", name), at);
  return note->second;
}

std::int64_t Checkpoint::integer(const std::string& name, Here at) const {
  std::int64_t number = 0;
  if (!parse(text(name, at), number))
    fail(fmt::format("its {} is '{}', not an integer", name, text(name)), at);
  return number;
}

double Checkpoint::real(const std::string& name, Here at) const {
  double number = 0;
  if (!parse(text(name, at), number)) fail(fmt::format("its {} is '{}', not a number", name, text(name)), at);
  return number;
}

void Checkpoint::fail(const std::string& message, Here at) const {
  raise<IoError>(fmt::format("checkpoint: {}{}{}", path_, path_.empty() ? "" : ": ", message), at);
}

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint, Here at) {
  auto notes = checkpoint.notes_;
  notes.erase(checksum_name);
  notes.emplace(checksum_name, checksum(checkpoint.arrays_, notes));
  save_safetensors(path, checkpoint.arrays_, notes, {}, at);
}

Checkpoint load_checkpoint(const std::string& path, Here at) {
  auto file = load_safetensors(path, at);
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  const auto noted = file.metadata.extract(checksum_name);
  if (noted.empty()) checkpoint.fail("it has no checksum; is it a checkpoint?", at);
  if (noted.mapped() != checksum(file.tensors, file.metadata))
    checkpoint.fail("it is damaged: its checksum is not that of what it holds", at);
  checkpoint.arrays_ = std::move(file.tensors);
  checkpoint.notes_ = std::move(file.metadata);
  return checkpoint;
}

StateDict state_dict(const Generator& generator) {
  StateDict state;
  state.add("state", Indices{std::bit_cast<std::int64_t>(generator.seed()),
                             std::bit_cast<std::int64_t>(generator.position())});
  return state;
}

void load_state_dict(Generator& generator, const StateDict& state, Here at) {
  const AnyArray* found = state.find("state");
  const auto* numbers = found ? std::get_if<Indices>(found) : nullptr;
  if (!numbers || numbers->shape() != Shape{2})
    raise<IoError>("generator: a state is two integers, seed and position, under the name state", at);
  generator.manual_seed(std::bit_cast<std::uint64_t>(numbers->data()[0]));
  generator.set_position(std::bit_cast<std::uint64_t>(numbers->data()[1]));
}

}  // namespace xtape::nn
