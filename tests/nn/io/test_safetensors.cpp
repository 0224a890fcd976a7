// Model files: round trips, conversions, and files that are not what they claim.
#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <random>

#include <unistd.h>

#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/nn/io/safetensors.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::bytes_of_file;
using test::message_of;
using test::TemporaryFolder;
using test::text_of;
using test::write_file;

namespace {

std::string little_endian(std::uint64_t n) {
  const auto bytes = std::bit_cast<std::array<char, 8>>(n);
  return {bytes.begin(), bytes.end()};
}

std::string file_of(const std::string& json, const std::string& data) {
  return little_endian(json.size()) + json + data;
}

/// What loading these bytes says, without op and path.
std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  write_file(path, bytes);
  const auto text = text_of<IoError>([&] { nn::load_safetensors(path); });
  const auto start = "load_safetensors: " + path + ": ";
  BOOST_TEST(text.starts_with(start));
  return text.substr(start.size());
}

std::string refusal(const std::string& json, const std::string& data) { return refusal(file_of(json, data)); }

nn::StateDict load(const std::string& json, const std::string& data) {
  const TemporaryFolder folder;
  write_file(folder / "model", file_of(json, data));
  return nn::load_safetensors(folder / "model").tensors;
}

nn::StateDict all_types() {
  nn::StateDict state;
  state.add("keep", Mask{{true, false, true}});
  state.add("weight", Tensor{{1, 2, 3}, {4, 5, 6}});
  state.add("exact", Tensor64{0.1, -0.2});
  state.add("ids", Indices{-1, 1LL << 40});
  state.add("scalar", Tensor(7));
  state.add("empty", zeros({0, 3}));
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(a_round_trip_keeps_everything) {
  const TemporaryFolder folder;
  nn::save_safetensors(folder / "model", all_types(), {{"step", "12"}, {"text", "\"\\\n\xc3\xa9"}});
  const auto [tensors, metadata] = nn::load_safetensors(folder / "model");
  BOOST_TEST(tensors.size() == 6U);
  BOOST_TEST(tensors.get<Mask>("keep").at({0, 2}));
  BOOST_TEST(!tensors.get<Mask>("keep").at({0, 1}));
  BOOST_TEST(tensors.get<Tensor>("weight").at({1, 2}) == 6);
  BOOST_TEST(tensors.get<Tensor64>("exact").at({1}) == -0.2);
  BOOST_TEST(tensors.get<Indices>("ids").at({1}) == 1LL << 40);
  BOOST_TEST(tensors.get<Tensor>("scalar").item() == 7);
  BOOST_TEST((tensors.get<Tensor>("empty").shape() == Shape{0, 3}));
  BOOST_TEST(metadata.at("step") == "12");
  BOOST_TEST(metadata.at("text") == "\"\\\n\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(equal_state_gives_equal_aligned_bytes) {
  const TemporaryFolder folder;
  nn::save_safetensors(folder / "a", all_types(), {{"b", "1"}, {"a", "2"}});
  nn::save_safetensors(folder / "b", all_types(), {{"a", "2"}, {"b", "1"}});
  const auto bytes = bytes_of_file(folder / "a");
  BOOST_TEST(bytes == bytes_of_file(folder / "b"));
  BOOST_TEST(bytes.substr(8, 60) == R"({"__metadata__":{"a":"2","b":"1"},"exact":{"dtype":"F64","sh)");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  BOOST_TEST(header % 8 == 0U);
}

BOOST_AUTO_TEST_CASE(a_save_replaces_the_file_and_leaves_nothing_else) {
  const TemporaryFolder folder;
  write_file(folder / "model", "old");
  nn::save_safetensors(folder / "model", all_types());
  BOOST_TEST(nn::load_safetensors(folder / "model").tensors.size() == 6U);
  const auto files = std::filesystem::directory_iterator(folder.path());
  BOOST_TEST(std::distance(begin(files), end(files)) == 1);
}

BOOST_AUTO_TEST_CASE(a_save_that_fails_leaves_the_old_file) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "model");
  write_file(folder / "model/inside", "old");
  const auto text = text_of<IoError>([&] { nn::save_safetensors(folder / "model", all_types()); });
  BOOST_TEST(text.starts_with("save_safetensors: " + (folder / "model") + " cannot take its name: "));
  const auto files = std::filesystem::directory_iterator(folder.path());
  BOOST_TEST(std::distance(begin(files), end(files)) == 1);
  BOOST_TEST(text_of<IoError>([&] {
               nn::save_safetensors(folder / "no/model", all_types());
             }).ends_with("/no/model cannot be made: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(leftovers_of_a_process_of_the_same_number_are_passed) {
  const TemporaryFolder folder;
  constexpr int leftovers = 2000;  // more than there were saves
  for (int i = 1; i <= leftovers; ++i)
    write_file(folder / ("model." + std::to_string(getpid()) + '.' + std::to_string(i) + ".tmp"), "");
  nn::save_safetensors(folder / "model", all_types());
  BOOST_TEST(nn::load_safetensors(folder / "model").tensors.size() == 6U);
  const auto files = std::filesystem::directory_iterator(folder.path());
  BOOST_TEST(std::distance(begin(files), end(files)) == leftovers + 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_refused) {
  const TemporaryFolder folder;
  nn::StateDict state;
  state.add("__metadata__", Tensor{1});
  BOOST_TEST(text_of<IoError>([&] {
               nn::save_safetensors(folder / "a", state);
             }).ends_with("/a: an array cannot be named __metadata__"));
  BOOST_TEST(text_of<IoError>([&] {
               nn::save_safetensors(folder / "a", {}, {{"key", "\xff"}});
             }).ends_with("/a: names and metadata must be UTF-8"));
  BOOST_TEST(text_of<IoError>([&] {
               nn::save_safetensors(folder / "a", {}, {{"key", std::string(100'000'000, 'x')}});
             }) == "save_safetensors: " + (folder / "a") +
                       ": a header of 100000032 bytes; a safetensors file has 100000000 at most");
  BOOST_TEST(!std::filesystem::exists(folder / "a"));
}

BOOST_AUTO_TEST_CASE(narrow_types_are_widened) {
  const auto half = [](std::uint16_t bits) { return std::string{char(bits & 0xff), char(bits >> 8)}; };
  const auto f16 = load(
      R"({"x":{"dtype":"F16","shape":[7],"data_offsets":[0,14]}})",
      half(0x3c00) + half(0xc500) + half(0x0001) + half(0x8000) + half(0x7bff) + half(0x7c00) + half(0x7e00));
  const auto x = f16.get<Tensor>("x");
  BOOST_TEST(x.at({0}) == 1.0F);
  BOOST_TEST(x.at({1}) == -5.0F);
  BOOST_TEST(x.at({2}) == 0x1p-24F);
  BOOST_TEST(std::signbit(x.at({3})));
  BOOST_TEST(x.at({4}) == 65504.0F);
  BOOST_TEST(std::isinf(x.at({5})));
  BOOST_TEST(std::isnan(x.at({6})));
  const auto bf16 =
      load(R"({"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", half(0x3f80) + half(0xc0a0));
  BOOST_TEST(bf16.get<Tensor>("x").at({1}) == -5.0F);
  const auto flags = load(R"({"x":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", {"\0\1\xfe", 3});
  BOOST_TEST(flags.get<Mask>("x").at({2}));
  BOOST_TEST(!flags.get<Mask>("x").at({0}));
}

BOOST_AUTO_TEST_CASE(integers_become_int64) {
  const auto last = [](const std::string& type, const std::string& bytes) {
    const auto header = R"({"x":{"dtype":")" + type + R"(","shape":[2],"data_offsets":[0,)";
    const auto size = bytes.size() * 2;
    return load(header + std::to_string(size) + "]}}", bytes + bytes).get<Indices>("x").at({1});
  };
  BOOST_TEST(last("I8", "\xfe") == -2);
  BOOST_TEST(last("U8", "\xfe") == 254);
  BOOST_TEST(last("I16", "\xfe\xff") == -2);
  BOOST_TEST(last("U16", "\xfe\xff") == 65534);
  BOOST_TEST(last("I32", "\xfe\xff\xff\xff") == -2);
  BOOST_TEST(last("U32", "\xfe\xff\xff\xff") == 4294967294);
  BOOST_TEST(last("U64", "\xfe\xff\xff\xff\xff\xff\xff\x7f") == INT64_MAX - 1);
  BOOST_TEST(refusal(R"({"x":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}})", std::string(8, '\xff')) ==
             "x: the value 18446744073709551615 is more than int64 holds");
}

BOOST_AUTO_TEST_CASE(arrays_stay_in_the_file_until_they_are_written) {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  nn::StateDict state = all_types();
  state.add("large", full({1 << 20}, 3.0F));
  nn::save_safetensors(path, state);
  const auto before = memory_stats().live;
  auto x = nn::load_safetensors(path).tensors.get<Tensor>("large");  // the file's other handles are gone
  BOOST_TEST(memory_stats().live - before < 4096);
  nn::save_safetensors(path, {});  // another file of this name
  BOOST_TEST(x.at({(1 << 20) - 1}) == 3);
  const NoGrad writing;
  const void* const mapped = x.data();
  x.mutable_data()[7] = 4;
  BOOST_TEST((x.data() != mapped));
  BOOST_TEST(x.at({7}) == 4);
  BOOST_TEST(x.at({8}) == 3);
}

BOOST_AUTO_TEST_CASE(arrays_are_copied_where_they_lie_askew) {
  for (const std::string space : {"", " ", "   "}) {
    const auto header = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})" + space;
    const auto x = load(header, std::string("\0\0\x80\x3f\0\0\0\x40", 8)).get<Tensor>("x");
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(x.data()) % alignof(float) == 0U);
    BOOST_TEST(x.at({0}) == 1);
    BOOST_TEST(x.at({1}) == 2);
  }
}

BOOST_AUTO_TEST_CASE(not_a_number_is_a_value) {
  const auto x = load(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "\xff\xff\xff\xff");
  BOOST_TEST(std::isnan(x.get<Tensor>("x").item()));
}

BOOST_AUTO_TEST_CASE(halves_are_the_nearest) {
  const TemporaryFolder folder;
  const auto as = [&](nn::FloatFormat floats, double value) {
    nn::StateDict state;
    state.add("x", Tensor64(value));
    nn::save_safetensors(folder / "x", state, {}, {.floats = floats});
    return nn::load_safetensors(folder / "x").tensors.get<Tensor>("x").item();
  };
  const auto f16 = [&](double value) { return as(nn::FloatFormat::f16, value); };
  const auto bf16 = [&](double value) { return as(nn::FloatFormat::bf16, value); };
  BOOST_TEST(f16(1 + 0x1p-11) == 1);  // between two: to even
  BOOST_TEST(f16(1 + 3 * 0x1p-11) == 1 + 0x1p-9F);
  BOOST_TEST(f16(-2049.5) == -2050);
  BOOST_TEST(f16(65519) == 65504);
  BOOST_TEST(f16(65520) == INFINITY);
  BOOST_TEST(f16(-INFINITY) == -INFINITY);
  BOOST_TEST(std::isnan(f16(NAN)));
  BOOST_TEST(f16(0x1.8p-24) == 0x1p-23F);  // subnormal
  BOOST_TEST(f16(0x1p-25) == 0);
  BOOST_TEST(f16(0x1.ff8p-15) == 0x1.ff8p-15F);
  BOOST_TEST(f16(0x1.ffcp-15) == 0x1p-14F);
  BOOST_TEST(std::signbit(f16(-0.0)));
  BOOST_TEST(bf16(1 + 0x1p-8) == 1);
  BOOST_TEST(bf16(1 + 3 * 0x1p-8) == 1 + 0x1p-6F);
  BOOST_TEST(bf16(-3.4e38) == -INFINITY);
  BOOST_TEST(std::isnan(bf16(NAN)));
}

BOOST_AUTO_TEST_CASE(paths_that_are_no_files) {
  const TemporaryFolder folder;
  BOOST_TEST(text_of<IoError>([&] { nn::load_safetensors(folder / "none"); }) ==
             "load_safetensors: " + (folder / "none") + ": No such file or directory");
  BOOST_TEST(text_of<IoError>([&] { nn::load_safetensors(folder.path()); }) ==
             "load_safetensors: " + folder.path() + ": is a folder");
  BOOST_TEST(text_of<IoError>([&] { nn::load_safetensors("/dev/null"); }) ==
             "load_safetensors: /dev/null: is not a regular file");
}

BOOST_AUTO_TEST_CASE(lengths_that_lie) {
  BOOST_TEST(refusal("") == "0 bytes are too few for a safetensors file");
  BOOST_TEST(refusal("1234567") == "7 bytes are too few for a safetensors file");
  BOOST_TEST(refusal("plain text") ==
             "a header of 7310503753715641456 bytes does not fit; is it a safetensors file of 10 bytes?");
  BOOST_TEST(refusal(little_endian(3) + "{}") ==
             "a header of 3 bytes does not fit; is it a safetensors file of 10 bytes?");
  BOOST_TEST(refusal(little_endian(0)) == "the header is not JSON, from its byte 1 on");
}

BOOST_AUTO_TEST_CASE(headers_that_are_not_what_they_should_be) {
  BOOST_TEST(refusal("[]", "") == "the header is a list, not an object");
  BOOST_TEST(refusal("{}{}", "") == "the header is not JSON, from its byte 3 on");
  BOOST_TEST(refusal(std::string(100000, '['), "") == "the header is a list, not an object");
  BOOST_TEST(refusal(R"({"x":3})", "") ==
             "x: a number instead of a description with dtype, shape and data_offsets");
  BOOST_TEST(refusal(R"({"__metadata__":{"a":[1]}})", "") ==
             "__metadata__: a holds a list; only strings are allowed");
  BOOST_TEST(refusal(R"({"__metadata__":{"a":"1","a":"2"}})", "") == "__metadata__: the key a stands twice");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1]}})", "1234") == "x: data_offsets is missing");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","dtype":"F32"}})", "") == "x: dtype stands twice");
  BOOST_TEST(
      refusal(R"({"x":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})", "1") ==
      "x: element type \"F8\" is none of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234") ==
             "x: shape holds a negative number");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", "1234") ==
             "x: shape holds a number that is no integer");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", "1234") ==
             "x: shape holds a list");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}})", "1234") ==
             "x: more than two data_offsets");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", "1234") ==
             "x: data_offsets needs two numbers, not 1");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":"x"}})", "1234") ==
             "x: more holds a string");
}

