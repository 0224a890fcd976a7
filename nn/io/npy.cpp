// Reading and writing .npy files.
#include <xtape/nn/io/npy.hpp>

#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/io/npy_header_impl.hpp>

#include <algorithm>
#include <vector>

namespace xtape::nn {

namespace npy {

namespace {

/// Steps through the elements of a file along each axis of its array.
Strides strides_of(const Header& header) {
  if (!header.fortran_order) return row_major_strides(header.shape);
  Strides strides;
  for (index_t step = 1; const index_t extent : header.shape) {
    strides.push_back(step);
    step *= extent;
  }
  return strides;
}

/// The elements in row-major order, and their bytes little-endian.
std::vector<std::byte> in_order(const std::byte* data, const Header& header) {
  const std::size_t size = size_of(header.element);
  std::vector<std::byte> y(byte_count(header.element, header.shape));
  const Strides strides = strides_of(header);
  Shape place(header.shape.size(), 0);
  index_t offset = 0;
  for (auto to = y.begin(); to != y.end(); to += static_cast<std::ptrdiff_t>(size)) {
    const std::byte* from = data + static_cast<std::size_t>(offset) * size;
    if (header.big_endian)
      std::reverse_copy(from, from + size, to);
    else
      std::copy(from, from + size, to);
    for (std::size_t d = place.size(); d-- > 0;) {
      offset += strides[d];
      if (++place[d] < header.shape[d]) break;
      offset -= strides[d] * header.shape[d];
      place[d] = 0;
    }
  }
  return y;
}

}  // namespace

AnyArray parse(std::string_view file, std::shared_ptr<const void> owner) {
  const auto header = parse_header(file);
  const auto* data = reinterpret_cast<const std::byte*>(file.data()) + header.bytes;
  const bool usual = !header.big_endian && !header.fortran_order;
  if (usual || element_count(header.shape) == 0)
    return to_array({header.element, header.shape, data, std::move(owner)});
  const auto bytes = std::make_shared<const std::vector<std::byte>>(in_order(data, header));
  return to_array({header.element, header.shape, bytes->data(), bytes});
}

}  // namespace npy

AnyArray load_npy(const std::string& path, Here at) {
  const InputFile file("load_npy", path, at);
  const auto bytes = file.map();
  const std::string_view text(reinterpret_cast<const char*>(bytes.get()), file.size());
  return reading(file, [&] { return npy::parse(text, bytes); });
}

void save_npy(const std::string& path, const AnyArray& x, Here at) {
  const npy::Header header{.element = element_of(x), .shape = shape_of(x)};
  OutputFile file("save_npy", path, at);
  file.write(npy::print_header(header));
  file.write(bytes_of(x), byte_count(header.element, header.shape));
  file.commit();
}

}  // namespace xtape::nn
