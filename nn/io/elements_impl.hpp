// Elements as files hold them, and the library's arrays made from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// Types of elements in files.
enum class Element : std::uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

std::size_t size_of(Element element);

/// The bytes of an array. Throws Malformed where they cannot be counted.
std::uint64_t byte_count(Element element, const Shape& shape);

/// An array in a file: row-major and little-endian, at any address. The owner keeps the bytes.
struct StoredArray {
  Element element;
  Shape shape;
  const std::byte* data;
  std::shared_ptr<const void> owner;
};

/// The library's array of these values. Elements of its own types are borrowed from the owner where they are
/// aligned; others become float32 or int64. Throws Malformed for integers that are more than int64 holds.
AnyArray to_array(const StoredArray& x);

/// The element type of an array, and its bytes.
Element element_of(const AnyArray& x);
const void* bytes_of(const AnyArray& x);

}  // namespace xtape::nn
