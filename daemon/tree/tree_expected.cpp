// SPDX-License-Identifier: MIT
//
// Devices that the server before had, until their chips have answered.
#include <daemon/tree/tree.hpp>
#include <utility>

namespace iiofs {

namespace {

std::string directory_of(unsigned number) { return "iio:device" + std::to_string(number); }

} // namespace

void Tree::expect_device(unsigned number, const ErrorOf &error)
{
    Expected device{permissions_for(number), queue_of_ ? queue_of_(number) : nullptr, error};
    const auto name = directory_of(number);
    const Where where = enter(name, place_for(number), device.permissions);
    expect(where.folder, name, device);
    // Else its chip's folder waits for it.
    if (const NodeRef directory = find(*pin(where.folder), name)) {
        add_link(directory->id(), "subsystem", subsystem_for(where));
        lead_to(name);
    }
    for (const char *stream : stream_suffixes)
        expect(dev_, name + stream, device);
    device.size = 0;
    expect(debug_, name, device);
}

void Tree::give_up_device(unsigned number) { remove_nodes_of(directory_of(number)); }

/// What the server before had there, with all below it; linked when it is complete.
void Tree::expect(NodeId parent, const std::string &name, const Expected &device)
{
    const auto kind = nodes_.missing_kind(parent, name);
    if (kind & NodeRecord::directory) {
        const NodeId directory = make_directory(parent, name, 0755, device.permissions);
        pin(directory)->mark_expected();
        for (const auto &child : nodes_.missing_in(directory))
            expect(directory, child, device);
        link(directory, parent, name, true);
    } else if (kind & NodeRecord::file) {
        const mode_t read = kind & NodeRecord::readable ? 0444 : 0;
        const mode_t write = kind & NodeRecord::writable ? 0200 : 0;
        expect_file(parent, name, read | write, device);
    } else if (kind & NodeRecord::stream) {
        expect_stream(parent, name, device);
    }
}

/// What `call` makes of the node that has taken the place of the expected one.
template <class Call> auto Tree::once_it_is_there(NodeId id, const ErrorOf &error, const Call &call)
{
    const NodeRef node = nodes_.pin(id);
    using Result = decltype(call(*node));
    if (!node || node->is_removed())
        return Result{iio::fail(ENODEV)};
    if (!node->is_expected())
        return call(*node);
    const int failed = error();
    return Result{iio::fail(failed != 0 ? failed : EBUSY)};
}

void Tree::expect_file(NodeId parent, const std::string &name, mode_t mode, const Expected &device)
{
    const auto id = std::make_shared<NodeId>();
    File file{.size = device.size, .queue = device.queue};
    file.show = [this, id, error = device.error](char *page) {
        return once_it_is_there(*id, error, [&](const Node &node) -> iio::Result<std::size_t> {
            return node.file()->show ? node.file()->show(page) : iio::fail(EIO);
        });
    };
    file.show_at_once = [this, id](char *page) -> std::optional<iio::Result<std::size_t>> {
        const NodeRef node = nodes_.pin(*id);
        const bool can = node && !node->is_expected() && node->file()->show_at_once;
        return can ? node->file()->show_at_once(page) : std::nullopt;
    };
    file.store = [this, id, error = device.error](std::string_view text, const Request &request) {
        return once_it_is_there(*id, error, [&](const Node &node) -> iio::Result<std::size_t> {
            return node.file()->store ? node.file()->store(text, request) : iio::fail(EIO);
        });
    };
    auto node =
        std::make_unique<Node>(parent, access(device.permissions, mode), birth_, std::move(file));
    node->mark_expected();
    *id = nodes_.insert(std::move(node), name);
    link(*id, parent, name, true);
}

/// An open waits in the chip's queue for as long as it says EBUSY.
void Tree::expect_stream(NodeId parent, const std::string &name, const Expected &device)
{
    const auto id = std::make_shared<NodeId>();
    OpenFunction open = [this, id, error = device.error] {
        return once_it_is_there(*id, error, [](const Node &node) { return node.stream()->open(); });
    };
    const Access access{device.permissions.of_stream(), device.permissions.owner,
                        device.permissions.group};
    auto node =
        std::make_unique<Node>(parent, access, birth_, StreamFile{std::move(open), device.queue});
    node->mark_expected();
    *id = nodes_.insert(std::move(node), name);
    link(*id, parent, name, false);
}

/// The node that is expected there; none: no node is.
NodeRef Tree::expected_at(NodeId parent, std::string_view name)
{
    const NodeRef directory = nodes_.pin(parent);
    NodeRef node = directory && directory->directory() ? find(*directory, name) : NodeRef{};
    return node && node->is_expected() ? std::move(node) : NodeRef{};
}

/// The device has come: what it does not have any more.
void Tree::drop_expected(NodeId id)
{
    const NodeRef directory = nodes_.pin(id);
    if (!directory)
        return;
    for (const auto &entry : list(*directory)) {
        const NodeRef node = nodes_.pin(entry.id);
        if (!node || !node->is_expected() || entry.name.starts_with('.'))
            continue;
        if (node->directory())
            drop_expected(entry.id);
        if (!node->directory() || list(*node).size() == 2)
            remove(id, entry.name);
    }
}

} // namespace iiofs
