// SPDX-License-Identifier: MIT
//
// ShuntResistor: what a board has where a part measures current, as the attribute
// in_shunt_resistor in Ohm, which a client may write.
#pragma once

#include <atomic>
#include <iio/driver/channel.hpp>
#include <iio/driver/text.hpp>

namespace iio {

/// Threads: all members from any.
class ShuntResistor {
public:
    static constexpr DeviceAttribute attribute(std::uint32_t id = 0)
    {
        return DeviceAttribute::of("in_shunt_resistor", ExtInfo::Access::read_write, id);
    }
    explicit ShuntResistor(int initial_microohm) : microohm_{initial_microohm} {}

    /// The scale of a current: so many billionths of a volt a step over the resistor, in mA. Of
    /// a power with as many billionths of a square volt: in mW.
    [[nodiscard]] Value scale(int nanovolts) const
    {
        return Fractional{nanovolts, NonZero::make(microohm_).value_or(NonZero{1})};
    }
    void read(Text &text) const;
    /// What is beyond 2147 Ohm wraps. Errors: EINVAL: no number, or not above 0.
    [[nodiscard]] Result<std::size_t> write(std::string_view text) const;

private:
    mutable std::atomic<int> microohm_;
};

} // namespace iio
