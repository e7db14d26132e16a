// SPDX-License-Identifier: MIT
#include <daemon/fuse/reply.hpp> // which says what version of libfuse's interface it is

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cuse_lowlevel.h>
#include <daemon/base/fd.hpp>
#include <daemon/base/problem.hpp>
#include <daemon/fuse/channel.hpp>
#include <daemon/fuse/cuse_nodes.hpp>
#include <daemon/fuse/fence.hpp>
#include <daemon/fuse/loop.hpp>
#include <daemon/fuse/stream_requests.hpp>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

constexpr auto cuse_path = "/dev/cuse";
// Nothing waits on them; the second is for when the first is busy.
constexpr unsigned threads = 2;
constexpr unsigned most_at_the_end = 32;

} // namespace

/// A character device and the session that answers for it.
///
/// Threads: made and destroyed on one; the threads of its loop answer.
class CuseNode {
public:
    /// Returns when the node can be opened.
    /// Errors: why there is none, one line for people.
    [[nodiscard]] static OrProblem<std::unique_ptr<CuseNode>>
    create(const DevicePtr &device, std::shared_ptr<Queue> queue, const Permissions &permissions);
    /// Takes the node away.
    ~CuseNode();
    CuseNode(const CuseNode &) = delete;
    CuseNode &operator=(const CuseNode &) = delete;

    [[nodiscard]] dev_t number() const { return number_; }

private:
    CuseNode(const DevicePtr &device, std::shared_ptr<Queue> queue)
        : name_{device->directory()},
          path_{"/dev/" + name_},
          open_{node_of(device, std::move(queue))}
    {
    }

    OrProblem<void> start();
    OrProblem<void> make_session(Fd channel);
    OrProblem<void> set_access(const Permissions &permissions);
    void ended_by_kernel();
    [[nodiscard]] std::shared_ptr<OpenStream> stream() const;

    static CuseNode &node_of_data(void *data) { return *static_cast<CuseNode *>(data); }
    static CuseNode &node_of_request(fuse_req_t request)
    {
        return node_of_data(fuse_req_userdata(request));
    }
    static const cuse_lowlevel_ops &operations();
    static void open(fuse_req_t request, fuse_file_info *file);
    static void release(fuse_req_t request, fuse_file_info *file);
    static void read(fuse_req_t request, std::size_t size, off_t offset, fuse_file_info *file);
    static void poll(fuse_req_t request, fuse_file_info *file, fuse_pollhandle *wakeup);

    const std::string name_;
    const std::string path_;
    const OpenFunction open_;
    fuse_session *session_ = nullptr;
    dev_t number_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool serves_ = false;                ///< the kernel has taken the answer to CUSE_INIT
    bool ended_ = false;                 ///< by the kernel
    std::shared_ptr<OpenStream> stream_; ///< of the one client; a request keeps a copy
    Parking parking_;
    StreamRequests requests_{parking_};
    std::optional<Loop> loop_;
};

// ---- Life

OrProblem<std::unique_ptr<CuseNode>> CuseNode::create(const DevicePtr &device,
                                                      std::shared_ptr<Queue> queue,
                                                      const Permissions &permissions)
{
    std::unique_ptr<CuseNode> node{new CuseNode{device, std::move(queue)}};
    if (auto started = node->start(); !started)
        return problem(std::move(started.error()));
    if (auto set = node->set_access(permissions); !set)
        return problem(std::move(set.error()));
    return node;
}

CuseNode::~CuseNode()
{
    requests_.end();
    if (loop_) {
        loop_->stop();
        // Requests from before the end get ENODEV, as from the kernel's node. No request waits
        // any more. The number is bounded, as a client may go on asking.
        loop_->serve_waiting(most_at_the_end);
        parking_.finish(); // a read may be asking the chip
        loop_.reset();
    }
    // Closes the channel, and the kernel takes the device away.
    if (session_)
        fuse_session_destroy(session_);
}

OrProblem<void> CuseNode::start()
{
    struct stat status;
    // The kernel would make the device, and leave the node to its present owner.
    if (::lstat(path_.c_str(), &status) == 0)
        return problem("another driver has created one already");
    Fd channel{::open(cuse_path, O_RDWR | O_CLOEXEC | O_NONBLOCK)};
    if (!channel && (errno == ENOENT || errno == ENODEV))
        return problem(std::string{cuse_path} + " does not exist; load the kernel's module cuse");
    if (!channel)
        return failed(cuse_path);
    if (auto made = make_session(std::move(channel)); !made)
        return made;
    loop_->start();
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return serves_ || ended_; });
    return {};
}

