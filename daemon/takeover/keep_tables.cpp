// SPDX-License-Identifier: MIT
//
// What the keep has of chips, triggers and settings.
#include <algorithm>
#include <daemon/takeover/keep.hpp>

namespace iiofs {

namespace {

template <std::size_t size>
[[nodiscard]] bool put_c_string(std::array<char, size> &place, std::string_view text)
{
    if (text.size() >= size)
        return false;
    place[text.copy(place.data(), text.size())] = '\0';
    return true;
}

template <class Table> auto in_use(Table &table, const std::atomic<std::uint32_t> &end)
{
    return std::span{table}.first(end.load(std::memory_order_acquire));
}

/// A place for a new record; one that tells of something gone serves as the last
/// resort, the oldest first.
template <class Table> auto *free_record(Table &table, std::atomic<std::uint32_t> &end)
{
    typename Table::value_type *oldest = nullptr;
    for (auto &record : in_use(table, end)) {
        const auto state = record.state.load(std::memory_order_relaxed);
        if (state == kept::absent)
            return &record;
        if (state == kept::gone && (!oldest || record.changed_by < oldest->changed_by))
            oldest = &record;
    }
    return end < table.size() ? &table[end++] : oldest;
}

/// It goes, and who asked for it is remembered.
template <class Record> void take_away(Record &record, const Request &request)
{
    record.changed_by.store(request.unique, std::memory_order_relaxed);
    record.state.store(kept::gone, std::memory_order_release);
}

std::string full_path(std::string_view where, std::string_view path)
{
    return std::string{where}.append("/").append(path);
}

} // namespace

// ---- Chips

bool Keep::add_device(std::string_view text, bool from_config, std::span<const unsigned> numbers,
                      const Request &request)
{
    const std::lock_guard lock{mutex_};
    // One of the configuration may have gone and be back.
    const auto known = in_use(layout_.devices, layout_.header.devices_end);
    const auto gone = std::ranges::find_if(known, [&](const kept::Device &record) {
        return from_config && record.from_config && record.state == kept::gone &&
               std::string_view{record.text.data(), record.length} == text;
    });
    auto *const record =
        gone != known.end() ? &*gone : free_record(layout_.devices, layout_.header.devices_end);
    if (is_frozen() || !record || text.size() > record->text.size() ||
        numbers.size() > record->numbers.size())
        return false;
    record->state.store(kept::absent, std::memory_order_release);
    record->from_config = from_config;
    record->changed_by = request.unique;
    record->order = next_order();
    std::ranges::copy(numbers, record->numbers.begin());
    record->count = static_cast<std::uint32_t>(numbers.size());
    record->length = static_cast<std::uint32_t>(text.copy(record->text.data(), text.size()));
    record->state.store(kept::present, std::memory_order_release);
    return true;
}

void Keep::remove_device(std::span<const unsigned> numbers, const Request &request)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen())
        return;
    for (auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        if (record.state == kept::present &&
            std::ranges::equal(std::span{record.numbers}.first(record.count), numbers))
            take_away(record, request);
    }
}

void Keep::renumber_device(std::span<const unsigned> from, std::span<const unsigned> to)
{
    const std::lock_guard lock{mutex_};
    for (auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        if (record.state == kept::present &&
            std::ranges::equal(std::span{record.numbers}.first(record.count), from))
            std::ranges::copy(to, record.numbers.begin());
    }
}

std::vector<KeptDevice> Keep::devices() const
{
    const std::lock_guard lock{mutex_};
    std::vector<const kept::Device *> records;
    for (const auto &record : in_use(layout_.devices, layout_.header.devices_end)) {
        // One of the configuration that went is to stay away.
        const auto state = record.state.load(std::memory_order_acquire);
        if (state == kept::present || (state == kept::gone && record.from_config))
            records.push_back(&record);
    }
    std::ranges::sort(records, {}, &kept::Device::order);
    std::vector<KeptDevice> devices;
    for (const auto *record : records) {
        const auto numbers = std::span{record->numbers}.first(record->count);
        devices.push_back({std::string{record->text.data(), record->length},
                           record->from_config != 0,
                           record->state == kept::gone,
                           {numbers.begin(), numbers.end()}});
    }
    return devices;
}

// ---- Triggers

