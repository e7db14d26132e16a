// SPDX-License-Identifier: MIT
//
// Other devices in the place of those that there are: another configuration, other numbers.
#include <algorithm>
#include <daemon/config/difference.hpp>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/configured_values.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/takeover/restore.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace iiofs {

/// Retires a chip; the one in its place is in the list where it was. What of its numbers the new
/// one does not have is given up when it is gone.
Devices::SlotPtr Devices::replace(const SlotPtr &slot, const DeviceConfig &config,
                                  std::vector<unsigned> numbers)
{
    std::erase_if(slot->given_up, [&](unsigned number) {
        return std::ranges::find(numbers, number) != numbers.end();
    });
    const auto place = std::ranges::find(slots_, slot) - slots_.begin();
    retire(slot);
    auto successor = add_slot(config, slot->queue, std::move(numbers));
    successor->is_configured = slot->is_configured;
    successor->try_at = Time::max(); // once the other one has its last job
    std::rotate(slots_.begin() + place, slots_.end() - 1, slots_.end());
    return successor;
}

void Devices::reconfigure(const std::vector<DeviceConfig> &configs)
{
    Lock lock{mutex_};
    const Slots slots = slots_;
    std::vector<std::reference_wrapper<const DeviceConfig>> before;
    for (const auto &slot : slots)
        before.emplace_back(slot->config);
    const auto plan = difference(before, configs);
    for (const auto &[old, now] : plan.unchanged) {
        slots[old]->config.where = configs[now].where;
        if (!std::exchange(slots[old]->is_configured, true)) {
            keep_.remove_device(slots[old]->numbers);
            keep_.add_device(identity(configs[now]), true, slots[old]->numbers);
        }
    }
    Slots retired;
    for (const auto old : plan.removed) {
        if (!slots[old]->is_configured)
            continue;
        forget(*slots[old], {});
        retire(slots[old]);
        retired.push_back(slots[old]);
    }
    for (const auto &[old, now] : plan.changed) {
        slots[old]->is_configured = true;
        keep_.remove_device(slots[old]->numbers);
        if (slots[old]->config.driver != configs[now].driver)
            forget(*slots[old], {});
        update_kept(keep_, slots[old]->numbers, slots[old]->config.set, configs[now].set);
        const auto successor = replace(slots[old], configs[now], slots[old]->numbers);
        keep_.add_device(identity(configs[now]), true, successor->numbers);
        retired.push_back(slots[old]);
    }
    take_leave(retired, lock);
    // New ones get the numbers of those that have gone.
    changed_.wait_for(lock, patience, [this] { return leaving_.empty(); });
    for (const auto now : plan.added)
        add_configured_slot(configs[now]);
    tell();
    changed_.wait_for(lock, patience, [this] { return is_settled(); });
}

void Devices::renumber(const std::set<unsigned> &taken)
{
    const auto is_in_the_way = [&](const SlotPtr &slot) {
        return std::ranges::any_of(slot->numbers, [&](unsigned n) { return taken.contains(n); });
    };
    Lock lock{mutex_};
    // One that has answered is there in a moment.
    changed_.wait(lock, [&] {
        return std::ranges::none_of(slots_, [&](const SlotPtr &slot) {
            return is_in_the_way(slot) && slot->is_registering;
        });
    });
    Slots retired;
    for (const auto &slot : Slots{slots_}) {
        if (!is_in_the_way(slot))
            continue;
        auto numbers = slot->numbers;
        for (auto &number : numbers) {
            if (!taken.contains(number))
                continue;
            const unsigned old = std::exchange(number, registry_.reserve_number());
            move_settings(keep_, old, number);
            spdlog::warn("the kernel now uses {}: {} on {} becomes {}", directory_of(old),
                         slot->config.driver, describe(slot->config.bus), directory_of(number));
        }
        keep_.renumber_device(slot->numbers, numbers);
        replace(slot, slot->config, std::move(numbers));
        retired.push_back(slot);
    }
    if (!retired.empty())
        take_leave(retired, lock);
}

} // namespace iiofs
