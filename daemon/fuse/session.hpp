// SPDX-License-Identifier: MIT
//
// Session: the tree, mounted. It serves the requests of one mount.
#pragma once

#include <array>
#include <atomic>
#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <daemon/fuse/loop.hpp>
#include <daemon/fuse/notifier.hpp>
#include <daemon/fuse/parking.hpp>
#include <daemon/fuse/stream_requests.hpp>
#include <daemon/mounter/mounting.hpp>
#include <daemon/open_files/handles.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/tree/tree.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

struct fuse_ctx;
struct fuse_session;

namespace iiofs {

/// What the operations of a mount work on.
struct Mount {
    Tree &tree;
    Keep &keep;
    Handles &handles;
    Notifier &notifier;
    StreamRequests &streams;
    Parking &parking; ///< of requests that wait for a chip
};

/// Threads: request_exit() from any and from signal handlers; the others on one.
/// Lifetime: one at a time in a process, because it handles the process's signals. The
/// tree and the keep outlive it.
class Session {
public:
    /// Serves a mount that is there already, for the first time or after another server:
    /// the keep says. What that one had open is open from here on, so that
    /// streams are set up before. Without a mount it makes one on a directory, an absolute path.
    /// From here on SIGTERM and SIGINT end run(), SIGHUP and SIGPIPE do nothing.
    /// `polls`: the loop may look for requests without sleeping, see Polling.
    /// Errors: why it cannot be mounted there, or served.
    [[nodiscard]] static OrProblem<std::unique_ptr<Session>>
    create(Tree &tree, Keep &keep, const std::filesystem::path &mountpoint,
           std::optional<HeldMount> held, bool polls);

    /// Unmounts, if that is the server's part.
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    /// Serves until it is unmounted, told to exit, or gets SIGTERM or SIGINT;
    /// answers what has been asked by then, and unmounts. `on_ready` is called,
    /// on a thread of the session, when the mount answers. Returns the exit
    /// status: 0; 1: it could not be served any longer, which is logged.
    [[nodiscard]] int run(std::function<void()> on_ready);
    void request_exit();

    /// Asks the kernel to send a request. When it has come and the tree answers, too,
    /// `on_answer` is called on a thread of the loop. The caller does not wait, unless the
    /// kernel has forgotten the file that is asked for: then it is looked up, and a thread
    /// that waits for an answer of a hung server cannot be killed.
    void ask();
    /// Before run().
    void on_answer(std::function<void()> answered) { on_answer_ = std::move(answered); }

    /// Calls it, on any thread, when the kernel has been told of all that this thread has
    /// changed in the tree.
    void after_changes(std::function<void()> call) { notifier_.run_after_posted(std::move(call)); }

    [[nodiscard]] const std::filesystem::path &mountpoint() const { return mountpoint_; }

    /// For the operations.
    [[nodiscard]] const Mount &mount() const { return parts_; }
    /// The kernel is there: tells it of changes from here on.
    void start();
    /// Which request it is, and whose. On the thread of the loop that has read it.
    [[nodiscard]] Request origin_of(const fuse_ctx &client) const;
    void note_reply(std::uint64_t unique);
    /// The request of ask() has come.
    void answer_asked();

private:
    /// What libfuse does not tell an operation of its request. It tells the client's process,
    /// whose place in the request holds the number of the loop's buffer instead.
    struct ReadRequest {
        std::uint64_t unique = 0; ///< without the mark of one that is sent again
        bool sent_again = false;
        std::uint32_t pid = 0;
    };

    // What waits for a chip, a stream or an event waits without a thread; the others are for
    // operations that wait for a lock for a moment.
    static constexpr unsigned threads = 4;

    Session(Tree &tree, Keep &keep, std::filesystem::path mountpoint);

    [[nodiscard]] bool serve(HeldMount held, bool polls);
    void note_request(std::span<std::byte> bytes, unsigned buffer);
    void go_on();
    void take_over();
    void answer_requests();
    void tell_of_missing();
    [[nodiscard]] bool has_request() const;
    void process(std::span<std::byte> request);
    [[nodiscard]] bool send_again() const;
    [[nodiscard]] bool write_to_kernel(std::span<const std::byte> message) const;

    void unmount();
    void handle_signals();
    void wait_for_end() const;
    void invalidate(NodeId parent, const std::string &name);

    Tree &tree_;
    Keep &keep_;
    const std::filesystem::path mountpoint_;
    std::function<void()> on_ready_;
    std::function<void()> on_answer_ = [] {};
    int exit_event_; ///< an eventfd: readable once the session shall end
    fuse_session *session_ = nullptr;
    bool unmounts_ = false;                       ///< at the end; else the holder does
    std::atomic<bool> notes_requests_{false};     ///< the kernel does not send them again
    std::array<ReadRequest, threads + 1> read_{}; ///< by the loop's buffers
    Handles handles_;
    Notifier notifier_;
    Parking parking_;
    StreamRequests streams_{parking_};
    const Mount parts_{tree_, keep_, handles_, notifier_, streams_, parking_};
    std::optional<Loop> loop_;
};

} // namespace iiofs