bool Keep::add_trigger(std::string_view name, kept::Trigger::Kind kind, unsigned number,
                       const Request &request)
{
    const std::lock_guard lock{mutex_};
    const auto has_name = [&](const kept::Trigger &record) {
        return record.state != kept::absent && name == record.name.data();
    };
    const auto known = in_use(layout_.triggers, layout_.header.triggers_end);
    const auto found = std::ranges::find_if(known, has_name);
    auto *const record =
        found != known.end() ? &*found : free_record(layout_.triggers, layout_.header.triggers_end);
    if (is_frozen() || !record || name.size() >= record->name.size())
        return false;
    if (record->state == kept::present && record->kind == kind && record->number == number &&
        name == record->name.data())
        return true; // a server that takes over makes it anew
    record->state.store(kept::absent, std::memory_order_release);
    (void)put_c_string(record->name, name);
    record->kind = kind;
    record->number = number;
    record->changed_by = request.unique;
    record->state.store(kept::present, std::memory_order_release);
    return true;
}

void Keep::remove_trigger(std::string_view name, const Request &request)
{
    const std::lock_guard lock{mutex_};
    if (is_frozen())
        return;
    for (auto &record : in_use(layout_.triggers, layout_.header.triggers_end)) {
        if (record.state == kept::present && name == record.name.data())
            take_away(record, request);
    }
}

std::vector<KeptTrigger> Keep::triggers() const
{
    const std::lock_guard lock{mutex_};
    std::vector<KeptTrigger> triggers;
    for (const auto &record : in_use(layout_.triggers, layout_.header.triggers_end)) {
        if (record.state.load(std::memory_order_acquire) == kept::present)
            triggers.push_back(
                {record.name.data(), static_cast<kept::Trigger::Kind>(record.kind), record.number});
    }
    std::ranges::sort(triggers, {}, &KeptTrigger::number);
    return triggers;
}

bool Keep::changed_before(const Request &request) const
{
    const auto changed = [&](const auto &record) {
        return record.state != kept::absent && record.changed_by == request.unique;
    };
    return request.sent_again &&
           (std::ranges::any_of(in_use(layout_.devices, layout_.header.devices_end), changed) ||
            std::ranges::any_of(in_use(layout_.triggers, layout_.header.triggers_end), changed));
}

// ---- Settings

kept::Setting *Keep::find_setting(std::string_view path)
{
    kept::Setting *newest = nullptr;
    for (auto &record : in_use(layout_.settings, layout_.header.settings_end)) {
        // Of two the newer counts: the server ended before it took the other away.
        if (record.order != 0 && path == std::string_view{record.path.data(), record.path_length} &&
            (!newest || record.order > newest->order))
            newest = &record;
    }
    return newest;
}

bool Keep::set(std::string_view where, std::string_view path, std::string_view text)
{
    const auto full = full_path(where, path);
    const std::lock_guard lock{mutex_};
    auto &end = layout_.header.settings_end;
    const auto known = in_use(layout_.settings, end);
    auto free = std::ranges::find(known, 0U, [](const auto &r) { return r.order.load(); });
    if (is_frozen() || full.size() > kept::Setting{}.path.size() ||
        text.size() > kept::Setting{}.text.size() ||
        (free == known.end() && end == layout_.settings.size()))
        return false;
    kept::Setting *const former = find_setting(full);
    kept::Setting &record = free != known.end() ? *free : layout_.settings[end++];
    record.path_length = static_cast<std::uint16_t>(full.copy(record.path.data(), full.size()));
    record.text_length = static_cast<std::uint16_t>(text.copy(record.text.data(), text.size()));
    record.order.store(next_order(), std::memory_order_release);
    if (former)
        former->order.store(0, std::memory_order_release);
    return true;
}

std::vector<KeptSetting> Keep::settings(std::string_view where) const
{
    const std::lock_guard lock{mutex_};
    const auto prefix = full_path(where, "");
    std::vector<const kept::Setting *> records;
    for (const auto &record : in_use(layout_.settings, layout_.header.settings_end)) {
        const std::string_view path{record.path.data(), record.path_length};
        if (record.order.load(std::memory_order_acquire) != 0 && path.starts_with(prefix))
            records.push_back(&record);
    }
    std::ranges::sort(records, {}, [](const auto *record) { return record->order.load(); });
    std::vector<KeptSetting> settings;
    for (const auto *record : records) {
        const std::string_view path{record->path.data(), record->path_length};
        KeptSetting setting{std::string{path.substr(prefix.size())},
                            std::string{record->text.data(), record->text_length}};
        std::erase_if(settings, [&](const KeptSetting &s) { return s.path == setting.path; });
        settings.push_back(std::move(setting));
    }
    return settings;
}

void Keep::remove_settings(std::string_view where)
{
    const std::lock_guard lock{mutex_};
    const auto prefix = full_path(where, "");
    for (auto &record : in_use(layout_.settings, layout_.header.settings_end)) {
        if (!is_frozen() &&
            std::string_view{record.path.data(), record.path_length}.starts_with(prefix))
            record.order.store(0, std::memory_order_release);
    }
}

} // namespace iiofs
