// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <chrono>
#include <core/mode_lock.hpp>
#include <future>
#include <optional>

using namespace iio;
using core::ModeLock;

namespace {

template <class T> bool is_waiting(std::future<T> &future)
{
    return future.wait_for(std::chrono::milliseconds{20}) == std::future_status::timeout;
}

void set_streaming(ModeLock &mode, bool streaming)
{
    ModeLock::Change change{mode};
    change.set_streaming(streaming);
}

} // namespace

TEST_CASE("direct mode is claimed by any number, and by none while the device streams")
{
    ModeLock mode;
    CHECK(mode.claim_direct());
    CHECK(mode.claim_direct());
    mode.release_direct();
    mode.release_direct();
    set_streaming(mode, true);
    const auto refused = mode.claim_direct();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().value() == EBUSY);
    set_streaming(mode, false);
    CHECK(mode.claim_direct());
}

TEST_CASE("a change of the mode waits for all claims")
{
    ModeLock mode;
    REQUIRE(mode.claim_direct());
    REQUIRE(mode.claim_direct());
    auto change = std::async(std::launch::async, [&] { set_streaming(mode, true); });
    CHECK(is_waiting(change));
    mode.release_direct();
    CHECK(is_waiting(change));
    mode.release_direct();
    change.get();
    CHECK_FALSE(mode.claim_direct());
}

TEST_CASE("claims and changes wait for the change that is under way")
{
    ModeLock mode;
    std::optional<ModeLock::Change> change{std::in_place, mode};
    auto claim = std::async(std::launch::async, [&] { return mode.claim_direct().has_value(); });
    auto other = std::async(std::launch::async, [&] { ModeLock::Change{mode}; });
    CHECK(is_waiting(claim));
    CHECK(is_waiting(other));
    SECTION("a claim is granted where the device does not stream in the end")
    {
        change.reset();
        CHECK(claim.get());
        mode.release_direct();
    }
    SECTION("and refused where it does")
    {
        change->set_streaming(true);
        change.reset();
        CHECK_FALSE(claim.get());
    }
    other.get();
}

TEST_CASE("a change that fails leaves the mode as it was")
{
    ModeLock mode;
    {
        const ModeLock::Change change{mode};
    }
    CHECK(mode.claim_direct());
}
