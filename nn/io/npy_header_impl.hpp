// The header of an .npy file: what the Python dictionary says, checked.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <xtape/nn/io/elements_impl.hpp>

namespace xtape::nn::npy {

struct Header {
  Element element = Element::f32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
  std::size_t bytes = 0;  // before the data
};

/// Reads the header of a file. Throws Malformed, also where not exactly its array follows it.
Header parse_header(std::string_view file);

/// The bytes before the data, as numpy.save() writes them.
std::string print_header(const Header& header);

/// The array of a file, whose bytes the owner keeps. Throws Malformed.
AnyArray parse(std::string_view file, std::shared_ptr<const void> owner);

}  // namespace xtape::nn::npy
