// SPDX-License-Identifier: MIT
#include <csignal>
#include <daemon/serve/reload_signal.hpp>
#include <utility>

namespace iiofs {

namespace {

sigset_t reload_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    return signals;
}

} // namespace

void ReloadSignal::block()
{
    const auto signals = reload_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

ReloadSignal::ReloadSignal(std::function<void()> reload)
    : thread_{[this, reload = std::move(reload)] {
          const auto signals = reload_signals();
          for (int signal = 0; ::sigwait(&signals, &signal) == 0 && !is_ending_;)
              reload();
      }}
{
}

ReloadSignal::~ReloadSignal()
{
    is_ending_ = true;
    pthread_kill(thread_.native_handle(), SIGHUP);
    thread_.join();
}

} // namespace iiofs
