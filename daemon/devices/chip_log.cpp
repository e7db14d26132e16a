// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>
#include <daemon/devices/chip_log.hpp>
#include <utility>

namespace iiofs {

std::string directory_of(unsigned number) { return "iio:device" + std::to_string(number); }

std::string directories_of(const std::vector<unsigned> &numbers)
{
    std::string all;
    for (const unsigned number : numbers)
        all += (all.empty() ? "" : ", ") + directory_of(number);
    return all;
}

const char *explain(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such bus; is it enabled?";
    case EACCES:
        return "no permission to open the bus";
    case ENXIO:
    case EREMOTEIO:
        return "no chip answers at this address";
    case ENODEV:
        return "another chip answers there";
    case EBUSY:
        return "another driver uses the chip, in iiofs or in the kernel";
    case ENOLINK:
        return "no GPIO line has the name given in interrupt; gpioinfo lists the names";
    case ENOTUNIQ:
        return "several GPIO lines have the name given in interrupt; give gpiochip and line";
    case ENOSPC:
        return "new_device has added the maximum number of devices";
    case ENOTRECOVERABLE:
        return "the server crashed twice when it probed the chip; iiofs does not probe it again "
               "until iiofs is stopped and started";
    case EOPNOTSUPP:
        return "the adapter supports only SMBus, and the part needs plain I2C messages";
    default:
        return std::strerror(error);
    }
}

LogSubject subject(const DeviceConfig &config, const std::vector<unsigned> &numbers, int error)
{
    return {.driver = config.driver,
            .bus = describe(config.bus),
            .device = directories_of(numbers),
            .error = error};
}

void log_health(LogSubject about, const std::string &where, const iio::HealthChange &change)
{
    const auto error = iio::errno_name(change.error);
    switch (change.what) {
    case iio::HealthChange::configured_anew:
        about.error = change.error;
        if (change.error == 0)
            log_device(spdlog::level::warn, about,
                       "{} on {} was reset, and has been configured again", about.device, where);
        else
            log_device(spdlog::level::warn, about, "{} on {} has been configured again after {}",
                       about.device, where, error);
        break;
    case iio::HealthChange::absent:
        about.error = change.error;
        log_device(spdlog::level::warn, about, "{} on {} does not answer: {} ({})", about.device,
                   where, explain(change.error), error);
        break;
    case iio::HealthChange::back:
        log_device(spdlog::level::info, about, "{} on {} answers again", about.device, where);
        break;
    }
}

} // namespace iiofs
