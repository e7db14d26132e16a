// SPDX-License-Identifier: MIT
#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <daemon/fuse/channel.hpp>
#include <daemon/fuse/parked_request.hpp>
#include <linux/fuse.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <vector>

using namespace iiofs;

namespace {

fuse_req_t asked = nullptr;

/// A session that leaves FUSE_GETATTR to the test, which is the kernel, too.
class Session {
public:
    Session()
    {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        kernel_.emplace(ends[0]);
        Fd fuse{ends[1]};
        fuse_lowlevel_ops operations{};
        operations.getattr = [](fuse_req_t request, fuse_ino_t, fuse_file_info *) {
            asked = request;
        };
        std::string program = "unit_fuse";
        std::array arguments{program.data()};
        fuse_args args = FUSE_ARGS_INIT(1, arguments.data());
        session_ = fuse_session_new(&args, &operations, sizeof operations, nullptr);
        fuse_opt_free_args(&args);
        REQUIRE(take_channel(session_, fuse, write_reply));
        fuse_init_in init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = FUSE_KERNEL_MINOR_VERSION;
        send(FUSE_INIT, init);
        REQUIRE(replies() == std::vector{0});
    }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;
    ~Session() { fuse_session_destroy(session_); }

    fuse_req_t request()
    {
        send(FUSE_GETATTR, fuse_getattr_in{});
        return asked;
    }
    /// The errors of all replies since the last time.
    std::vector<int> replies()
    {
        std::vector<int> errors;
        fuse_out_header header{};
        while (::recv(kernel_->get(), &header, sizeof header, MSG_DONTWAIT) > 0)
            errors.push_back(-header.error);
        return errors;
    }

private:
    template <class T> void send(std::uint32_t opcode, const T &body)
    {
        std::array<std::byte, sizeof(fuse_in_header) + sizeof body> bytes{};
        fuse_in_header header{};
        header.len = bytes.size();
        header.opcode = opcode;
        header.unique = last_ += 2;
        header.nodeid = 1;
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, &body, sizeof body);
        fuse_buf buffer{};
        buffer.mem = bytes.data();
        buffer.size = bytes.size();
        fuse_session_process_buf(session_, &buffer);
    }

    std::optional<Fd> kernel_;
    fuse_session *session_ = nullptr;
    std::uint64_t last_ = 0;
};

class StreamRequest final : public ParkedRequest {
public:
    using ParkedRequest::ParkedRequest;
    bool give_up() override { return true; }
    [[nodiscard]] bool is_of_stream() const override { return true; }
};

} // namespace

TEST_CASE("a request whose stream ends is answered once, whenever that is")
{
    Session session;
    Parking parking;
    {
        const auto waits = std::make_shared<StreamRequest>(session.request(), parking);
        REQUIRE(waits->park());
        CHECK(session.replies().empty());
        parking.end_streams();
        CHECK(session.replies() == std::vector{ENODEV});
        CHECK_FALSE(waits->take_reply());

        const auto late = std::make_shared<StreamRequest>(session.request(), parking);
        CHECK_FALSE(late->park());
        CHECK(session.replies() == std::vector{ENODEV});
    }
    Parking other;
    // It is known already and does not wait yet.
    const auto early = std::make_shared<StreamRequest>(session.request(), other);
    early->end();
    CHECK(session.replies().empty());
    CHECK_FALSE(early->park());
    CHECK(session.replies() == std::vector{ENODEV});
}
