// SPDX-License-Identifier: MIT
//
// A server may have died because its memory was damaged, the keep's too: what is in it is
// checked before it is believed. A record that cannot be right is dropped.
#include <algorithm>
#include <daemon/takeover/keep.hpp>
#include <spdlog/spdlog.h>

namespace iiofs {

namespace {

// Of devices and triggers: more than there will ever be.
constexpr std::uint32_t max_number = 1'000'000;
// Nodes beyond the table have no records, but places.
constexpr std::uint32_t max_nodes_end = 2 * kept::max_nodes;
constexpr std::uint64_t max_lookups = std::uint64_t{1} << 32;
constexpr std::uint64_t max_unique = std::uint64_t{1} << 62;

template <std::size_t size> bool is_c_string(const std::array<char, size> &text)
{
    return std::ranges::find(text, '\0') != text.end();
}

bool is_right(const kept::Device &record)
{
    return record.state <= kept::gone && record.count <= record.numbers.size() &&
           record.length <= record.text.size() &&
           std::ranges::all_of(record.numbers, [](auto number) { return number <= max_number; });
}

bool is_right(const kept::Trigger &record)
{
    return record.state <= kept::gone && record.kind <= kept::Trigger::hrtimer &&
           record.number <= max_number && is_c_string(record.name) && record.name[0] != '\0';
}

bool is_right(const kept::Setting &record)
{
    return record.path_length <= record.path.size() && record.text_length <= record.text.size();
}

/// The records that were ever used.
template <class Record, std::size_t size>
std::span<Record> used_of(std::array<Record, size> &table, const std::atomic<std::uint32_t> &end)
{
    return std::span{table}.first(end);
}

/// Drops what is wrong; how much that was.
class Validation {
public:
    explicit Validation(kept::Layout &layout) : layout_{layout} {}

    std::size_t run()
    {
        clamp_header();
        for (auto &record : used_of(layout_.devices, layout_.header.devices_end))
            drop_unless(is_right(record) || record.state == kept::absent, record.state);
        for (auto &record : used_of(layout_.triggers, layout_.header.triggers_end))
            drop_unless(is_right(record) || record.state == kept::absent, record.state);
        for (auto &record : used_of(layout_.settings, layout_.header.settings_end))
            drop_unless(is_right(record) || record.order == 0, record.order);
        check_nodes();
        check_files();
        return wrong_;
    }

private:
    template <class Number> void drop_unless(bool right, std::atomic<Number> &state)
    {
        if (right)
            return;
        state.store(0);
        ++wrong_;
    }

    template <class Number> void clamp(std::atomic<Number> &number, std::uint64_t most)
    {
        if (number <= most)
            return;
        number = static_cast<Number>(most);
        ++wrong_;
    }

    void clamp_header()
    {
        auto &header = layout_.header;
        clamp(header.devices_end, layout_.devices.size());
        clamp(header.triggers_end, layout_.triggers.size());
        clamp(header.settings_end, layout_.settings.size());
        clamp(header.files_end, layout_.files.size());
        clamp(header.nodes_end, max_nodes_end);
        clamp(header.init_size, header.init.size());
        clamp(header.last_unique, max_unique);
        if (header.birth_ns < 0 || header.birth_ns > 999'999'999)
            header.birth_ns = 0;
    }

    void check_nodes()
    {
        const auto end = std::min<std::size_t>(layout_.header.nodes_end, layout_.nodes.size());
        for (std::size_t i = 1; i < end; ++i) {
            auto &record = layout_.nodes[i];
            if (!is_c_string(record.name)) {
                record.name.back() = '\0';
                remove(record);
            }
            // The kernel may know the node all the same: its place is not free.
            if ((record.state & NodeRecord::flags & ~NodeRecord::known_flags) != 0) {
                record.state &= ~std::uint64_t{NodeRecord::flags};
                remove(record);
            }
            clamp(record.lookups, max_lookups);
            const bool is_root = record.parent == 1 && record.name[0] == '\0';
            if (i > 1 && is_root && record.state & NodeRecord::used)
                record.state |= NodeRecord::removed;
        }
        if (end > 1)
            check_root(layout_.nodes[1]);
    }

    void check_root(NodeRecord &root)
    {
        const bool right = (root.state & NodeRecord::flags &
                            ~std::uint64_t{NodeRecord::directory}) == NodeRecord::used &&
                           root.parent == 1 && root.name[0] == '\0';
        if (right)
            return;
        root.parent = 1;
        root.name[0] = '\0';
        root.state = NodeRecord::used;
        ++wrong_;
    }

    void remove(NodeRecord &record)
    {
        record.state |= NodeRecord::used | NodeRecord::removed;
        ++wrong_;
    }

    void check_files()
    {
        for (auto &record : used_of(layout_.files, layout_.header.files_end)) {
            const auto kind = record.state & kept::File::kind;
            drop_unless(kind == kept::File::free ||
                            (kind >= kept::File::file && kind <= kept::File::directory),
                        record.state);
            if (SampledText::of(record.text).length > IIO_PAGE_SIZE)
                drop_unless(false, record.text);
        }
    }

    kept::Layout &layout_;
    std::size_t wrong_ = 0;
};

} // namespace

void Keep::validate()
{
    if (const auto wrong = Validation{layout_}.run(); wrong != 0)
        spdlog::error("the records of the previous server are damaged: {} are dropped", wrong);
}

} // namespace iiofs
