// SPDX-License-Identifier: MIT
//
// Result<T>: a T, or the errno that says why there is none.
//
// Every fallible function of libiiowrap returns one; none throws. The alias is
// to become std::expected when the oldest supported toolchain has it, so only
// names that std::expected has are used.
#pragma once

#include <cerrno>
#include <string>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace iio {

/// An errno value, always above 0.
class Errno {
public:
    constexpr explicit Errno(int value) : value_{value > 0 ? value : EIO} {}
    [[nodiscard]] constexpr int value() const { return value_; }
    friend constexpr bool operator==(Errno, Errno) = default;

private:
    int value_;
};

/// "EIO"; "errno 4711" where it has no name.
[[nodiscard]] std::string errno_name(int error);

template <class T> using Result = tl::expected<T, Errno>;

/// `return iio::fail(EINVAL);` in any function that returns a Result.
[[nodiscard]] constexpr tl::unexpected<Errno> fail(int errno_value)
{
    return tl::unexpected<Errno>{Errno{errno_value}};
}

[[nodiscard]] constexpr tl::unexpected<Errno> fail(Errno error)
{
    return tl::unexpected<Errno>{error};
}

namespace detail {
template <class T> constexpr T take(Result<T> &&result)
{
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}
} // namespace detail

} // namespace iio

/// The value of a Result, or a return of its errno from the enclosing function, which
/// returns a Result itself. The argument is evaluated once. May be nested. It is a GNU
/// statement expression: GCC and Clang have it.
#define IIO_TRY(...) IIO_TRY_NAMED(IIO_TRY_JOIN(iio_try_result_, __COUNTER__), __VA_ARGS__)

#define IIO_TRY_JOIN(a, b) IIO_TRY_JOIN_EXPANDED(a, b)
#define IIO_TRY_JOIN_EXPANDED(a, b) a##b
#define IIO_TRY_NAMED(name, ...)                                                                   \
    __extension__({                                                                                \
        auto name = (__VA_ARGS__);                                                                 \
        if (!name)                                                                                 \
            return ::iio::fail(name.error());                                                      \
        ::iio::detail::take(std::move(name));                                                      \
    })
