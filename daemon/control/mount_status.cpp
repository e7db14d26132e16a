// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/base/fd.hpp>
#include <daemon/control/mount_status.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

constexpr std::chrono::milliseconds patience{1000};

/// Or an errno.
tl::expected<std::string, int> read_text(const fs::path &file)
{
    const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd)
        return tl::unexpected{errno};
    std::string text;
    std::array<char, 65536> some{};
    ssize_t got = 0;
    while ((got = ::read(fd.get(), some.data(), some.size())) > 0)
        text.append(some.data(), static_cast<std::size_t>(got));
    if (got < 0)
        return tl::unexpected{errno};
    return text;
}

std::string text_of(const Json &object, const char *key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

ChipStatus chip_of(const Json &json)
{
    ChipStatus out{.part = text_of(json, "part"),
                   .bus = text_of(json, "bus"),
                   .label = text_of(json, "label"),
                   .answers = json.value("answers", false),
                   .error = text_of(json, "errno"),
                   .why = text_of(json, "why")};
    for (const auto &device : json.at("devices"))
        out.devices.push_back(device.get<std::string>());
    return out;
}

void take(MountStatus &status, const Json &json)
{
    status.pid = json.value("pid", 0);
    status.since = text_of(json, "since");
    status.holder = text_of(json, "holder");
    for (const auto &chip : json.at("chips"))
        status.chips.push_back(chip_of(chip));
}

} // namespace

OrProblem<MountStatus> ask_status(const fs::path &mountpoint)
{
    MountStatus out{.mountpoint = mountpoint};
    switch (probe_mount(mountpoint.string(), patience)) {
    case MountState::none:
        return problem(mountpoint.string() + ": no iiofs is mounted there");
    case MountState::dead:
        out.state = "dead";
        return out;
    case MountState::held:
        out.state = "stuck";
        return out;
    case MountState::answers:
        break;
    }
    const auto file = mountpoint / "status";
    auto text = read_text(file);
    if (!text && (text.error() == EACCES || text.error() == EPERM)) {
        out.state = "denied";
        return out;
    }
    if (!text)
        return problem(file.string() + ": " + std::strerror(text.error()));
    try {
        take(out, Json::parse(*text));
    } catch (const Json::exception &error) {
        return problem(file.string() + ": " + error.what());
    }
    out.state = "answers";
    out.text = std::move(*text);
    return out;
}

OrProblem<fs::path> choose_mount(const std::optional<fs::path> &chosen)
{
    if (chosen) {
        std::error_code error;
        const auto absolute = fs::absolute(*chosen, error).lexically_normal();
        // Without a slash at its end, as the table of mounts has it.
        return absolute.has_filename() ? absolute : absolute.parent_path();
    }
    const auto mounts = visible_iiofs_mounts();
    if (mounts.size() == 1)
        return mounts.front().mountpoint;
    if (mounts.empty())
        return problem("there is no iiofs mount");
    std::string list = "there are several iiofs mounts, choose one:";
    for (const auto &mount : mounts)
        list += "\n  " + mount.mountpoint.string();
    return problem(list);
}

} // namespace iiofs
