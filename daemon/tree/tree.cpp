// SPDX-License-Identifier: MIT
#include <daemon/tree/tree.hpp>
#include <utility>

namespace iiofs {

Tree::Tree(const Permissions &permissions, TreeControls controls, const NodeRecords &records,
           timespec birth)
    : permissions_{permissions}, birth_{birth}, nodes_{records}, opens_{controls.opens}
{
    // The first one: root_id.
    static_cast<void>(make_directory(root_id, "", 0755, permissions_));
    devices_ = add_directory(root_id, "devices");
    add_directory(root_id, "drivers");
    dev_ = add_directory(root_id, "dev");
    debug_ = add_directory(add_directory(root_id, "debug", 0700), "iio");
    // Where a device's `subsystem` ends: its text must end in "/iio" wherever
    // the tree is mounted, and a link into nothing is an error to libiio.
    add_hidden_link(root_id, "iio", ".");
    add_places();
    add_bus_files(controls);
    add_trigger_files(std::move(controls));
}

Access Tree::access(const Permissions &permissions, mode_t kernel_mode)
{
    // What the kernel gives to the owner alone is not for others either.
    const mode_t kept = kernel_mode == 0700 ? 0700 : 0777;
    return {permissions.apply(kernel_mode) & kept, permissions.owner, permissions.group};
}

Permissions Tree::permissions_in(NodeId parent)
{
    const NodeRef above = nodes_.pin(parent);
    const Directory *const directory = above ? above->directory() : nullptr;
    return directory ? directory->permissions() : permissions_;
}

Permissions Tree::permissions_for(unsigned device) const
{
    return permissions_of_ ? permissions_of_(device) : permissions_;
}

NodeId Tree::add_directory(NodeId parent, const std::string &name, mode_t mode)
{
    return link(make_directory(parent, name, mode, permissions_in(parent)), parent, name);
}

NodeId Tree::add_file(NodeId parent, const std::string &name, mode_t mode, FileFunctions functions)
{
    return add<FunctionFile>(parent, name, mode, std::move(functions));
}

NodeId Tree::add_link(NodeId parent, const std::string &name, std::string target)
{
    const auto permissions = permissions_in(parent);
    const NodeOrigin origin{parent, {0777, permissions.owner, permissions.group}, birth_};
    return insert(std::make_unique<Link>(origin, std::move(target)), name);
}

NodeId Tree::add_stream(NodeId parent, const std::string &name, const Permissions &permissions,
                        OpenFunction open)
{
    const Access access{permissions.of_stream(), permissions.owner, permissions.group};
    const NodeOrigin origin{parent, access, birth_, false};
    return insert(std::make_unique<StreamFile>(origin, std::move(open), opens_), name);
}

NodeId Tree::add_hidden_link(NodeId parent, const std::string &name, std::string target)
{
    const auto permissions = permissions_in(parent);
    const NodeOrigin origin{parent, {0777, permissions.owner, permissions.group}, birth_, false};
    return insert(std::make_unique<Link>(origin, std::move(target)), name);
}

NodeId Tree::make_directory(NodeId parent, const std::string &name, mode_t mode,
                            const Permissions &permissions)
{
    if (const NodeRef expected = expected_at(parent, name))
        return expected->id();
    const NodeOrigin origin{parent, access(permissions, mode), birth_};
    return nodes_.insert(std::make_unique<Directory>(origin, permissions), name);
}

NodeId Tree::insert(std::unique_ptr<Node> node, const std::string &name)
{
    const NodeId parent = node->parent();
    if (const NodeRef expected = expected_at(parent, name)) {
        nodes_.replace(expected->id(), std::move(node));
        return expected->id();
    }
    return link(nodes_.insert(std::move(node), name), parent, name);
}

NodeId Tree::link(NodeId id, NodeId parent, const std::string &name)
{
    const NodeRef node = nodes_.pin(id);
    if (!node)
        return 0; // it was expected, and was given up meanwhile
    const NodeRef above = nodes_.pin(parent);
    Directory *const directory = above ? above->directory() : nullptr;
    bool linked = false;
    if (directory) {
        const std::lock_guard lock{directory->mutex};
        const NodeId found = directory->children.find(name);
        if (found == id)
            return id; // it was expected
        linked = !above->is_removed() && found == 0;
        if (linked)
            directory->children.insert(name, id);
        if (linked && node->directory())
            ++directory->subdirectories;
    }
    if (!linked) {
        prune(id);
        return 0;
    }
    tell(parent, name);
    return id;
}

bool Tree::remove(NodeId parent, std::string_view name)
{
    const NodeRef above = nodes_.pin(parent);
    Directory *const directory = above ? above->directory() : nullptr;
    if (!directory)
        return false;
    NodeId id = 0;
    {
        const std::lock_guard lock{directory->mutex};
        id = directory->children.find(name);
        if (id == 0)
            return false;
        directory->children.erase(name);
        if (nodes_.pin(id)->directory())
            --directory->subdirectories;
    }
    prune(id);
    tell(parent, std::string{name});
    return true;
}

/// Drops the tree's references to a node that is not linked any more and to
/// all below it.
void Tree::prune(NodeId id)
{
    const NodeRef node = nodes_.pin(id);
    node->mark_removed();
    if (Directory *const directory = node->directory()) {
        Children children;
        {
            const std::lock_guard lock{directory->mutex};
            std::swap(children, directory->children);
            directory->subdirectories = 0;
        }
        for (const Child &child : children)
            prune(child.id);
    }
    nodes_.unlink(id);
}

void Tree::listen(Changed changed)
{
    const std::lock_guard lock{changed_mutex_};
    changed_ = std::move(changed);
}

void Tree::tell(NodeId parent, const std::string &name)
{
    if (parent != root_id && parent != devices_ && !nodes_.is_held(parent))
        return;
    const std::lock_guard lock{changed_mutex_};
    if (changed_)
        changed_(parent, name);
}

NodeRef Tree::find(Node &directory, std::string_view name)
{
    if (name == ".")
        return nodes_.pin(directory.id());
    if (name == "..")
        return nodes_.pin(directory.parent());
    Directory *const entries = directory.directory();
    if (!entries)
        return {};
    const std::shared_lock lock{entries->mutex};
    return nodes_.pin(entries->children.find(name));
}

NodeRef Tree::find(std::string_view path)
{
    NodeRef node = nodes_.pin(root_id);
    while (node && !path.empty()) {
        const auto slash = path.find('/');
        node = find(*node, path.substr(0, slash));
        path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
    }
    return node;
}

std::vector<Entry> Tree::list(Node &directory)
{
    std::vector<Entry> entries{{".", directory.id(), S_IFDIR}, {"..", directory.parent(), S_IFDIR}};
    Directory *const content = directory.directory();
    if (!content)
        return entries;
    const std::shared_lock lock{content->mutex};
    for (const Child &child : content->children) {
        if (const NodeRef node = nodes_.pin(child.id); node->is_listed())
            entries.push_back({child.name, child.id, node->type()});
    }
    return entries;
}

} // namespace iiofs
