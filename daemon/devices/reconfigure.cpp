// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/config/difference.hpp>
#include <daemon/devices/devices.hpp>
#include <utility>

namespace iiofs {

void Devices::change_slot(Slot &slot, const DeviceConfig &config, Lock &lock)
{
    drop_chip(slot, lock);
    keep_.remove_device(slot.numbers);
    if (slot.config.driver != config.driver)
        forget(slot);
    slot.config = config;
    slot.last_error = 0;
    slot.pause = {};
    reserve_numbers(slot);
    keep_.add_device(identity(config), true, slot.numbers);
    try_slot(slot, lock);
}

void Devices::reconfigure(const std::vector<DeviceConfig> &configs)
{
    Lock lock{mutex_};
    changed_.wait(lock, [this] { return std::ranges::none_of(slots_, &Slot::busy); });
    std::vector<Slot *> slots;
    std::vector<std::reference_wrapper<const DeviceConfig>> before;
    for (auto &slot : slots_) {
        slots.push_back(&slot);
        before.emplace_back(slot.config);
    }
    const auto plan = difference(before, configs);
    for (const auto &[old, now] : plan.unchanged) {
        slots[old]->config.where = configs[now].where;
        if (!std::exchange(slots[old]->is_configured, true)) {
            keep_.remove_device(slots[old]->numbers);
            keep_.add_device(identity(configs[now]), true, slots[old]->numbers);
        }
    }
    // Nobody else is to touch these while the lock is given up.
    for (const auto &[old, now] : plan.changed)
        slots[old]->busy = slots[old]->is_configured = true;
    for (const auto old : plan.removed)
        slots[old]->busy = slots[old]->is_configured;
    for (const auto old : plan.removed) {
        if (!slots[old]->is_configured)
            continue;
        drop_chip(*slots[old], lock);
        forget(*slots[old]);
        remove_slot(std::ranges::find(slots_, slots[old], [](const Slot &s) { return &s; }));
    }
    for (const auto &[old, now] : plan.changed)
        change_slot(*slots[old], configs[now], lock);
    for (const auto now : plan.added)
        try_slot(add_configured_slot(configs[now]), lock);
}

} // namespace iiofs
