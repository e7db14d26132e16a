// SPDX-License-Identifier: MIT
//
// Parking: the requests of a session that wait for their answer without a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <vector>

namespace iiofs {

class ParkedRequest;

/// The requests of a session that wait, and how many each user has.
///
/// Threads: all members from any.
class Parking {
public:
    /// A user who has so many gets EAGAIN for more; root has no such bound.
    static constexpr unsigned most_for_a_user = 256;

    Parking() = default;
    ~Parking() { finish(); }
    Parking(const Parking &) = delete;
    Parking &operator=(const Parking &) = delete;

    /// No request comes any more: waits so long for those that are there, then gives up
    /// those that have not begun, without an answer.
    void give_up(std::chrono::milliseconds patience);
    /// The same at once, and waits for those that have begun.
    void finish();
    /// Requests that could wait for ever, of streams and events, are answered ENODEV, and
    /// those that come from here on.
    void end_streams();

private:
    friend class ParkedRequest;
    /// Why it cannot wait: EAGAIN: the user has his share; ENODEV: streams have ended; else 0.
    [[nodiscard]] int enter(uid_t user, const std::shared_ptr<ParkedRequest> &request);
    void answered(uid_t user);
    void ended(const ParkedRequest &request);

    [[nodiscard]] std::vector<std::shared_ptr<ParkedRequest>> all();

    std::mutex mutex_;
    std::condition_variable all_ended_;
    std::map<uid_t, unsigned> waiting_;
    std::map<const ParkedRequest *, std::weak_ptr<ParkedRequest>> all_;
    bool streams_ended_ = false;
};

} // namespace iiofs
