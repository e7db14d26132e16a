// SPDX-License-Identifier: MIT
//
// Text: where a driver writes an attribute's text, one page without allocation.
// And the kernel's way to read booleans and numbers out of what clients write.
#pragma once

#include <iio/driver/result.hpp>
#include <iio/driver/value.hpp>
#include <iiowrap.h>
#include <span>
#include <string_view>

namespace iio {

/// Text written into a page of IIO_PAGE_SIZE bytes; what is beyond is dropped.
class Text {
public:
    explicit Text(char *page) : page_{page, IIO_PAGE_SIZE} {}
    Text &operator+=(std::string_view text);
    Text &operator+=(long long number);
    /// As its attribute shows it, without a newline.
    Text &operator+=(const Value &value);
    /// What makes the whole content of a file: a number or a word, and a newline.
    template <class T> void line(const T &content)
    {
        *this += content;
        *this += "\n";
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::span<char, IIO_PAGE_SIZE> page_;
    std::size_t size_ = 0;
};

/// A boolean by its first characters: y Y t T 1, n N f F 0, on, of(f).
/// Errors: EINVAL.
[[nodiscard]] Result<bool> parse_bool(std::string_view text);

/// An int with an optional sign in base 10, or 16 and 8 by their prefix where
/// base is 0; one final newline is taken.
/// Errors: EINVAL: no number; ERANGE: beyond an int.
[[nodiscard]] Result<int> parse_int(std::string_view text, int base = 0);

/// The same for an unsigned int; a sign other than '+' is EINVAL.
[[nodiscard]] Result<unsigned> parse_unsigned(std::string_view text, int base = 0);

/// Numbers as write_raw gets them, of a DeviceAttribute whose text is such a number.
/// Errors: EINVAL: no number.
[[nodiscard]] Result<Written> parse_written(std::string_view text,
                                            WriteFormat format = WriteFormat::plus_micro);

} // namespace iio
