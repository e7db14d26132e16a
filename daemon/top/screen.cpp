// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <ctime>
#include <daemon/base/fd.hpp>
#include <daemon/top/readers.hpp>
#include <daemon/top/screen.hpp>
#include <daemon/top/terminal.hpp>
#include <daemon/top/view.hpp>
#include <poll.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace iiofs::top {

namespace {

using namespace std::chrono_literals;
using Clock = Schedule::Clock;

/// Signals that are taken one after the other instead of at any moment.
class Signals {
public:
    Signals()
    {
        sigemptyset(&taken_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
            sigaddset(&taken_, signal);
        ::pthread_sigmask(SIG_BLOCK, &taken_, nullptr);
        fd_.emplace(::signalfd(-1, &taken_, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!*fd_)
            throw std::system_error{errno, std::generic_category(), "signalfd"};
    }
    [[nodiscard]] int fd() const { return fd_->get(); }
    /// 0: none.
    [[nodiscard]] int take() const
    {
        signalfd_siginfo info;
        return ::read(fd_->get(), &info, sizeof info) == sizeof info
                   ? static_cast<int>(info.ssi_signo)
                   : 0;
    }
    /// Ends the process as the signal would have.
    void die_of(int signal) const
    {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
        ::pthread_sigmask(SIG_UNBLOCK, &taken_, nullptr);
    }

private:
    sigset_t taken_;
    std::optional<Fd> fd_;
};

std::string clock_text()
{
    const auto now = std::time(nullptr);
    std::tm broken_down{};
    ::localtime_r(&now, &broken_down);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%H:%M:%S", &broken_down);
    return text.data();
}

/// The interval that a key leads to.
std::chrono::milliseconds stepped(std::chrono::milliseconds interval, bool longer)
{
    constexpr std::array<std::chrono::milliseconds, 13> steps{
        100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 30s, 60s, 120s, 300s, 900s, 3600s};
    if (longer) {
        const auto *const next = std::ranges::upper_bound(steps, interval);
        return next == steps.end() ? steps.back() : *next;
    }
    const auto *const next = std::ranges::lower_bound(steps, interval);
    return next == steps.begin() ? steps.front() : *(next - 1);
}

class Screen {
public:
    Screen(const std::filesystem::path &tree, const TopOptions &options,
           std::chrono::milliseconds interval)
        : tree_{tree},
          count_{options.count},
          charset_{charset_of_terminal()},
          board_{!options.devices.empty()},
          selective_{!options.devices.empty()},
          readers_{tree, options.devices, interval}
    {
    }

    /// 0, or the signal that is to end the process.
    int run(const Signals &signals);

private:
    int take_signals(const Signals &signals);
    void take_keys();
    void take_reports();
    void press(Key key);
    void toggle_pause();
    void draw();
    [[nodiscard]] bool counted_out() const
    {
        return count_ > 0 && readers_.schedule().current() >= count_ && board_.answered(count_);
    }

    std::filesystem::path tree_;
    std::uint64_t count_;
    Charset charset_;
    Board board_;
    bool selective_;
    View view_;
    mutable Readers readers_;
    Terminal terminal_;
    Clock::time_point frozen_at_; ///< while paused
    Clock::time_point draw_at_;
    bool over_ = false;
};

int Screen::run(const Signals &signals)
{
    while (!over_ && !counted_out()) {
        if (Clock::now() >= draw_at_)
            draw();
        std::array<pollfd, 3> fds{
            pollfd{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}, {readers_.fd(), POLLIN, 0}};
        const auto wait =
            std::chrono::ceil<std::chrono::milliseconds>(draw_at_ - Clock::now()).count();
        ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(wait, 0, 1000)));
        if (const int signal = take_signals(signals); signal != 0)
            return signal;
        take_keys();
        // A terminal that has gone sends a signal, unless that is ignored (nohup).
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            over_ = true;
        take_reports();
    }
    return 0;
}

int Screen::take_signals(const Signals &signals)
{
    while (const int signal = signals.take()) {
        if (signal != SIGWINCH && signal != SIGTSTP)
            return signal;
        if (signal == SIGTSTP)
            terminal_.suspend();
        else
            terminal_.resize();
        draw_at_ = {};
    }
    return 0;
}

void Screen::take_keys()
{
    while (const auto key = terminal_.key()) {
        press(*key);
        draw_at_ = {};
    }
}

void Screen::press(Key key)
{
    auto &schedule = readers_.schedule();
    switch (key) {
    case Key::up:
        return view_.move(board_, -1);
    case Key::down:
        return view_.move(board_, 1);
    case Key::page_up:
        return view_.move(board_, -view_.page());
    case Key::page_down:
        return view_.move(board_, view_.page());
    case Key::home:
        return view_.move(board_, -INT_MAX);
    case Key::end:
        return view_.move(board_, INT_MAX);
    case Key::watch:
        if (const auto selected = view_.selected(board_))
            board_.toggle_watched(*selected);
        return;
    case Key::pause:
        return toggle_pause();
    case Key::faster:
    case Key::slower:
        return schedule.set_interval(stepped(schedule.interval(), key == Key::slower));
    case Key::redraw:
        return terminal_.redraw();
    case Key::quit:
        over_ = true;
        return;
    case Key::other:
        return;
    }
}

void Screen::toggle_pause()
{
    auto &schedule = readers_.schedule();
    frozen_at_ = Clock::now();
    if (schedule.paused())
        board_.interrupt(frozen_at_);
    schedule.set_paused(!schedule.paused());
}

/// Draws soon, but not for each device that answers.
void Screen::take_reports()
{
    const auto reports = readers_.take();
    if (reports.empty())
        return;
    const auto now = Clock::now();
    for (const auto &report : reports)
        board_.apply(report, now);
    draw_at_ =
        board_.answered(readers_.schedule().current()) ? now : std::min(draw_at_, now + 50ms);
}

void Screen::draw()
{
    const auto &schedule = readers_.schedule();
    const auto now = Clock::now();
    const bool paused = schedule.paused();
    const Status status{tree_.string(),
                        clock_text(),
                        paused,
                        selective_,
                        {schedule.current(), paused ? frozen_at_ : now, schedule.interval()}};
    terminal_.show(view_.draw(board_, status, terminal_.rows(), terminal_.columns(), charset_));
    // The clock goes on.
    draw_at_ = now + 1s;
}

} // namespace

int show_screen(const std::filesystem::path &tree, const TopOptions &options)
{
    const std::chrono::duration<double> interval{options.interval_s};
    const Signals signals;
    const int signal =
        Screen{tree, options, std::chrono::round<std::chrono::milliseconds>(interval)}.run(signals);
    if (signal != 0)
        signals.die_of(signal);
    return 0;
}

} // namespace iiofs::top
