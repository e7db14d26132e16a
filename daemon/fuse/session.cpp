// SPDX-License-Identifier: MIT
#include <array>
#include <csignal>
#include <cstdarg>
#include <cstring>
#include <daemon/base/service_manager.hpp>
#include <daemon/fuse/operations.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/mounter/mountinfo.hpp>
#include <daemon/mounter/mounting.hpp>
#include <fmt/format.h>
#include <fuse_log.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iiofs {

namespace {

// Of address space; on 32 bit it is dear.
constexpr std::size_t thread_stack_bytes = std::size_t{sizeof(void *) == 8 ? 2048 : 256} * 1024;

// At the end requests have so long for their turn at a chip. What is left then is of a bus that
// is stuck: it goes to the next server, or fails with the mount.
constexpr std::chrono::milliseconds patience_at_the_end{400};

/// What the signal handler ends.
std::atomic<int> exit_event_of_signals{-1};

struct SavedAction {
    int signal;
    struct sigaction action;
};
std::array<SavedAction, 4> saved_actions{
    {{SIGTERM, {}}, {SIGINT, {}}, {SIGHUP, {}}, {SIGPIPE, {}}}};

extern "C" void handle_signal(int signal)
{
    if (signal != SIGTERM && signal != SIGINT)
        return;
    const int saved_errno = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(exit_event_of_signals, &one, sizeof one);
    errno = saved_errno;
}

void log_of_libfuse(fuse_log_level level, const char *format, va_list arguments)
{
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view text{line.data()};
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    spdlog::log(level <= FUSE_LOG_ERR       ? spdlog::level::err
                : level <= FUSE_LOG_WARNING ? spdlog::level::warn
                                            : spdlog::level::debug,
                "{}", text);
}

} // namespace

OrProblem<std::unique_ptr<Session>> Session::create(Tree &tree, Keep &keep,
                                                    const std::filesystem::path &mountpoint,
                                                    std::optional<HeldMount> held, bool polls)
{
    fuse_set_log_func(log_of_libfuse);
    std::unique_ptr<Session> session{new Session{tree, keep, mountpoint}};
    if (!held) {
        auto fuse = mount_fuse(mountpoint);
        if (!fuse)
            return problem(std::move(fuse.error()));
        held.emplace(HeldMount{std::move(*fuse), true});
    }
    if (!session->serve(std::move(*held), polls))
        return problem(fmt::format("{}: cannot serve the mount", mountpoint.string()));
    session->handle_signals();
    return session;
}

Session::Session(Tree &tree, Keep &keep, std::filesystem::path mountpoint)
    : tree_{tree},
      keep_{keep},
      mountpoint_{std::move(mountpoint)},
      exit_event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      handles_{tree, keep}
{
}

Session::~Session()
{
    if (exit_event_of_signals.exchange(-1) >= 0) {
        for (const auto &[signal, action] : saved_actions)
            sigaction(signal, &action, nullptr);
    }
    unmount();
    parking_.finish();
    loop_.reset();
    if (session_)
        fuse_session_destroy(session_);
    if (exit_event_ >= 0)
        close(exit_event_);
}

void Session::unmount()
{
    tree_.listen({});
    notifier_.stop();
    streams_.end();
    if (!std::exchange(unmounts_, false))
        return;
    if (const auto done = unmount_fuse(mountpoint_); !done)
        spdlog::warn("{}", done.error());
}

void Session::handle_signals()
{
    exit_event_of_signals = exit_event_;
    struct sigaction action {};
    action.sa_handler = handle_signal;
    for (auto &[signal, saved] : saved_actions)
        sigaction(signal, &action, &saved);
    // Whatever the parent has blocked.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
}

void Session::start()
{
    notifier_.start();
    tree_.listen([this](NodeId parent, const std::string &name) { invalidate(parent, name); });
    if (on_ready_)
        on_ready_();
}

/// The kernel caches names and attributes for long, so it is told when an entry of a
/// directory came or went.
void Session::invalidate(NodeId parent, const std::string &name)
{
    notifier_.post([this, parent, name] {
        fuse_lowlevel_notify_inval_entry(session_, parent, name.c_str(), name.size());
        fuse_lowlevel_notify_inval_inode(session_, parent, -1, 0);
        tree_.count_change();
    });
}

void Session::ask()
{
    constexpr auto file = "drivers_autoprobe";
    const auto node = tree_.find(file);
    const auto ask_for_it = [&] {
        return node && fuse_lowlevel_notify_retrieve(session_, node->id(), 0, 0, nullptr) == 0;
    };
    if (ask_for_it())
        return;
    // The kernel does not know the file, or has forgotten it.
    struct statx status;
    statx(AT_FDCWD, (mountpoint_ / file).c_str(), AT_STATX_DONT_SYNC, 0, &status);
    if (!ask_for_it())
        answer_asked(); // another mount hides ours
}

void Session::answer_asked()
{
    if (tree_.find("devices"))
        on_answer_();
}

void Session::request_exit()
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(exit_event_, &one, sizeof one);
}

int Session::run(std::function<void()> on_ready)
{
    on_ready_ = std::move(on_ready);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, thread_stack_bytes);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);

    go_on();
    loop_->start();
    wait_for_end();
    // While the loop still answers what the notifications wait for.
    tree_.listen({});
    notifier_.stop();
    // Reads that wait for streams are answered.
    streams_.end();
    loop_->stop();
    parking_.give_up(patience_at_the_end);
    keep_.freeze();
    unmount();
    if (loop_->error() == 0)
        return 0;
    spdlog::error("{}: {}", mountpoint_.string(), std::strerror(loop_->error()));
    return 1;
}

/// Returns when the session is to end, or its loop has ended.
void Session::wait_for_end() const
{
    pollfd event{exit_event_, POLLIN, 0};
    while (::poll(&event, 1, -1) <= 0) {
    }
}

} // namespace iiofs
