// SPDX-License-Identifier: MIT
//
// `iiofs add` and `iiofs remove`.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <daemon/base/exit_status.hpp>
#include <daemon/base/fd.hpp>
#include <daemon/control/control.hpp>
#include <daemon/control/mount_status.hpp>
#include <daemon/control/words.hpp>
#include <daemon/run/find_tree.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

int fail_to_open(const fs::path &file)
{
    const int error = errno;
    return fail(file.string() + ": " + std::strerror(error) +
                (error == EACCES
                     ? "; run it as root, or as a user whom manage in [permissions] allows"
                     : ""));
}

/// The last line of new_device is still ours: what was made of it.
std::string answer_of(int new_device)
{
    std::array<char, 4096> text{};
    const auto got = ::pread(new_device, text.data(), text.size(), 0);
    std::string answer{text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    answer.erase(answer.find_last_not_of('\n') + 1);
    return answer;
}

/// The chips that a word means.
std::vector<const ChipStatus *> matching(const std::vector<ChipStatus> &chips,
                                         const std::string &which)
{
    const auto find = [&](auto is_it) {
        std::vector<const ChipStatus *> found;
        for (const auto &chip : chips)
            if (is_it(chip))
                found.push_back(&chip);
        return found;
    };
    auto found = find([&](const ChipStatus &chip) {
        return chip.bus == which || chip.label == which ||
               std::ranges::any_of(chip.devices, [&](const std::string &device) {
                   return device == which || device == "iio:device" + which;
               });
    });
    return found.empty() ? find([&](const ChipStatus &chip) { return chip.part == which; }) : found;
}

std::string list_of(const std::vector<const ChipStatus *> &chips)
{
    std::string list;
    for (const auto *chip : chips)
        list += "\n  " + joined(chip->devices, ", ") + "  " + chip->part + "  " + chip->bus +
                (chip->label.empty() ? "" : "  " + chip->label);
    return list;
}

} // namespace

int add_command(const ChosenMount &mount, std::vector<std::string> words)
{
    // The server has a working directory of its own.
    if (words.size() == 2 && words[0] == "model" &&
        (words[1].find('/') != std::string::npos || words[1].ends_with(".json")))
        words[1] = fs::absolute(words[1]).lexically_normal().string();
    const auto tree = find_tree(mount);
    if (!tree)
        return fail(tree.error());
    const auto file = *tree / "new_device";
    const Fd fd{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
    if (!fd)
        return fail_to_open(file);
    // Others who add a device this way do not overwrite the answer.
    ::flock(fd.get(), LOCK_EX);
    const auto line = joined(words, " ") + "\n";
    const bool is_taken = ::write(fd.get(), line.data(), line.size()) >= 0;
    const int error = is_taken ? 0 : errno;
    const auto answer = answer_of(fd.get());
    if (is_taken) {
        std::printf("%s\n", answer.c_str());
        return exit_done;
    }
    (void)fail(answer.empty() ? file.string() + ": " + std::strerror(error) : answer);
    return error == EINVAL ? exit_usage : exit_failed;
}

int remove_command(const ChosenMount &mount, const std::vector<std::string> &words)
{
    const auto tree = find_tree(mount);
    if (!tree)
        return fail(tree.error());
    const auto status = ask_status(*tree);
    if (!status)
        return fail(status.error());
    const auto which = joined(words, " ");
    const auto found = matching(status->chips, which);
    if (found.empty())
        return fail(which + ": there is no such device; iiofs status lists the devices");
    if (found.size() > 1)
        return fail(which + ": there are several, choose one:" + list_of(found));
    const auto file = *tree / "delete_device";
    const Fd fd{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd)
        return fail_to_open(file);
    const auto line = found.front()->devices.front() + "\n";
    if (::write(fd.get(), line.data(), line.size()) < 0)
        return fail(which + ": " + std::strerror(errno));
    std::printf("%s\n", joined(found.front()->devices, ", ").c_str());
    return exit_done;
}

} // namespace iiofs
