// SPDX-License-Identifier: MIT
#include "fuse_kernel.hpp"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <daemon/fuse/channel.hpp>
#include <daemon/fuse/loop.hpp>
#include <functional>
#include <future>
#include <linux/fuse.h>
#include <optional>
#include <poll.h>
#include <set>
#include <sys/socket.h>
#include <thread>

using namespace iiofs;
using namespace std::chrono_literals;

namespace {

/// Of FUSE_GETATTR, on the thread that it is called on.
std::function<void(fuse_ino_t node)> operation;

/// A session on one end of a socket; the test is the kernel at the other one.
class Connection {
public:
    explicit Connection(unsigned threads)
    {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        kernel_.emplace(ends[0]);
        Fd fuse{ends[1]};
        fuse_lowlevel_ops operations{};
        operations.getattr = [](fuse_req_t request, fuse_ino_t node, fuse_file_info *) {
            operation(node);
            fuse_reply_err(request, ENOENT);
        };
        session_ = tests::new_fuse_session(operations, nullptr);
        REQUIRE(take_channel(session_, fuse, write_reply));
        loop_.emplace(session_, fuse_session_fd(session_),
                      Loop::Options{.threads = threads,
                                    .polls = true,
                                    .on_read = [this](auto, auto) { ++read_; },
                                    .on_end = [this] { ended_.set_value(); }});
        loop_->start();
        fuse_init_in init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = FUSE_KERNEL_MINOR_VERSION;
        send(FUSE_INIT, 0, init);
        REQUIRE(answered() == last_);
    }
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection()
    {
        loop_.reset();
        fuse_session_destroy(session_);
    }

    /// The number of the request.
    std::uint64_t ask(fuse_ino_t node)
    {
        send(FUSE_GETATTR, node, fuse_getattr_in{});
        return last_;
    }
    /// The number of the next request that was answered; 0: none within the time.
    std::uint64_t answered(std::chrono::milliseconds limit = 20s)
    {
        pollfd event{kernel_->get(), POLLIN, 0};
        fuse_out_header header{};
        if (::poll(&event, 1, static_cast<int>(limit.count())) <= 0 ||
            ::recv(kernel_->get(), &header, sizeof header, 0) < 0)
            return 0;
        return header.unique;
    }
    void disconnect() { kernel_.reset(); }
    Loop &loop() { return *loop_; }
    [[nodiscard]] unsigned read() const { return read_; }
    [[nodiscard]] bool ends()
    {
        return ended_.get_future().wait_for(20s) == std::future_status::ready;
    }

private:
    template <class T> void send(std::uint32_t opcode, fuse_ino_t node, const T &body)
    {
        const auto bytes = tests::fuse_request(opcode, last_ += 2, node, body);
        REQUIRE(::send(kernel_->get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }

    std::optional<Fd> kernel_;
    fuse_session *session_ = nullptr;
    std::optional<Loop> loop_;
    std::uint64_t last_ = 0;
    std::atomic<unsigned> read_{0};
    std::promise<void> ended_;
};

} // namespace

TEST_CASE("a loop that is stopped has answered all that it has read", "[loop]")
{
    operation = [](auto) { std::this_thread::sleep_for(20us); };
    for (int turn = 0; turn < 100; ++turn) {
        Connection connection{2};
        for (int i = 0; i < 20; ++i)
            (void)connection.ask(1);
        std::this_thread::sleep_for(turn * 5us);
        connection.loop().stop();
        const unsigned read = connection.read() - 1; // FUSE_INIT
        unsigned answers = 0;
        while (connection.answered(0ms) != 0)
            ++answers;
        REQUIRE(answers == read);
        // The others are still there.
        connection.loop().serve_waiting(20);
        while (connection.answered(0ms) != 0)
            ++answers;
        REQUIRE(answers == 20);
    }
}

TEST_CASE("operations that wait stop no other as long as there are threads", "[loop]")
{
    std::promise<void> end;
    const auto ended = end.get_future().share();
    operation = [&](fuse_ino_t node) {
        if (node >= 100)
            ended.wait();
    };
    Connection connection{5};
    std::set<std::uint64_t> waiting;
    for (fuse_ino_t node = 100; node < 104; ++node) {
        waiting.insert(connection.ask(node));
        const auto quick = connection.ask(1);
        CHECK(connection.answered() == quick);
    }
    end.set_value();
    while (!waiting.empty())
        REQUIRE(waiting.erase(connection.answered()) == 1);
}

TEST_CASE("a loop with one thread serves one request after the other", "[loop]")
{
    operation = [](auto) { std::this_thread::sleep_for(3ms); };
    Connection connection{1};
    for (int i = 0; i < 5; ++i) {
        const auto asked = connection.ask(1);
        CHECK(connection.answered() == asked);
    }
}

TEST_CASE("a loop tells that its connection is gone", "[loop]")
{
    operation = [](auto) {};
    Connection connection{2};
    connection.disconnect();
    CHECK(connection.ends());
}

TEST_CASE("polling stops when it finds nothing, and begins again", "[loop]")
{
    const Polling::Time now{1h};
    Polling polling{true};
    for (int i = 0; i < 100; ++i)
        polling.found(4us);
    CHECK(polling.limit(now) > 8us);
    CHECK(polling.limit(now) < 20us);
    for (int i = 0; i < Polling::fruitless_looks; ++i) {
        CHECK(polling.limit(now) > 0ns);
        polling.found_nothing();
        polling.slept(10ms);
    }
    CHECK(polling.limit(now) == 0ns);
    for (unsigned i = 0; i < Polling::requests_to_try_again; ++i)
        polling.slept(10ms);
    CHECK(polling.limit(now) == 0ns);
    for (unsigned i = 0; i < Polling::requests_to_try_again; ++i)
        polling.slept(40us);
    CHECK(polling.limit(now) > 0ns);
    CHECK(polling.limit(now) <= Polling::longest);
    polling.found_nothing();
    CHECK(polling.limit(now) == 0ns);
}

TEST_CASE("polling rests in proportion to what it lost to others", "[loop]")
{
    const Polling::Time now{1h};
    for (const auto lost : {60us, 3'000us}) {
        Polling polling{true};
        CHECK(polling.limit(now) > 0ns);
        polling.displaced(now, now + lost);
        const auto end = now + lost + Polling::rest_for_loss * lost;
        CHECK(polling.limit(end - 1us) == 0ns);
        CHECK(polling.limit(end) > 0ns);
    }
}

TEST_CASE("polling that is not allowed does not begin", "[loop]")
{
    const Polling::Time now{1h};
    Polling polling{false};
    polling.found(1us);
    for (unsigned i = 0; i < Polling::requests_to_try_again; ++i)
        polling.slept(1us);
    CHECK(polling.limit(now) == 0ns);
}

TEST_CASE("a control group's quota is some CPUs' time", "[loop]")
{
    CHECK(cpus_of_quota("150000 100000\n") == 1.5);
    CHECK(cpus_of_quota("50000 100000") == 0.5);
    CHECK(cpus_of_quota("max 100000\n") == std::nullopt);
    CHECK(cpus_of_quota("") == std::nullopt);
}
