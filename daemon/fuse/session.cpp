// SPDX-License-Identifier: MIT
#include <array>
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

// A reader that waits for a slow bus occupies a thread. With fewer threads than such
// readers, fast devices would wait for slow ones.
constexpr unsigned max_threads = sizeof(void *) == 8 ? 1000 : 200;
constexpr unsigned idle_threads = 16;
// Of address space; on 32 bit it is dear.
constexpr std::size_t thread_stack_bytes = std::size_t{sizeof(void *) == 8 ? 2048 : 256} * 1024;

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

/// Where libfuse's complaints go while a session is made on this thread.
thread_local std::string *complaint = nullptr;

void log_of_libfuse(fuse_log_level level, const char *format, va_list arguments)
{
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view text{line.data()};
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    if (complaint && level <= FUSE_LOG_ERR) {
        *complaint = text;
        return;
    }
    spdlog::log(level <= FUSE_LOG_ERR       ? spdlog::level::err
                : level <= FUSE_LOG_WARNING ? spdlog::level::warn
                                            : spdlog::level::debug,
                "{}", text);
}

} // namespace

/// Without a mount yet; null: libfuse said why.
fuse_session *Session::new_session()
{
    std::string program = "iiofs";
    std::string flag = "-o";
    std::string options = mount_options();
    if (listen_fd("fuse") >= 0)
        options += ",allow_other";
    std::array arguments{program.data(), flag.data(), options.data()};
    fuse_args args = FUSE_ARGS_INIT(static_cast<int>(arguments.size()), arguments.data());
    auto *created = fuse_session_new(&args, &session_operations(), sizeof(fuse_lowlevel_ops), this);
    fuse_opt_free_args(&args);
    return created;
}

OrProblem<std::unique_ptr<Session>> Session::create(Tree &tree, Keep &keep,
                                                    const std::filesystem::path &mountpoint)
{
    fuse_set_log_func(log_of_libfuse);
    std::unique_ptr<Session> session{new Session{tree, keep, mountpoint}};
    std::string why = "it cannot be mounted on";
    complaint = &why;
    const bool mounted = session->make_mount();
    complaint = nullptr;
    if (!mounted)
        return problem(fmt::format("{}: {}", mountpoint.string(), why));
    session->handle_signals();
    return session;
}

OrProblem<std::unique_ptr<Session>>
Session::take_over(Tree &tree, Keep &keep, const std::filesystem::path &mountpoint, HeldMount held)
{
    fuse_set_log_func(log_of_libfuse);
    std::unique_ptr<Session> session{new Session{tree, keep, mountpoint}};
    if (!session->serve_held(std::move(held)))
        return problem(fmt::format("{}: it cannot be taken over", mountpoint.string()));
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
    if (session_)
        fuse_session_destroy(session_);
    if (exit_event_ >= 0)
        close(exit_event_);
}

bool Session::make_mount()
{
    session_ = new_session();
    mounted_ =
        exit_event_ >= 0 && session_ && fuse_session_mount(session_, mountpoint_.c_str()) == 0;
    return mounted_;
}

void Session::unmount()
{
    tree_.listen({});
    notifier_.stop();
    streams_.end();
    if (std::exchange(mounted_, false)) {
        fuse_session_unmount(session_);
        // libfuse takes a connection that was aborted for a mount that is gone.
        if (is_stale_mount(mountpoint_))
            (void)unmount_one(mountpoint_);
    }
    if (!std::exchange(unmounts_held_, false))
        return;
    if (const auto done = unmount_fuse(mountpoint_); !done)
        spdlog::warn("{}", done.error());
}

void Session::handle_signals()
{
    exit_event_of_signals = exit_event_;
    // No SA_RESTART: a signal is to end the loop's wait.
    struct sigaction action {};
    action.sa_handler = handle_signal;
    for (auto &[signal, saved] : saved_actions)
        sigaction(signal, &action, &saved);
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
    const std::unique_ptr<fuse_loop_config, decltype(&fuse_loop_cfg_destroy)> config{
        fuse_loop_cfg_create(), fuse_loop_cfg_destroy};
    fuse_loop_cfg_set_max_threads(config.get(), max_threads);
    fuse_loop_cfg_set_idle_threads(config.get(), idle_threads);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, thread_stack_bytes);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);

    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &wake, nullptr);
    std::thread stopper{[this, loop = pthread_self()] { stop_when_requested(loop); }};
    if (held_)
        go_on();
    const int result = fuse_session_loop_mt(session_, config.get());
    {
        const std::lock_guard lock{ended_mutex_};
        ended_ = true;
    }
    ended_changed_.notify_one();
    request_exit();
    stopper.join();
    keep_.freeze();
    unmount();
    if (result == 0)
        return 0;
    spdlog::error("{}: {}", mountpoint_.string(), std::strerror(std::abs(result)));
    return 1;
}

/// Returns when the session is to end, or has no mount any more. A worker notices the
/// latter, but libfuse's loop joins all workers first, and one may wait for samples.
void Session::wait_for_end() const
{
    constexpr int look_ms = 1000;
    pollfd event{exit_event_, POLLIN, 0};
    while (::poll(&event, 1, look_ms) <= 0 && !fuse_session_exited(session_)) {
    }
}

/// Waits for the end to be requested, and ends the loop. The loop does not look for that
/// while it waits: a signal wakes it, repeatedly, because one may come too early.
void Session::stop_when_requested(pthread_t loop)
{
    wait_for_end();
    // While the workers still answer what the notifications wait for.
    tree_.listen({});
    notifier_.stop();
    // The loop waits for its workers, and they wait for streams.
    streams_.end();
    fuse_session_exit(session_);
    std::unique_lock lock{ended_mutex_};
    while (!ended_changed_.wait_for(lock, std::chrono::milliseconds{20}, [this] { return ended_; }))
        pthread_kill(loop, SIGTERM); // NOLINT(bugprone-bad-signal-to-kill-thread): it is handled
}

} // namespace iiofs