BOOST_AUTO_TEST_CASE(names_that_are_not_utf8) {
  BOOST_TEST(refusal("{\"\xff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "1234") ==
             "the header is not JSON, from its byte 3 on");
}

BOOST_AUTO_TEST_CASE(headers_that_are_deep) {
  std::string json = R"({"x":)";
  for (int i = 0; i < 100000; ++i) json += R"({"a":)";
  BOOST_TEST(refusal(json, "") == "x: a holds an object");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":)" + std::string(100000, '['), "") ==
             "x: shape holds a list");
}

BOOST_AUTO_TEST_CASE(names_that_stand_twice) {
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                     R"("x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                     "12345678") == "x: the name stands twice");
}

BOOST_AUTO_TEST_CASE(shapes_and_offsets_that_lie) {
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234") ==
             "x: data_offsets 0 to 8 do not lie within the 4 bytes of data");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[1152921504606846976,)"
                     R"(1152921504606846980]}})",
                     "1234") ==
             "x: data_offsets 1152921504606846976 to 1152921504606846980 do not lie within "
             "the 4 bytes of data");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}})",
                     "1234") == "x: data_offsets holds a number that is no integer");
  BOOST_TEST(
      refusal(R"({"x":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,4]}})", "1234") ==
      "x: U8 (1152921504606846976,) takes 1152921504606846976 bytes, but data_offsets 0 to 4 give it 4");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}})", "1234") ==
             "x: data_offsets 4 to 0 do not lie within the 4 bytes of data");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234") ==
             "x: F32 (2,) takes 8 bytes, but data_offsets 0 to 4 give it 4");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", "") ==
             "x: shape (4611686018427387904, 4) holds more elements than can be counted");
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]}})", "") ==
             "x: extent 9223372036854775808 is too large");
  std::string ones = "1";
  for (int i = 0; i < 32; ++i) ones += ",1";
  BOOST_TEST(refusal(R"({"x":{"dtype":"F32","shape":[)" + ones + R"(],"data_offsets":[0,4]}})", "1234") ==
             "x: more than 32 axes");
}

