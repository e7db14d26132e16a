// SPDX-License-Identifier: MIT
//
// The calls from the core into a C++ driver that depend on no class of one.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <iio/driver/module.hpp>
#include <iio/host/log.hpp>
#include <new>
#include <string>

namespace iio::detail {

namespace {

int report(const char *who, const char *operation, const char *what, int error) noexcept
{
    std::array<char, 256> line{};
    const int length = std::snprintf(line.data(), line.size(), "%s: %s threw: %s",
                                     who ? who : "a driver", operation, what);
    log(std::string_view{line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1)});
    return -error;
}

} // namespace

int driver_threw(const char *who, const char *operation) noexcept
{
    try {
        throw;
    } catch (const std::bad_alloc &e) {
        return report(who, operation, e.what(), ENOMEM);
    } catch (const std::exception &e) {
        return report(who, operation, e.what(), EIO);
    } catch (...) {
        return report(who, operation, "not a std::exception", EIO);
    }
}

int values_differ_in_type(const iio_dev *dev, const iio_chan_spec *chan) noexcept
{
    return guarded_call(dev->name, "read_avail", [&] {
        log(std::string{dev->name} + ": read_avail of the channel " + channel_name(*chan) +
            " gives values of several types");
        return -EINVAL;
    });
}

int probe_chip(void *chip, iio_dev *described) noexcept
{
    auto &driver = *static_cast<ChipDriver *>(chip);
    return guarded_call(driver.part(), "probe", [&] {
        const auto probed = driver.probe();
        if (probed)
            driver.describe(described);
        return code_of(probed);
    });
}

int is_chip_configured(void *chip) noexcept
{
    const auto &driver = *static_cast<const ChipDriver *>(chip);
    return guarded_call(driver.part(), "is_configured", [&] {
        const auto configured = driver.is_configured();
        return configured ? static_cast<int>(*configured) : code_of(configured);
    });
}

void destroy_chip(void *chip) noexcept { delete static_cast<ChipDriver *>(chip); }

} // namespace iio::detail
