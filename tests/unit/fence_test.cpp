// SPDX-License-Identifier: MIT
//
// The fence, in a session of libfuse whose kernel is this test.
#include "fuse_kernel.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <daemon/fuse/fence.hpp>
#include <linux/fuse.h>
#include <new>
#include <stdexcept>
#include <vector>

namespace fence_test {

using namespace iiofs;

namespace {

void readlink(fuse_req_t, fuse_ino_t id)
{
    if (id == 1)
        throw std::bad_alloc{};
    throw std::runtime_error{"somebody's mistake"};
}

void forget(fuse_req_t, fuse_ino_t, std::uint64_t) { throw 7; }

fuse_lowlevel_ops throwing_operations()
{
    fuse_lowlevel_ops operations{};
    operations.readlink = fenced<readlink>;
    operations.forget = fenced_unanswered<forget>;
    return operations;
}

} // namespace

TEST_CASE("what an operation throws is its client's error and nobody else's end")
{
    tests::FuseKernel kernel{throwing_operations()};
    kernel.ask(FUSE_READLINK, 1, std::array<char, 0>{});
    CHECK(kernel.errors == std::vector{ENOMEM});
    kernel.ask(FUSE_READLINK, 2, std::array<char, 0>{});
    CHECK(kernel.errors == std::vector{ENOMEM, EIO});
    kernel.ask(FUSE_FORGET, 2, fuse_forget_in{.nlookup = 1});
    CHECK(kernel.errors.size() == 2);
}

} // namespace fence_test
