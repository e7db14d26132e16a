// SPDX-License-Identifier: MIT
#include <iio/driver/shunt_resistor.hpp>

namespace iio {

void ShuntResistor::read(Text &text) const
{
    const int microohm = microohm_;
    text += std::int64_t{microohm / 1'000'000};
    text += ".";
    for (int digit = 100'000; digit > 0; digit /= 10)
        text += std::int64_t{microohm / digit % 10};
    text += "000\n";
}

Result<std::size_t> ShuntResistor::write(std::string_view text) const
{
    const Written ohm = IIO_TRY(parse_written(text));
    const auto microohm = static_cast<std::int32_t>(ohm.millionths());
    if (microohm <= 0)
        return fail(EINVAL);
    microohm_ = microohm;
    return text.size();
}

} // namespace iio
