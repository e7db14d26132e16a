// SPDX-License-Identifier: MIT
//
// What a mount says of itself: its file `status`, see docs/service.md.
#pragma once

#include <daemon/base/problem.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace iiofs {

struct ChipStatus {
    std::vector<std::string> devices; ///< "iio:device2"
    std::string part, bus, label;     ///< label: empty: none
    bool answers = false;
    std::string error, why; ///< errno's name and what it means; empty: it was not tried yet
};

struct MountStatus {
    std::filesystem::path mountpoint; ///< as the caller sees it
    std::string state;                ///< "answers", "stuck", "dead", "denied"
    // Of one that answers.
    pid_t pid = 0;
    std::string since, holder;
    std::vector<ChipStatus> chips;
    std::string text; ///< the file's, an object of JSON

    [[nodiscard]] bool is_answering() const { return state == "answers"; }
};

/// Asks the mount; one that hangs does not answer in time, and the caller does not hang.
/// Errors: no iiofs is mounted there; its status cannot be read, or is none.
[[nodiscard]] OrProblem<MountStatus> ask_status(const std::filesystem::path &mountpoint);

/// `chosen`, else the one iiofs mount there is, whether it answers or not.
[[nodiscard]] OrProblem<std::filesystem::path>
choose_mount(const std::optional<std::filesystem::path> &chosen);

} // namespace iiofs
