// SPDX-License-Identifier: MIT
//
// Recorder: follows the registry and the tree, and writes to the keep what the next
// server is to restore.
#pragma once

#include <daemon/takeover/keep.hpp>
#include <daemon/tree/tree.hpp>
#include <iio/host/registry.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace iiofs {

/// Where the keep has a trigger's settings: a trigger may have any name, a device's too.
[[nodiscard]] std::string kept_directory(const iio::Trigger &trigger);

/// Writes to the keep which triggers there are, and the settings of devices and triggers.
/// Lifetime: the keep outlives it.
class Recorder final : public iio::DeviceObserver, public StoreObserver {
public:
    explicit Recorder(Keep &keep) : keep_{keep} {}

    /// Calls `change`, which makes the trigger of this name come or go for a request: that
    /// is recorded with it, so that a request that is sent again is not done twice.
    template <class Change>
    auto for_request(const std::string &trigger, const Request &request, Change change)
    {
        begin(trigger, request);
        auto result = change();
        end(trigger);
        return result;
    }

    void device_added(const std::shared_ptr<const iio::LiveDevice> &) override {}
    void device_removed(const std::shared_ptr<const iio::LiveDevice> &) override {}
    void trigger_added(const std::shared_ptr<const iio::Trigger> &trigger) override;
    void trigger_removed(const std::shared_ptr<const iio::Trigger> &trigger) override;
    void setting_changed(const iio::LiveDevice &device, const iio::Setting &setting) override;
    void stored(const iio::LiveDevice &device, const std::string &group,
                const iio::Attribute &attribute, std::string_view text) override;
    void stored(const iio::Trigger &trigger, std::string_view attribute,
                std::string_view text) override;

private:
    void begin(const std::string &trigger, const Request &request);
    void end(const std::string &trigger);
    [[nodiscard]] Request request_of(const std::string &trigger);

    Keep &keep_;
    std::mutex mutex_;
    std::map<std::string, Request> requests_; ///< under way, by the trigger's name
};

} // namespace iiofs
