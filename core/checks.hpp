// The checks that ops share: each is one line at the call and throws a message that names the op.
#pragma once

#include <cstdint>
#include <string_view>

#include <xtape/core/here.hpp>
#include <xtape/core/shape.hpp>

namespace xtape {

/// The axis counted from the first, for an axis in [-rank, rank). Throws ShapeError.
std::size_t check_axis(std::string_view op, const Shape& shape, index_t axis, Here at);

/// The place of a new axis, counted from the first, for an axis of the result in [-rank - 1, rank].
/// Throws ShapeError.
std::size_t check_new_axis(std::string_view op, const Shape& shape, index_t axis, Here at);

/// The axes counted from the first, ascending; all of them where none is named. Throws ShapeError for one out
/// of range or named twice.
SmallVector<std::size_t, 6> check_axes(std::string_view op, const Shape& shape, const Axes& axes, Here at);

/// `shape` with at most one -1 replaced so that it holds as many elements as `from`. Throws ShapeError.
Shape check_reshape(std::string_view op, const Shape& from, const Shape& shape, Here at);

/// The shape that both broadcast to. Throws ShapeError naming both.
Shape check_broadcast(std::string_view op, const Shape& a, const Shape& b, Here at);

/// Throws ShapeError where `shape` does not broadcast to `to`.
void check_broadcasts_to(std::string_view op, const Shape& shape, const Shape& to, Here at);

/// Throws ShapeError where x and y differ; the names say what they are.
void check_same_shape(std::string_view op, std::string_view x_name, const Shape& x, std::string_view y_name,
                      const Shape& y, Here at);

/// Throws ShapeError where x has fewer than `rank` axes.
void check_rank_at_least(std::string_view op, std::string_view name, const Shape& x, std::size_t rank,
                         Here at);

/// Throws ShapeError where x has not exactly `rank` axes.
void check_rank(std::string_view op, std::string_view name, const Shape& x, std::size_t rank, Here at);

/// Throws ValueError where p is not in [0, 1]; NaN is not.
void check_probability(std::string_view op, std::string_view name, double p, Here at);

/// Throws ValueError where x is negative or NaN.
void check_not_negative(std::string_view op, std::string_view name, double x, Here at);

/// Throws ValueError where x is not in [0, 1): what decays with it would never fade.
void check_decay(std::string_view op, std::string_view name, double x, Here at);

/// Throws IndexError naming the first index that is not in [0, count), unless it equals `exception`.
void check_indices(std::string_view op, const std::int64_t* indices, index_t n, index_t count, Here at,
                   const std::int64_t* exception = nullptr);

}  // namespace xtape
