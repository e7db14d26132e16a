// SPDX-License-Identifier: MIT
//
// Few: up to N values, in a constant table itself.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

namespace iio {

namespace detail {
// Not constexpr on purpose: its name is what the compiler prints.
void a_part_has_too_many_addresses_or_supplies();
} // namespace detail

/// Up to N values, in the table itself.
template <class T, std::size_t N> class Few {
public:
    constexpr Few() = default;
    consteval Few(std::initializer_list<T> values)
    {
        if (values.size() > N)
            detail::a_part_has_too_many_addresses_or_supplies();
        for (const T value : values)
            values_[count_++] = value;
    }
    // NOLINTNEXTLINE(google-explicit-constructor): a table of several parts names them once
    template <std::size_t M> consteval Few(const std::array<T, M> &values)
    {
        static_assert(M <= N);
        for (const T value : values)
            values_[count_++] = value;
    }
    /// False: there are N already.
    constexpr bool add(const T &value)
    {
        if (count_ == N)
            return false;
        values_[count_++] = value;
        return true;
    }
    [[nodiscard]] constexpr const T *begin() const { return values_.data(); }
    [[nodiscard]] constexpr const T *end() const { return values_.data() + count_; }
    [[nodiscard]] constexpr std::size_t size() const { return count_; }
    [[nodiscard]] constexpr bool empty() const { return count_ == 0; }
    [[nodiscard]] constexpr const T &front() const { return values_.front(); }

private:
    std::array<T, N> values_{};
    std::size_t count_ = 0;
};

} // namespace iio
