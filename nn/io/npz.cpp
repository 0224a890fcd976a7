// Reading .npz files: zip archives of .npy files, by libzip.
#include <xtape/nn/io/npy.hpp>

#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/io/npy_header_impl.hpp>

#include <zip.h>

#include <algorithm>
#include <vector>

namespace xtape::nn {

namespace {

constexpr std::string_view ending = ".npy";
constexpr std::uint64_t most_deflated = 1032;  // deflate makes nothing smaller than this part of it
constexpr std::uint64_t read_at_once = 1 << 20;

/// An archive in memory; the bytes must outlive it.
class Archive {
 public:
  Archive(const std::byte* bytes, std::uint64_t size) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes, size, 0, &error);
    if (source) zip_ = zip_open_from_source(source, ZIP_RDONLY, &error);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (source && !zip_) zip_source_free(source);
    if (!zip_) fail("it is no zip archive: {}", why);
  }
  ~Archive() { zip_discard(zip_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  std::uint64_t size() const { return static_cast<std::uint64_t>(zip_get_num_entries(zip_, 0)); }

  zip_stat_t facts(std::uint64_t i) const {
    zip_stat_t facts;
    zip_stat_init(&facts);
    constexpr auto wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(zip_, i, 0, &facts) != 0 || (facts.valid & wanted) != wanted)
      fail("entry {} of the archive is damaged", i);
    return facts;
  }

  /// The memory grows with what is there, not with the size that is claimed.
  std::vector<char> read(std::uint64_t i, std::uint64_t size) const {
    std::vector<char> bytes;
    zip_file_t* file = zip_fopen_index(zip_, i, 0);
    if (!file) fail("{}", zip_strerror(zip_));
    for (zip_int64_t got = 1; got > 0 && bytes.size() < size;) {
      const auto begin = bytes.size();
      bytes.resize(begin + std::min(read_at_once, size - begin));
      got = zip_fread(file, bytes.data() + begin, bytes.size() - begin);
      bytes.resize(begin + static_cast<std::size_t>(std::max<zip_int64_t>(got, 0)));
    }
    char more = 0;
    const bool whole = bytes.size() == size && zip_fread(file, &more, 1) == 0;  // the sum too
    zip_fclose(file);
    if (!whole) fail("its bytes are damaged");
    return bytes;
  }

 private:
  zip_t* zip_ = nullptr;
};

/// Refuses what claims more memory than so many bytes of a file can hold.
void check_size(const zip_stat_t& facts, std::uint64_t left) {
  if (facts.comp_method != ZIP_CM_STORE && facts.comp_method != ZIP_CM_DEFLATE)
    fail("it is compressed by another method than deflate");
  const auto most = facts.comp_method == ZIP_CM_STORE ? 1 : most_deflated;
  if (facts.comp_size > left || facts.size / most > facts.comp_size)
    fail("{} bytes are claimed for {} of the file", facts.size, facts.comp_size);
}

AnyArray read_array(const Archive& archive, std::uint64_t i, std::uint64_t size) {
  const auto bytes = std::make_shared<const std::vector<char>>(archive.read(i, size));
  return npy::parse({bytes->data(), bytes->size()}, bytes);
}

StateDict read_arrays(const Archive& archive, std::uint64_t file_size, Here at) {
  StateDict arrays;
  for (std::uint64_t i = 0; i < archive.size(); ++i) {
    const auto facts = archive.facts(i);
    std::string_view name = facts.name;
    if (!name.ends_with(ending)) fail("{} is no .npy file", shown(name));
    name.remove_suffix(ending.size());
    naming(name, [&] {
      check_size(facts, file_size);
      if (arrays.contains(name)) fail("the name stands twice");
      arrays.add(std::string(name), read_array(archive, i, facts.size), at);
    });
    file_size -= facts.comp_size;  // entries that share bytes would claim more than there are
  }
  return arrays;
}

}  // namespace

StateDict load_npz(const std::string& path, Here at) {
  const InputFile file("load_npz", path, at);
  const auto bytes = file.map();
  if (!bytes) file.fail("it is empty");  // for libzip, an archive without entries
  return reading(file, [&] { return read_arrays(Archive(bytes.get(), file.size()), file.size(), at); });
}

}  // namespace xtape::nn
