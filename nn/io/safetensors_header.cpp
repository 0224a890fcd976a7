// Reading and writing safetensors headers.
#include <xtape/nn/io/safetensors_header_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <unordered_set>

namespace xtape::nn::safetensors {

namespace {

using Json = nlohmann::json;

/// By Element.
constexpr std::array<const char*, 13> names = {"F64", "F32", "F16", "BF16", "I64", "I32", "I16",
                                               "I8",  "U64", "U32", "U16",  "U8",  "BOOL"};

const char* name_of(Element element) { return names[static_cast<std::size_t>(element)]; }

Element element_named(const std::string& name, const std::string& array) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail("{}: element type {} is none of {}", array, shown(name), fmt::join(names, ", "));
  return static_cast<Element>(found - names.begin());
}

/// Follows the JSON value by value and accepts only
/// {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}.
/// Nothing else is stored, however large or deep it is.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  Header take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (where_ == Where::start)
      where_ = Where::top;
    else if (where_ == Where::top && key_ == "__metadata__")
      where_ = Where::metadata;
    else if (where_ == Where::top)
      start_entry();
    else
      misplaced("an object");
    return true;
  }

  bool key(std::string& key) override {
    key_ = key;
    if (where_ == Where::top && !names_.insert(key).second) fail("{}: the name stands twice", key);
    if (where_ == Where::metadata && header_.metadata.contains(key))
      fail("__metadata__: the key {} stands twice", key);
    if (where_ == Where::entry && !fields_.insert(key).second) fail("{}: {} stands twice", entry_.name, key);
    return true;
  }

  bool end_object() override {
    if (where_ == Where::entry) finish_entry();
    where_ = where_ == Where::top ? Where::end : Where::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (where_ == Where::entry && key_ == "shape")
      where_ = Where::shape;
    else if (where_ == Where::entry && key_ == "data_offsets")
      where_ = Where::offsets;
    else
      misplaced("a list");
    return true;
  }

  bool end_array() override {
    where_ = Where::entry;
    return true;
  }

  bool string(std::string& text) override {
    if (where_ == Where::metadata)
      header_.metadata.emplace(key_, text);
    else if (where_ == Where::entry && key_ == "dtype")
      entry_.element = element_named(text, entry_.name);
    else
      misplaced("a string");
    return true;
  }

  bool number_unsigned(std::uint64_t number) override {
    if (where_ == Where::shape)
      add_extent(number);
    else if (where_ == Where::offsets)
      add_offset(number);
    else
      misplaced("a number");
    return true;
  }

  bool number_integer(std::int64_t) override { return misplaced("a negative number"); }
  bool number_float(double, const std::string&) override { return misplaced("a number that is no integer"); }
  bool boolean(bool) override { return misplaced("a boolean"); }
  bool null() override { return misplaced("null"); }
  bool binary(Json::binary_t&) override { return misplaced("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    fail("the header is not JSON, from its byte {} on", position);
  }

 private:
  enum class Where { start, top, metadata, entry, shape, offsets, end };

  [[noreturn]] bool misplaced(const char* what) {
    if (where_ == Where::start) fail("the header is {}, not an object", what);
    if (where_ == Where::metadata) fail("__metadata__: {} holds {}; only strings are allowed", key_, what);
    if (where_ == Where::top)
      fail("{}: {} instead of a description with dtype, shape and data_offsets", key_, what);
    fail("{}: {} holds {}", entry_.name, key_, what);
  }

  void start_entry() {
    where_ = Where::entry;
    entry_ = Entry{};
    entry_.name = key_;
    fields_.clear();
    offsets_ = 0;
  }

  void add_extent(std::uint64_t extent) {
    if (extent > static_cast<std::uint64_t>(std::numeric_limits<index_t>::max()))
      fail("{}: extent {} is too large", entry_.name, extent);
    if (entry_.shape.size() == max_rank) fail("{}: more than {} axes", entry_.name, max_rank);
    entry_.shape.push_back(static_cast<index_t>(extent));
  }

  void add_offset(std::uint64_t offset) {
    if (offsets_ == 2) fail("{}: more than two data_offsets", entry_.name);
    (offsets_++ == 0 ? entry_.begin : entry_.end) = offset;
  }

  void finish_entry() {
    for (const char* field : {"dtype", "shape", "data_offsets"})
      if (!fields_.contains(field)) fail("{}: {} is missing", entry_.name, field);
    if (fields_.size() > 3) fail("{}: fields other than dtype, shape and data_offsets", entry_.name);
    if (offsets_ != 2) fail("{}: data_offsets needs two numbers, not {}", entry_.name, offsets_);
    header_.entries.push_back(std::move(entry_));
  }

  Where where_ = Where::start;
  std::string key_;
  Entry entry_;
  int offsets_ = 0;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> fields_;
  Header header_;
};

void check_bytes(const Entry& entry, std::uint64_t data_bytes) {
  if (entry.begin > entry.end || entry.end > data_bytes)
    fail("{}: data_offsets {} to {} do not lie within the {} bytes of data", entry.name, entry.begin,
         entry.end, data_bytes);
  const auto bytes = naming(entry.name, [&] { return byte_count(entry.element, entry.shape); });
  if (entry.end - entry.begin != bytes)
    fail("{}: {} {} takes {} bytes, but data_offsets {} to {} give it {}", entry.name, name_of(entry.element),
         to_string(entry.shape), bytes, entry.begin, entry.end, entry.end - entry.begin);
}

/// The arrays must fill the data from end to end, each byte once.
void check_cover(const std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::vector<const Entry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->begin, a->end) < std::tie(b->begin, b->end);
  });
  std::uint64_t covered = 0;
  for (const Entry* entry : order) {
    if (entry->begin < covered)
      fail("{}: its bytes from {} on belong to another array too", entry->name, entry->begin);
    if (entry->begin > covered)
      fail("{}: the bytes {} to {} before it belong to no array", entry->name, covered, entry->begin);
    covered = entry->end;
  }
  if (covered != data_bytes) fail("the last {} bytes belong to no array", data_bytes - covered);
}

}  // namespace

Header parse_header(std::string_view json, std::uint64_t data_bytes) {
  HeaderReader reader;
  Json::sax_parse(json.begin(), json.end(), &reader);
  Header header = reader.take();
  for (const auto& entry : header.entries) check_bytes(entry, data_bytes);
  check_cover(header.entries, data_bytes);
  return header;
}

std::string print_header(const Header& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json["__metadata__"] = header.metadata;
  for (const auto& entry : header.entries) {
    if (entry.name == "__metadata__") fail("an array cannot be named __metadata__");
    json[entry.name] = {{"dtype", name_of(entry.element)},
                        {"shape", std::vector<index_t>(entry.shape.begin(), entry.shape.end())},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  try {
    return json.dump();
  } catch (const Json::exception&) {
    fail("names and metadata must be UTF-8");
  }
}

}  // namespace xtape::nn::safetensors
