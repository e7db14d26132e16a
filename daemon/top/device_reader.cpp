// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <daemon/base/fd.hpp>
#include <daemon/top/device_reader.hpp>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>

namespace iiofs::top {

namespace {

namespace fs = std::filesystem;
using iio::fail;
using iio::Result;

constexpr std::string_view prefix = "iio:device";

/// What an attribute says, without its newline; empty where it says nothing.
std::string line_of(const fs::path &file)
{
    auto text = read_text(file).value_or("");
    text.erase(std::min(text.find('\n'), text.size()));
    return text;
}

Result<std::vector<std::string>> names_in(const fs::path &directory)
{
    const std::unique_ptr<DIR, int (*)(DIR *)> entries{::opendir(directory.c_str()), ::closedir};
    if (!entries)
        return fail(errno);
    std::vector<std::string> names;
    errno = 0;
    while (const auto *entry = ::readdir(entries.get()))
        names.emplace_back(entry->d_name);
    if (errno != 0)
        return fail(errno);
    return names;
}

std::optional<unsigned> device_number(std::string_view name)
{
    unsigned number = 0;
    if (!name.starts_with(prefix))
        return std::nullopt;
    name.remove_prefix(prefix.size());
    const auto *const end = name.data() + name.size();
    const auto [stopped, error] = std::from_chars(name.data(), end, number);
    if (error != std::errc{} || stopped != end)
        return std::nullopt;
    return number;
}

} // namespace

std::string directory_name(unsigned device) { return std::string{prefix} + std::to_string(device); }

Result<std::string> read_text(const fs::path &file)
{
    const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!fd)
        return fail(errno);
    std::array<char, 4096> page;
    const auto length = ::read(fd.get(), page.data(), page.size());
    if (length < 0)
        return fail(errno);
    return std::string{page.data(), static_cast<std::size_t>(length)};
}

Result<std::vector<unsigned>> list_devices(const fs::path &tree)
{
    std::vector<unsigned> devices;
    for (const auto &name : IIO_TRY(names_in(tree / "devices"))) {
        if (const auto number = device_number(name))
            devices.push_back(*number);
    }
    std::ranges::sort(devices);
    return devices;
}

DeviceReader::DeviceReader(const fs::path &tree, unsigned device, Wanted wanted)
    : directory_{tree / "devices" / directory_name(device)},
      device_{device},
      wanted_{std::move(wanted)}
{
}

Pass DeviceReader::read()
{
    Pass pass{.device = device_};
    pass.wall_time = std::chrono::system_clock::now();
    if (std::chrono::steady_clock::now() >= look_again_at_)
        pass.error = look_again();
    pass.name = name_;
    pass.label = label_;
    pass.wanted = is_wanted();
    if (pass.wanted && pass.error == 0) {
        pass.streaming = is_streaming();
        shared_.clear();
        for (const auto &channel : channels_) {
            Reading reading{channel.name, channel.unit, channel.unit.decimals, 0, 0};
            if (const auto done = read_channel(channel, reading); !done)
                reading.error = done.error().value();
            // The device may have gone, and another one come in its place.
            if (reading.error == ENODEV || reading.error == ENOENT)
                look_again_at_ = {};
            pass.readings.push_back(std::move(reading));
        }
    }
    pass.end = std::chrono::steady_clock::now();
    return pass;
}

/// Finds out what the directory has, now and once a second.
int DeviceReader::look_again()
{
    const auto attributes = names_in(directory_);
    if (!attributes)
        return attributes.error().value();
    name_ = line_of(directory_ / "name");
    label_ = line_of(directory_ / "label");
    channels_ = channels_of(*attributes, name_);
    buffers_.clear();
    for (const auto &name : *attributes) {
        // `buffer` is buffer0 by its old name, on all kernels.
        if (name.starts_with("buffer"))
            buffers_.push_back(directory_ / name / "enable");
    }
    look_again_at_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    return 0;
}

bool DeviceReader::is_wanted() const
{
    return wanted_.empty() || std::ranges::any_of(wanted_, [&](const std::string &one) {
               return !one.empty() &&
                      (one == name_ || one == label_ || one == directory_name(device_));
           });
}

bool DeviceReader::is_streaming() const
{
    return std::ranges::any_of(buffers_,
                               [](const fs::path &enable) { return line_of(enable) == "1"; });
}

/// Of a scale or offset, which channels may share: asked once in a pass.
Result<double> DeviceReader::number(const std::string &attribute)
{
    if (const auto known = shared_.find(attribute); known != shared_.end())
        return known->second;
    const auto read = [&]() -> Result<double> {
        const auto value = parse_value(IIO_TRY(read_text(directory_ / attribute)));
        if (!value)
            return fail(EBADMSG);
        return *value;
    };
    return shared_.emplace(attribute, read()).first->second;
}

Result<void> DeviceReader::read_channel(const Channel &channel, Reading &reading)
{
    const double scale = channel.scale.empty() ? 1 : IIO_TRY(number(channel.scale));
    const double offset = channel.offset.empty() ? 0 : IIO_TRY(number(channel.offset));
    const auto raw = parse_value(IIO_TRY(read_text(directory_ / channel.value)));
    if (!raw)
        return fail(EBADMSG);
    reading.value = converted(channel.unit, *raw, offset, scale);
    if (!channel.scale.empty())
        reading.decimals = decimals_for(std::abs(scale * channel.unit.factor), channel.unit);
    return {};
}

} // namespace iiofs::top
