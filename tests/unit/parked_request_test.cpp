// SPDX-License-Identifier: MIT
#include "fuse_kernel.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <daemon/fuse/parked_request.hpp>
#include <linux/fuse.h>
#include <memory>
#include <utility>
#include <vector>

using namespace iiofs;

namespace {

fuse_req_t asked = nullptr;

/// Leaves FUSE_GETATTR to the test.
fuse_lowlevel_ops operations_that_wait()
{
    fuse_lowlevel_ops operations{};
    operations.getattr = [](fuse_req_t request, fuse_ino_t, fuse_file_info *) { asked = request; };
    return operations;
}

class Session {
public:
    fuse_req_t request()
    {
        kernel_.ask(FUSE_GETATTR, 1, fuse_getattr_in{});
        return asked;
    }
    /// The errors of all replies since the last time.
    std::vector<int> replies() { return std::exchange(kernel_.errors, {}); }

private:
    tests::FuseKernel kernel_{operations_that_wait()};
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