BOOST_AUTO_TEST_CASE(arrays_that_overlap_or_leave_gaps) {
  const auto two = [](const std::string& x, const std::string& y) {
    return R"({"x":{"dtype":"F32","shape":[1],"data_offsets":)" + x +
           R"(},"y":{"dtype":"F32","shape":[1],"data_offsets":)" + y + "}}";
  };
  BOOST_TEST(refusal(two("[0,4]", "[0,4]"), "1234") == "y: its bytes from 0 on belong to another array too");
  BOOST_TEST(refusal(two("[0,4]", "[2,6]"), "123456") ==
             "y: its bytes from 2 on belong to another array too");
  BOOST_TEST(refusal(two("[5,9]", "[0,4]"), "123456789") ==
             "x: the bytes 4 to 5 before it belong to no array");
  BOOST_TEST(refusal(two("[4,8]", "[0,4]"), "123456789") == "the last 1 bytes belong to no array");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_anywhere) {
  const TemporaryFolder folder;
  nn::save_safetensors(folder / "model", all_types());
  const auto whole = bytes_of_file(folder / "model");
  reset_peak_memory();
  const auto before = memory_stats().live;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(folder / "cut", whole.substr(0, length));
    BOOST_CHECK_THROW(nn::load_safetensors(folder / "cut"), IoError);
  }
  BOOST_TEST(memory_stats().peak == before);
}

BOOST_AUTO_TEST_CASE(damaged_files_load_or_are_refused) {
  const TemporaryFolder folder;
  nn::save_safetensors(folder / "model", all_types(), {{"step", "12"}});
  const auto good = bytes_of_file(folder / "model");
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) { return random() % n; };
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    auto bytes = good;
    if (below(4) == 0) bytes.resize(below(bytes.size()));
    for (std::size_t n = below(4); n > 0 && !bytes.empty(); --n)
      bytes[below(std::min<std::size_t>(bytes.size(), 600))] = static_cast<char>(below(256));
    write_file(folder / "damaged", bytes);
    try {
      nn::load_safetensors(folder / "damaged");
    } catch (const IoError&) {
      ++refused;
    }
  }
  BOOST_TEST(refused > 1000);
}

BOOST_AUTO_TEST_CASE(errors_name_the_users_line) {
  const int line = __LINE__ + 1;
  const auto message = message_of<IoError>([] { nn::load_safetensors("/nowhere"); });
  BOOST_TEST(message.ends_with(test::place(__FILE__, line)));
}

BOOST_AUTO_TEST_SUITE_END()
