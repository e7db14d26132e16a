// SPDX-License-Identifier: MIT
//
// Part: one part of a family by the kernel's name, with its addresses, supplies
// and whatever else its driver wants to know of it. A family's parts are one table.
#pragma once

#include <cstdint>
#include <iio/driver/few.hpp>
#include <iio/driver/recognition.hpp>
#include <iio/driver/spi.hpp>
#include <optional>
#include <string_view>
#include <type_traits>

namespace iio {

enum class BusKind { i2c, spi };

namespace detail {
template <class T> inline constexpr char type_tag = 0;
} // namespace detail

/// What a family's driver knows of a part: a reference to constant data of any
/// one type, which Hardware::data<T>() gives back.
class PartData {
public:
    constexpr PartData() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): `.data = lis3dh` is the point
    template <class T> constexpr PartData(const T &data) : data_{&data}, type_{&detail::type_tag<T>}
    {
        static_assert(!std::is_same_v<T, Recognition>, "it belongs into Part::recognised");
        if constexpr (requires { data.layout.identity; })
            tell_by(data.layout);
        else if constexpr (requires { data.identity.codes; })
            tell_by(data);
    }
    template <class T> PartData(const T &&) = delete;

    /// Null where it is of another type, or there is none.
    template <class T> [[nodiscard]] const T *get() const
    {
        return type_ == &detail::type_tag<T> ? static_cast<const T *>(data_) : nullptr;
    }
    /// How the part is told, where the data say so: by codes of an `identity` in them.
    [[nodiscard]] constexpr Recognition recognition() const
    {
        if (!identity_ || identity_->codes.empty())
            return {};
        return {format_ ? *format_ : RegisterFormat{}, *identity_};
    }

private:
    const void *data_ = nullptr;
    template <class T> constexpr void tell_by(const T &told)
    {
        identity_ = &told.identity;
        if constexpr (requires { told.format; })
            format_ = &told.format;
    }
    const char *type_ = nullptr;
    const Identity *identity_ = nullptr;
    const RegisterFormat *format_ = nullptr;
};

/// One row of a family's table, as in the kernel's i2c and spi id tables.
struct Part {
    std::string_view name;
    /// The I2C addresses that its pins can choose, 7 bits; empty: it is not on I2C.
    Few<std::uint8_t, 8> addresses{};
    /// Its SPI settings; none: it is not on SPI.
    std::optional<SpiSettings> spi{};
    /// Names of the supplies whose voltage matters.
    Few<std::string_view, 3> supplies{};
    PartData data{};
    /// How many devices one chip is: a gyroscope and an accelerometer are two.
    unsigned devices = 1;
    /// How it is told from others, where `data` does not say it: its family's Layout where
    /// that is a RegisterDriver's.
    Recognition recognised{};

    [[nodiscard]] constexpr bool is_on(BusKind bus) const
    {
        return bus == BusKind::i2c ? !addresses.empty() : spi.has_value();
    }
    /// One that does not exist: it has nothing to be told by.
    [[nodiscard]] constexpr Recognition recognition() const
    {
        return recognised.exists() || !recognised.why_not().empty() ? recognised
                                                                    : data.recognition();
    }
    /// Its address where there is just one.
    [[nodiscard]] constexpr std::optional<std::uint8_t> default_address() const
    {
        return addresses.size() == 1 ? std::optional{addresses.front()} : std::nullopt;
    }
};

} // namespace iio
