// SPDX-License-Identifier: MIT
//
// Server: everything that one run of the daemon is made of.
#pragma once

#include <daemon/base/request.hpp>
#include <daemon/config/config.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/fuse/cuse_nodes.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/kernel/beside_kernel.hpp>
#include <daemon/serve/mount_holder.hpp>
#include <daemon/serve/reload_signal.hpp>
#include <daemon/serve/service_notifier.hpp>
#include <daemon/serve/status_text.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/takeover/recorder.hpp>
#include <daemon/tree/tree.hpp>
#include <daemon/work/workers.hpp>
#include <functional>
#include <iio/host/registry.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace iiofs {

/// Tells an observer of a registry's devices, as long as it lives.
class ScopedObserver {
public:
    ScopedObserver(iio::Registry &registry, iio::DeviceObserver &observer)
        : registry_{registry}, observer_{observer}
    {
        registry_.observe(observer_);
    }
    ScopedObserver(const ScopedObserver &) = delete;
    ScopedObserver &operator=(const ScopedObserver &) = delete;
    ~ScopedObserver() { registry_.stop_observing(observer_); }

private:
    iio::Registry &registry_;
    iio::DeviceObserver &observer_;
};

/// Threads: one. Lifetime: what the constructor is given outlives it.
class Server {
public:
    /// The configuration as its file is now; none: it is wrong, which was logged.
    using Load = std::function<std::optional<Config>()>;

    /// `config` has a mountpoint, an absolute path. `load` is for SIGHUP.
    Server(const Config &config, Keep &keep, MountHolder &holder, Load load);
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    /// Once: serves until the mount ends. The exit status: 0; 1: it could not start or
    /// could not go on, which was logged.
    [[nodiscard]] int run();

private:
    [[nodiscard]] TreeControls controls();
    void number_devices();
    void start_devices();
    void end_devices(int status);
    [[nodiscard]] bool open_session();
    void show_devices();
    void reload();

    // What clients order by the files of the tree.
    [[nodiscard]] iio::Result<std::size_t> new_device(std::string_view line,
                                                      const Request &request);
    /// Says why to who reads new_device, and in the log.
    iio::Errno refuse(const std::string &why, int error);
    void answer(std::string text);
    [[nodiscard]] iio::Result<std::size_t> show_answer(char *page);
    [[nodiscard]] std::shared_ptr<Queue> queue_of_new_device(std::string_view line);
    [[nodiscard]] iio::Result<std::size_t> delete_device(std::string_view line,
                                                         const Request &request);
    [[nodiscard]] iio::Result<std::size_t> add_sysfs_trigger(std::string_view text,
                                                             const Request &request);
    [[nodiscard]] iio::Result<std::size_t> remove_sysfs_trigger(std::string_view text,
                                                                const Request &request);
    /// Errors: ENOSPC: there are as many as there may be.
    [[nodiscard]] iio::Result<void> check_trigger_count(std::string_view name) const;
    [[nodiscard]] iio::Result<void> make_hrtimer(const std::string &name, const Request &request);
    [[nodiscard]] iio::Result<void> remove_hrtimer(const std::string &name, const Request &request);

    const Config &config_;
    Keep &keep_;
    MountHolder &holder_;
    const Load load_;
    const ServerFacts facts_;
    std::mutex answer_mutex_;
    /// To the last line of new_device: its devices, or why it was refused; empty: there was none.
    std::string answer_;

    // Each may use those above it, so that they end from the last to the first.
    ServiceNotifier service_;
    Workers workers_;
    iio::Registry registry_;
    Devices devices_;
    Tree tree_;
    std::optional<BesideKernel> kernel_;
    Recorder recorder_;
    std::optional<ScopedObserver> recorder_observer_;
    std::unique_ptr<Session> session_;
    std::optional<CuseNodes> nodes_;
    std::optional<ScopedObserver> nodes_observer_;
    std::optional<ScopedObserver> tree_observer_;
    std::optional<ReloadSignal> reload_signal_;
};

} // namespace iiofs
