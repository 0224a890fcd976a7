// Arrays from elements of files.
#include <xtape/nn/io/elements_impl.hpp>

#include <xtape/nn/io/half_impl.hpp>
#include <xtape/nn/io/malformed_impl.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace xtape::nn {

static_assert(std::endian::native == std::endian::little, "files are read as if they were little-endian");

namespace {

template <class E>
Buffer<E> borrow(const StoredArray& x) {
  const auto bytes = static_cast<std::size_t>(element_count(x.shape)) * sizeof(E);
  return {Storage::borrow(x.data, bytes, alignof(E), x.owner), x.shape};
}

template <class E, class Stored, class Convert>
Buffer<E> convert(const StoredArray& x, Convert f) {
  auto y = uninitialized<E>(x.shape);
  const std::byte* from = x.data;
  for (E *to = y.data(), *end = to + y.size(); to != end; ++to, from += sizeof(Stored)) {
    Stored value;
    std::memcpy(&value, from, sizeof(Stored));
    *to = f(value);
  }
  return y;
}

template <class Stored>
Indices widen(const StoredArray& x) {
  return convert<std::int64_t, Stored>(x, [](Stored value) {
    if (!std::in_range<std::int64_t>(value)) fail("the value {} is more than int64 holds", value);
    return static_cast<std::int64_t>(value);
  });
}

/// A bool in memory is 0 or 1, a byte of a file may be anything.
Mask to_mask(const StoredArray& x) {
  const auto is_bool = [](std::byte byte) { return byte <= std::byte{1}; };
  if (std::all_of(x.data, x.data + element_count(x.shape), is_bool)) return borrow<bool>(x);
  return convert<bool, unsigned char>(x, [](auto value) { return value != 0; });
}

}  // namespace

std::size_t size_of(Element element) {
  constexpr std::array<std::uint8_t, 13> sizes = {8, 4, 2, 2, 8, 4, 2, 1, 8, 4, 2, 1, 1};
  return sizes[static_cast<std::size_t>(element)];
}

std::uint64_t byte_count(Element element, const Shape& shape) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::uint64_t bytes = size_of(element);
  bool overflow = false;
  for (const index_t extent : shape)
    overflow |= __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes);
  if (overflow) fail("shape {} holds more elements than can be counted", to_string(shape));
  return bytes;
}

AnyArray to_array(const StoredArray& x) {
  switch (x.element) {
    case Element::f64: return Tensor64(borrow<double>(x));
    case Element::f32: return Tensor(borrow<float>(x));
    case Element::f16: return Tensor(convert<float, std::uint16_t>(x, from_f16));
    case Element::bf16: return Tensor(convert<float, std::uint16_t>(x, from_bf16));
    case Element::i64: return Indices(borrow<std::int64_t>(x));
    case Element::i32: return widen<std::int32_t>(x);
    case Element::i16: return widen<std::int16_t>(x);
    case Element::i8: return widen<std::int8_t>(x);
    case Element::u64: return widen<std::uint64_t>(x);
    case Element::u32: return widen<std::uint32_t>(x);
    case Element::u16: return widen<std::uint16_t>(x);
    case Element::u8: return widen<std::uint8_t>(x);
    case Element::boolean: return to_mask(x);
  }
  fail("unknown element type");
}

Element element_of(const AnyArray& x) {
  constexpr Element in_order[] = {Element::f32, Element::f64, Element::i64, Element::boolean};
  return in_order[x.index()];
}

const void* bytes_of(const AnyArray& x) {
  return std::visit([](const auto& array) -> const void* { return array.data(); }, x);
}

}  // namespace xtape::nn
