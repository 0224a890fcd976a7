// NumPy's files: round trips, what NumPy wrote, and files that are not what they claim.
#include <boost/test/unit_test.hpp>

#include <random>

#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/nn/io/npy.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::bytes_of_file;
using test::TemporaryFolder;
using test::text_of;
using test::write_file;

namespace {

const std::string plain = XTAPE_GOLDENS "/npy/plain.npz";
const std::string compressed = XTAPE_GOLDENS "/npy/compressed.npz";

/// A file of version 1.0 with this header.
std::string file_of(const std::string& header, const std::string& data) {
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size() & 0xff) +
         static_cast<char>(header.size() >> 8) + header + data;
}

nn::AnyArray load(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", bytes);
  return nn::load_npy(folder / "x.npy");
}

/// What loading these bytes says, without op and path.
template <class Load>
std::string refusal(const std::string& op, Load load_file, const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  write_file(path, bytes);
  const auto text = text_of<IoError>([&] { load_file(path); });
  const auto start = op + ": " + path + ": ";
  BOOST_TEST(text.starts_with(start));
  return text.substr(start.size());
}

std::string refusal(const std::string& bytes) {
  return refusal(
      "load_npy", [](const auto& path) { nn::load_npy(path); }, bytes);
}

std::string refusal(const std::string& header, const std::string& data) {
  return refusal(file_of(header, data));
}

