// SPDX-License-Identifier: MIT
//
// Serving: which requests a server is at when it dies. The kernel sends them to the next
// one, and one that kills whoever serves it is not to kill them all.
#pragma once

#include <daemon/takeover/keep.hpp>
#include <string_view>

namespace iiofs {

/// As long as it lives the request is being served. What waits (for its turn at a chip, for
/// samples) is not.
/// Threads: made and destroyed on one. Lifetime: ends before the keep's.
class Serving {
public:
    /// `node`: what the request is about, for the log; 0: the caller tells of a refusal.
    Serving(Keep &keep, const Request &request, std::uint64_t node);
    /// It is about an open file.
    Serving(const KeptFile &file, const Request &request)
        : Serving{file.keep(), request, file.record().node}
    {
    }
    Serving(const Serving &) = delete;
    Serving &operator=(const Serving &) = delete;
    ~Serving();

    /// Two servers crashed while they were at it (or four were killed): it is to be
    /// answered EIO, which was logged.
    [[nodiscard]] bool is_refused() const { return refused_; }

private:
    kept::Serving *record_ = nullptr;  ///< null: it is in no record
    kept::Suspect *suspect_ = nullptr; ///< null: no server died at it
    bool refused_ = false;
};

/// What the server does by itself and may die of, as the probe of a chip; the next one does the
/// same again. Kills count for nothing, as they come at any time.
[[nodiscard]] Request own_request(std::string_view what);

/// From here on a signal that ends this process because of what it did (SIGSEGV, SIGABRT and
/// such) is noted in the keep: what was being served then is more suspicious than at a
/// SIGKILL. Lifetime: the keep lives as long as the process.
void note_crashes_in(Keep &keep);

} // namespace iiofs
