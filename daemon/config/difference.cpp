// SPDX-License-Identifier: MIT
#include <daemon/config/difference.hpp>

namespace iiofs {

namespace {

bool is_unchanged(DeviceConfig before, const DeviceConfig &now)
{
    before.where = now.where;
    return before == now;
}

/// Whether one takes the place of the other.
bool is_successor(const DeviceConfig &before, const DeviceConfig &now)
{
    const auto *model = std::get_if<ModelFile>(&before.bus);
    return model ? before.bus == now.bus : same_chip(before, now);
}

} // namespace

ConfigDifference difference(std::span<const std::reference_wrapper<const DeviceConfig>> before,
                            std::span<const DeviceConfig> now)
{
    ConfigDifference result;
    std::vector<bool> is_taken(before.size()), is_placed(now.size());
    const auto pair_up = [&](std::vector<ConfigDifference::Pair> &pairs, const auto &belong) {
        for (std::size_t n = 0; n < now.size(); ++n) {
            for (std::size_t b = 0; b < before.size() && !is_placed[n]; ++b) {
                if (is_taken[b] || !belong(before[b], now[n]))
                    continue;
                pairs.push_back({b, n});
                is_taken[b] = is_placed[n] = true;
            }
        }
    };
    // All that are unchanged first, lest one's place is taken by a changed twin.
    pair_up(result.unchanged, is_unchanged);
    pair_up(result.changed, is_successor);
    for (std::size_t b = 0; b < before.size(); ++b) {
        if (!is_taken[b])
            result.removed.push_back(b);
    }
    for (std::size_t n = 0; n < now.size(); ++n) {
        if (!is_placed[n])
            result.added.push_back(n);
    }
    return result;
}

} // namespace iiofs
