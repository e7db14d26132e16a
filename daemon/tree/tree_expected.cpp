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
    const Expected attributes{permissions_for(number), queue_of_ ? queue_of_(number) : nullptr,
                              error, kernel_page_size()};
    const auto device = std::make_shared<const Expected>(attributes);
    const auto name = directory_of(number);
    const Where where = enter(name, place_for(number), device->permissions);
    expect(where.folder, name, device);
    // Else its chip's folder waits for it.
    if (const NodeRef directory = find(*pin(where.folder), name)) {
        add_link(directory->id(), "subsystem", subsystem_for(where));
        lead_to(name);
    }
    for (const char *stream : stream_suffixes)
        expect(dev_, name + stream, device);
    auto debug = attributes;
    debug.size = 0;
    expect(debug_, name, std::make_shared<const Expected>(std::move(debug)));
}

void Tree::give_up_device(unsigned number) { remove_nodes_of(directory_of(number)); }

/// What the server before had there, with all below it; linked when it is complete.
void Tree::expect(NodeId parent, const std::string &name, const ExpectedPtr &device)
{
    const auto kind = nodes_.missing_kind(parent, name);
    if (kind & NodeRecord::directory) {
        const NodeId directory = make_directory(parent, name, 0755, device->permissions);
        pin(directory)->mark_expected();
        for (const auto &child : nodes_.missing_in(directory))
            expect(directory, child, device);
        link(directory, parent, name);
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

/// Asks the node that has taken its place.
class Tree::ExpectedFile final : public File {
public:
    ExpectedFile(const NodeOrigin &origin, Tree &tree, ExpectedPtr device)
        : File{origin}, tree_{tree}, device_{std::move(device)}
    {
        mark_expected();
    }
    [[nodiscard]] iio::Result<std::size_t> show(char *page) const override
    {
        return once_it_is_there([&](const File &file) { return file.show(page); });
    }
    [[nodiscard]] std::optional<iio::Result<std::size_t>> show_at_once(char *page) const override
    {
        const NodeRef node = tree_.nodes_.pin(id());
        return node && !node->is_expected() ? node->file()->show_at_once(page) : std::nullopt;
    }
    [[nodiscard]] iio::Result<std::size_t> store(std::string_view text,
                                                 const Request &request) const override
    {
        return once_it_is_there([&](const File &file) { return file.store(text, request); });
    }
    [[nodiscard]] Queue *queue() const override { return device_->queue.get(); }

protected:
    [[nodiscard]] off_t size() const override { return device_->size; }

private:
    template <class Call>
    [[nodiscard]] iio::Result<std::size_t> once_it_is_there(const Call &call) const
    {
        return tree_.once_it_is_there(id(), device_->error,
                                      [&](const Node &node) { return call(*node.file()); });
    }

    Tree &tree_;
    const ExpectedPtr device_;
};

void Tree::expect_file(NodeId parent, const std::string &name, mode_t mode,
                       const ExpectedPtr &device)
{
    const NodeOrigin origin{parent, access(device->permissions, mode), birth_};
    link(nodes_.insert(std::make_unique<ExpectedFile>(origin, *this, device), name), parent, name);
}

/// An open waits in the chip's queue for as long as it says EBUSY.
void Tree::expect_stream(NodeId parent, const std::string &name, const ExpectedPtr &device)
{
    const auto id = std::make_shared<NodeId>();
    OpenFunction open = [this, id, device] {
        return once_it_is_there(*id, device->error,
                                [](const Node &node) { return node.stream()->open(); });
    };
    const auto &permissions = device->permissions;
    const NodeOrigin origin{
        parent, {permissions.of_stream(), permissions.owner, permissions.group}, birth_, false};
    auto node = std::make_unique<StreamFile>(origin, std::move(open), device->queue);
    node->mark_expected();
    *id = nodes_.insert(std::move(node), name);
    link(*id, parent, name);
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
