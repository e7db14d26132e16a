// SPDX-License-Identifier: MIT
//
// What the keep has of settings.
#include <algorithm>
#include <daemon/takeover/keep.hpp>

namespace iiofs {

namespace {

std::string_view path_of(const kept::Setting &setting)
{
    return {setting.path.data(), setting.path_length};
}

std::string full_path(std::string_view where, std::string_view path)
{
    return std::string{where}.append("/").append(path);
}

} // namespace

bool Keep::set(std::string_view where, std::string_view path, std::string_view text)
{
    const auto full = full_path(where, path);
    const std::lock_guard lock{mutex_};
    if (is_frozen() || full.size() > kept::Setting{}.path.size() ||
        text.size() > kept::Setting{}.text.size())
        return false;
    const auto place = setting_places_.take();
    if (!place)
        return false;
    kept::Setting &record = layout_.settings[*place];
    record.path_length = static_cast<std::uint16_t>(full.copy(record.path.data(), full.size()));
    record.text_length = static_cast<std::uint16_t>(text.copy(record.text.data(), text.size()));
    record.order.store(next_order(), std::memory_order_release);
    if (const auto former = settings_.find(full); former != settings_.end())
        drop_setting(*former->second);
    settings_.emplace(path_of(record), &record);
    return true;
}

std::uint32_t Keep::place_of(const kept::Setting &setting) const
{
    return static_cast<std::uint32_t>(&setting - layout_.settings.data());
}

/// The index may have it.
void Keep::drop_setting(kept::Setting &setting)
{
    settings_.erase(path_of(setting));
    setting.order.store(0, std::memory_order_release);
    setting_places_.give_back(place_of(setting));
}

std::vector<KeptSetting> Keep::settings(std::string_view where) const
{
    const std::lock_guard lock{mutex_};
    const auto prefix = full_path(where, "");
    std::vector<const kept::Setting *> records;
    for (auto found = settings_.lower_bound(prefix);
         found != settings_.end() && found->first.starts_with(prefix); ++found)
        records.push_back(found->second);
    std::ranges::sort(records, {}, [](const auto *record) { return record->order.load(); });
    std::vector<KeptSetting> settings;
    settings.reserve(records.size());
    for (const auto *record : records)
        settings.push_back({std::string{path_of(*record).substr(prefix.size())},
                            std::string{record->text.data(), record->text_length}});
    return settings;
}

void Keep::remove_settings(std::string_view where)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen())
        return;
    const auto prefix = full_path(where, "");
    for (auto found = settings_.lower_bound(prefix);
         found != settings_.end() && found->first.starts_with(prefix);)
        drop_setting(*(found++)->second);
}

void Keep::index_settings()
{
    for (auto &record : std::span{layout_.settings}.first(layout_.header.settings_end)) {
        if (record.order == 0) {
            setting_places_.give_back(place_of(record));
            continue;
        }
        const auto [known, is_new] = settings_.emplace(path_of(record), &record);
        if (is_new)
            continue;
        // Of two the newer counts: the server ended before it took the other away.
        kept::Setting &other = *known->second;
        const bool is_newer = record.order > other.order;
        drop_setting(is_newer ? other : record);
        settings_.insert_or_assign(path_of(is_newer ? record : other), is_newer ? &record : &other);
    }
}

} // namespace iiofs
