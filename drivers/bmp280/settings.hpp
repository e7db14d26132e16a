// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iio/driver/result.hpp>
#include <iio/driver/value.hpp>

namespace iio::bmp {

/// The exponent of a written oversampling ratio, 2^0 to 2^(count - 1); what
/// follows the point does not count. Errors: EINVAL: none of these.
inline Result<unsigned> find_ratio(Written written, std::size_t count)
{
    for (unsigned exponent = 0; exponent < count; ++exponent) {
        if (written.integer == 1 << exponent)
            return exponent;
    }
    return fail(EINVAL);
}

/// Settings that a chip has, or had until a change of them failed half-way:
/// such a change is taken back, now or before they count the next time.
template <class Settings> class Applied {
public:
    [[nodiscard]] const Settings &get() const { return settings_; }

    /// Makes the chip have them, by apply(settings) where it does not yet.
    template <class Apply> Result<void> change(const Settings &wanted, Apply &&apply)
    {
        if (in_force_ && wanted == settings_)
            return {};
        if (const auto applied = apply(wanted); !applied) {
            in_force_ = apply(settings_).has_value();
            return applied;
        }
        settings_ = wanted;
        in_force_ = true;
        return {};
    }
    template <class Apply> Result<void> ensure(Apply &&apply)
    {
        return change(Settings{settings_}, apply);
    }

private:
    Settings settings_;
    bool in_force_ = false;
};

} // namespace iio::bmp