OrProblem<void> CuseNode::make_session(Fd channel)
{
    std::string program = "iiofs";
    std::array arguments{program.data()};
    fuse_args args = FUSE_ARGS_INIT(static_cast<int>(arguments.size()), arguments.data());
    const std::string device_name = "DEVNAME=" + name_;
    std::array info_arguments{device_name.c_str()};
    cuse_info info{};
    info.dev_info_argc = info_arguments.size();
    info.dev_info_argv = info_arguments.data();
    session_ = cuse_lowlevel_new(&args, &info, &operations(), this);
    fuse_opt_free_args(&args);
    if (!session_ || !take_channel(session_, channel, write_reply))
        return problem("libfuse cannot serve it");
    // No polling: who reads waits for samples, not for us.
    loop_.emplace(session_, fuse_session_fd(session_),
                  Loop::Options{.threads = threads,
                                .on_read = [](auto...) {},
                                .on_end = [this] { ended_by_kernel(); }});
    return {};
}

/// The kernel has answered. Only its log tells when it could make no node, so this looks
/// for the node; then sets its owner and mode.
OrProblem<void> CuseNode::set_access(const Permissions &permissions)
{
    struct stat status;
    if (::lstat(path_.c_str(), &status) != 0 || !S_ISCHR(status.st_mode))
        return problem("the kernel has not created it");
    number_ = status.st_rdev;
    if (::chown(path_.c_str(), permissions.owner, permissions.group) != 0 ||
        ::chmod(path_.c_str(), permissions.of_stream()) != 0)
        return failed("owner and mode");
    return {};
}

void CuseNode::ended_by_kernel()
{
    const std::lock_guard lock{mutex_};
    if (serves_)
        spdlog::error("{}: the kernel has ended the CUSE connection", path_);
    ended_ = true;
    changed_.notify_all();
}

// ---- The operations

const cuse_lowlevel_ops &CuseNode::operations()
{
    static const cuse_lowlevel_ops operations = [] {
        cuse_lowlevel_ops ops{};
        ops.init = [](void *, fuse_conn_info *connection) {
            connection->max_write = std::min(connection->max_write, longest_write);
        };
        ops.init_done = [](void *data) {
            CuseNode &node = node_of_data(data);
            const std::lock_guard lock{node.mutex_};
            node.serves_ = true;
            node.changed_.notify_all();
        };
        ops.open = fenced<open>;
        ops.release = fenced<release>;
        ops.read = fenced<read>;
        ops.write = refuse<EINVAL>;
        // Those of the kernel's node return descriptors, which CUSE cannot.
        ops.ioctl = refuse<ENODEV>;
        ops.poll = fenced<poll>;
        return ops;
    }();
    return operations;
}

std::shared_ptr<OpenStream> CuseNode::stream() const
{
    const std::lock_guard lock{mutex_};
    return stream_;
}

void CuseNode::open(fuse_req_t request, fuse_file_info *file)
{
    CuseNode &node = node_of_request(request);
    auto opened = node.open_();
    if (!opened) {
        reply_error(request, opened.error());
        return;
    }
    file->nonseekable = 1;
    {
        const std::lock_guard lock{node.mutex_};
        node.stream_ = std::move(*opened);
    }
    if (fuse_reply_open(request, file) == 0)
        return;
    // The client has gone meanwhile: there will be no release().
    const std::lock_guard lock{node.mutex_};
    node.stream_.reset();
}

void CuseNode::release(fuse_req_t request, fuse_file_info *)
{
    CuseNode &node = node_of_request(request);
    {
        const std::lock_guard lock{node.mutex_};
        node.stream_.reset();
    }
    fuse_reply_err(request, 0);
}

void CuseNode::read(fuse_req_t request, std::size_t size, off_t offset, fuse_file_info *file)
{
    CuseNode &node = node_of_request(request);
    const auto stream = node.stream();
    // The kernel cuts a long read; each begins at 0, and what it goes on with
    // does not wait for more.
    node.requests_.read(request, stream, size, (file->flags & O_NONBLOCK) || offset > 0, {});
}

void CuseNode::poll(fuse_req_t request, fuse_file_info *, fuse_pollhandle *wakeup)
{
    CuseNode &node = node_of_request(request);
    const auto stream = node.stream();
    node.requests_.poll(request, *stream, wakeup);
}

// ---- All of them

CuseNodes::CuseNodes(PermissionsOf permissions_of, QueueOf queue_of)
    : permissions_of_{std::move(permissions_of)}, queue_of_{std::move(queue_of)}
{
}

CuseNodes::~CuseNodes() = default;

void CuseNodes::device_added(const std::shared_ptr<const iio::LiveDevice> &device)
{
    if (!device->buffer() && !device->events())
        return;
    auto node =
        CuseNode::create(device, queue_of_(device->number()), permissions_of_(device->number()));
    if (!node) {
        spdlog::error("no /dev/{}: {}", device->directory(), node.error());
        return;
    }
    device->set_node_number((*node)->number());
    nodes_.emplace(device.get(), std::move(*node));
}

void CuseNodes::device_removed(const std::shared_ptr<const iio::LiveDevice> &device)
{
    nodes_.erase(device.get());
}

} // namespace iiofs
