// SPDX-License-Identifier: MIT
#include "bus/gpio_line.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <linux/gpio.h>
#include <optional>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace iio::bus {

namespace {

namespace fs = std::filesystem;

/// Adds the lines of a chip that have the name.
void find_in(int chip, const std::string &node, std::string_view name,
             std::vector<GpioPlace> &found)
{
    gpiochip_info about{};
    if (::ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &about) != 0)
        return;
    for (std::uint32_t line = 0; line < about.lines; ++line) {
        gpio_v2_line_info info{};
        info.offset = line;
        if (::ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) == 0 &&
            std::string_view{info.name} == name)
            found.push_back({node, line});
    }
}

/// A link is another name of a chip that is there by its own.
bool is_chip(const fs::directory_entry &entry)
{
    std::error_code error;
    return entry.path().filename().string().starts_with("gpiochip") && !entry.is_symlink(error);
}

} // namespace

Result<GpioPlace> find_gpio_line(std::string_view name, const std::string &folder)
{
    std::vector<GpioPlace> found;
    int failure = ENOLINK;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error)) {
        if (!is_chip(*entry))
            continue;
        const int chip = ::open(entry->path().c_str(), O_RDWR | O_CLOEXEC);
        if (chip < 0) {
            failure = errno == EACCES || errno == EPERM ? EACCES : failure;
            continue;
        }
        find_in(chip, entry->path().string(), name, found);
        ::close(chip);
    }
    if (found.size() > 1)
        return fail(ENOTUNIQ);
    if (found.empty())
        return fail(failure);
    return std::move(found.front());
}

} // namespace iio::bus
