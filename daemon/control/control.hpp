// SPDX-License-Identifier: MIT
//
// `iiofs status`, `add`, `remove` and `unmount`: what a client can have by the files of a
// mount. All return an ExitStatus, and say on stderr why it could not be done.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace iiofs {

using ChosenMount = std::optional<std::filesystem::path>;

/// The words of a line for new_device. Prints the names of the devices.
[[nodiscard]] int add_command(const ChosenMount &mount, std::vector<std::string> words);

/// "iio:device2", "2", a label, a part that is there once, or a bus with an address.
[[nodiscard]] int remove_command(const ChosenMount &mount, const std::vector<std::string> &words);

/// Not a mount that systemd holds, nor one that is in use.
[[nodiscard]] int unmount_command(const ChosenMount &mount);

/// exit_failed: there is no mount, or one does not answer.
[[nodiscard]] int status_command(const ChosenMount &mount, bool json);

} // namespace iiofs