std::string refusal_of_npz(const std::string& bytes) {
  return refusal(
      "load_npz", [](const auto& path) { nn::load_npz(path); }, bytes);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Whether this build has libzip.
boost::test_tools::assertion_result reads_archives(boost::unit_test::test_unit_id) {
  try {
    nn::load_npz(plain);
    return true;
  } catch (const IoError& error) {
    return std::string(error.what()).find("built without libzip") == std::string::npos;
  }
}

const boost::unit_test::precondition where_archives_are_read(reads_archives);

template <class A>
A round_trip(const A& x) {
  const TemporaryFolder folder;
  nn::save_npy(folder / "x.npy", x);
  return std::get<A>(nn::load_npy(folder / "x.npy"));
}

void check_arrays_of_numpy(const std::string& path) {
  const auto arrays = nn::load_npz(path);
  BOOST_TEST(arrays.size() == 4U);
  BOOST_TEST(arrays.get<Tensor>("x").at({1, 2}) == 5);
  BOOST_TEST(arrays.get<Indices>("i").at({0}) == -1);
  BOOST_TEST(arrays.get<Indices>("i").at({2}) == 300);
  const auto& f = arrays.get<Tensor64>("f");
  for (index_t i = 0; i < 12; ++i) BOOST_TEST(f.data()[i] == static_cast<double>(i));
  BOOST_TEST(arrays.get<Mask>("keep").at({0}));
  BOOST_TEST(!arrays.get<Mask>("keep").at({1}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(npy)

BOOST_AUTO_TEST_CASE(a_round_trip_keeps_everything) {
  BOOST_TEST(round_trip(Tensor{{1, 2, 3}, {4, 5, 6}}).at({1, 2}) == 6);
  BOOST_TEST(round_trip(Tensor64{0.1, -0.2}).at({1}) == -0.2);
  BOOST_TEST(round_trip(Indices{-1, 1LL << 40}).at({1}) == 1LL << 40);
  BOOST_TEST(round_trip(Mask{true, false}).at({0}));
  BOOST_TEST(round_trip(Tensor(7)).item() == 7);
  BOOST_TEST((round_trip(zeros({0, 3})).shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(files_are_written_as_by_numpy) {
  const TemporaryFolder folder;
  nn::save_npy(folder / "x.npy", Tensor{{1, 2}});
  const auto bytes = bytes_of_file(folder / "x.npy");
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  BOOST_TEST(bytes.substr(0, 10) == std::string("\x93NUMPY\1\0\x76\0", 10));
  BOOST_TEST(bytes.substr(10, 118) == header + std::string(117 - header.size(), ' ') + '\n');
  BOOST_TEST(bytes.size() == 128U + 8U);
}

BOOST_AUTO_TEST_CASE(arrays_stay_in_the_file) {
  const TemporaryFolder folder;
  nn::save_npy(folder / "x.npy", full({1 << 20}, 3.0F));
  const auto before = memory_stats().live;
  const auto x = std::get<Tensor>(nn::load_npy(folder / "x.npy"));
  BOOST_TEST(memory_stats().live - before < 4096);
  BOOST_TEST(x.at({-1}) == 3);
}

BOOST_AUTO_TEST_CASE(every_order_of_bytes_and_axes) {
  const std::string six("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  const auto big =
      std::get<Indices>(load(file_of("{'descr':'>u2','fortran_order':False,'shape':(2,3)}", six)));
  BOOST_TEST(big.at({1, 0}) == 4);
  const auto fortran =
      std::get<Indices>(load(file_of("{'descr':'>u2','fortran_order':True,'shape':(2,3)}", six)));
  BOOST_TEST(fortran.at({1, 0}) == 2);
  BOOST_TEST(fortran.at({0, 1}) == 3);
  const auto half = load(file_of("{'shape': (), 'fortran_order': True, 'descr': '<f2'}", {"\0\x3e", 2}));
  BOOST_TEST(std::get<Tensor>(half).item() == 1.5F);
  auto second = file_of("{\"descr\": \"|i1\", \"fortran_order\": False, \"shape\": (1,), } \n", "\xff");
  second[6] = 2;
  second.insert(10, 2, '\0');
  BOOST_TEST(std::get<Indices>(load(second)).at({0}) == -1);
  const auto empty =
      load(file_of("{'descr': '>f8', 'fortran_order': True, 'shape': (0, 9000000000000000000)}", ""));
  BOOST_TEST(std::get<Tensor64>(empty).size() == 0);
}

BOOST_AUTO_TEST_CASE(types_that_are_not_taken) {
  const auto of_type = [](const std::string& type) {
    return refusal("{'descr': " + type + ", 'fortran_order': False, 'shape': (1,), }", "12345678");
  };
  BOOST_TEST(of_type("'|O'") == "its elements are Python objects, which only Python reads");
  BOOST_TEST(of_type("[('a', '<f4')]") == "its elements are records of several values");
  BOOST_TEST(of_type("'<c8'") == "its element type \"<c8\" is no float, integer or boolean");
  BOOST_TEST(of_type("'<U2'") == "its element type \"<U2\" is no float, integer or boolean");
  BOOST_TEST(of_type("'<'") == "its element type \"<\" is no float, integer or boolean");
  BOOST_TEST(of_type("''") == "its element type is empty");
  BOOST_TEST(refusal("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", std::string(8, '\xff')) ==
             "the value 18446744073709551615 is more than int64 holds");
}

BOOST_AUTO_TEST_CASE(headers_that_are_not_what_they_should_be) {
  BOOST_TEST(refusal("") == "it does not begin as an .npy file");
  BOOST_TEST(refusal("PK\3\4") == "it does not begin as an .npy file");
  BOOST_TEST(refusal("\x93NUMPY\1") == "7 bytes are too few for an .npy file");
  BOOST_TEST(refusal(std::string("\x93NUMPY\x09\0\0\0\0\0", 12)) == "its version is 9, not 1, 2 or 3");
  BOOST_TEST(refusal(std::string("\x93NUMPY\1\0\xff\xff{}", 12)) ==
             "a header of 65535 bytes does not fit in 12");
  BOOST_TEST(refusal(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12)) ==
             "a header of 4294967295 bytes does not fit in 12");
  BOOST_TEST(refusal("    ", "") == "its header has nothing where { should be");
  BOOST_TEST(refusal("{   ", "") == "its header has nothing where a quoted text should be");
  BOOST_TEST(refusal("{'descr", "") == "its header has \"'descr\" where a quoted text should be");
  BOOST_TEST(refusal("{}", "") == "its header has no descr");
  BOOST_TEST(refusal("{'a': 1}", "") == "its header has \"a\", none of descr, fortran_order, shape");
  BOOST_TEST(refusal("{'descr': '<f4', 'descr': '<f4'}", "") == "its header has \"descr\" twice");
  BOOST_TEST(refusal("{'fortran_order': 1}", "") == "its header has \"1}\" where False should be");
  BOOST_TEST(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "1234") ==
             "its header has \"x\" where the end should be");
  BOOST_TEST(refusal(std::string(60000, '('), "").ends_with("((((\"... where { should be"));
}

BOOST_AUTO_TEST_CASE(shapes_that_lie) {
  const auto of_shape = [](const std::string& shape) {
    return refusal("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", "1234");
  };
  BOOST_TEST(of_shape("(2,)") == "f4 (2,) takes 8 bytes, but 4 follow the header");
  BOOST_TEST(of_shape("(0,)") == "f4 (0,) takes 0 bytes, but 4 follow the header");
  BOOST_TEST(of_shape("(1152921504606846976,)") ==
             "f4 (1152921504606846976,) takes 4611686018427387904 bytes, but 4 follow the header");
  BOOST_TEST(of_shape("(4611686018427387904, 4)") ==
             "shape (4611686018427387904, 4) holds more elements than can be counted");
  BOOST_TEST(of_shape("(9223372036854775808,)") == "its shape has an extent that is too large");
  BOOST_TEST(of_shape("(-1,)") == "its header has \"-1,)}\" where an extent should be");
  BOOST_TEST(of_shape("(1.5,)") == "its header has \".5,)}\" where ) should be");
  BOOST_TEST(of_shape("[1]") == "its header has \"[1]}\" where ( should be");
  BOOST_TEST(of_shape("((1,),)") == "its header has \"(1,),)}\" where an extent should be");
  std::string ones = "(";
  for (int i = 0; i < 33; ++i) ones += "1,";
  BOOST_TEST(of_shape(ones + ")") == "its shape has more than 32 axes");
}

BOOST_AUTO_TEST_CASE(archives_of_numpy, *where_archives_are_read) {
  check_arrays_of_numpy(plain);
  check_arrays_of_numpy(compressed);
}

BOOST_AUTO_TEST_CASE(archives_that_are_damaged, *where_archives_are_read) {
  BOOST_TEST(refusal_of_npz("") == "it is empty");
  BOOST_TEST(refusal_of_npz("plain text") == "it is no zip archive: Not a zip archive");
  const auto whole = bytes_of_file(plain);
  BOOST_TEST(refusal_of_npz(whole.substr(0, whole.size() / 2)) == "it is no zip archive: Not a zip archive");
  BOOST_TEST(refusal_of_npz(replaced(whole, "keep.npy", "keep.txt")) == "\"keep.txt\" is no .npy file");
  BOOST_TEST(refusal_of_npz(replaced(whole, "i.npy", "x.npy")) == "x: the name stands twice");
  BOOST_TEST(refusal_of_npz(replaced(whole, "(2, 3)", "(3, 2)")) == "x: its bytes are damaged");
}

BOOST_AUTO_TEST_CASE(archives_that_claim_too_much, *where_archives_are_read) {
  auto bytes = bytes_of_file(compressed);
  const auto entry = bytes.find("PK\1\2");  // in the directory: compressed size at 20, size at 24
  for (std::size_t i = 24; i < 27; ++i) bytes[entry + i] = '\xff';
  BOOST_TEST(refusal_of_npz(bytes).starts_with("x: 16777215 bytes are claimed for "));
  bytes = bytes_of_file(plain);  // stored as it is
  const auto stored = bytes.find("PK\1\2");
  bytes[stored + 25] = '\x10';
  BOOST_TEST(refusal_of_npz(bytes) == "x: 4248 bytes are claimed for 152 of the file");
  bytes = bytes_of_file(compressed);
  bytes[entry + 10] = 12;  // bzip2
  BOOST_TEST(refusal_of_npz(bytes) == "x: it is compressed by another method than deflate");
}

BOOST_AUTO_TEST_CASE(damaged_files_load_or_are_refused) {
  const TemporaryFolder folder;
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) { return random() % n; };
  int refused = 0;
  nn::save_npy(folder / "x.npy", Tensor{{1, 2, 3}, {4, 5, 6}});
  const auto damage = [&](const std::string& good, std::size_t span, auto load_file) {
    for (int i = 0; i < 1000; ++i) {
      auto bytes = good;
      if (below(4) == 0) bytes.resize(below(bytes.size()));
      for (std::size_t n = below(4); n > 0 && !bytes.empty(); --n)
        bytes[below(std::min(bytes.size(), span))] = static_cast<char>(below(256));
      write_file(folder / "damaged", bytes);
      try {
        load_file(folder / "damaged");
      } catch (const IoError&) {
        ++refused;
      }
    }
  };
  damage(bytes_of_file(folder / "x.npy"), 80, [](const auto& path) { nn::load_npy(path); });
  damage(bytes_of_file(compressed), 2000, [](const auto& path) { nn::load_npz(path); });
  BOOST_TEST(refused > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
