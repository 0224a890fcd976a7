// What fuzz targets of model files have in common.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include <xtape/core/error.hpp>
#include <xtape/nn/state_dict.hpp>

#include "tests/support/temporary_folder.hpp"

namespace xtape::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

inline std::string bytes(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Of one type and shape, and bit by bit the same.
inline bool equal(const nn::AnyArray& a, const nn::AnyArray& b) {
  return a.index() == b.index() && nn::shape_of(a) == nn::shape_of(b) &&
         std::visit(
             [&]<class A>(const A& x) {
               const auto size = static_cast<std::size_t>(x.size()) * sizeof(typename A::value_type);
               return size == 0 || std::memcmp(x.data(), std::get<A>(b).data(), size) == 0;
             },
             a);
}

inline bool equal(const nn::StateDict& a, const nn::StateDict& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& entry) {
           const auto* other = b.find(entry.first);
           return other && equal(entry.second, *other);
         });
}

}  // namespace xtape::fuzz
