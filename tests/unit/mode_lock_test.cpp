// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <chrono>
#include <core/mode_lock.hpp>
#include <future>
#include <optional>

namespace mode_lock_test {

using namespace iio;
using core::ModeLock;
using Claim = ModeLock::Claim;

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
    {
        const auto one = Claim::of(mode);
        const auto other = Claim::of(mode);
        CHECK(one);
        CHECK(other);
    }
    set_streaming(mode, true);
    const auto refused = Claim::of(mode);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().value() == EBUSY);
    set_streaming(mode, false);
    CHECK(Claim::of(mode));
}

TEST_CASE("a change of the mode waits for all claims")
{
    ModeLock mode;
    std::optional one{Claim::of(mode).value()};
    std::optional other{Claim::of(mode).value()};
    auto change = std::async(std::launch::async, [&] { set_streaming(mode, true); });
    CHECK(is_waiting(change));
    one.reset();
    CHECK(is_waiting(change));
    other.reset();
    change.get();
    CHECK_FALSE(Claim::of(mode));
}

TEST_CASE("a claim that moved is given back once")
{
    ModeLock mode;
    std::optional claim{Claim::of(mode).value()};
    std::optional moved{std::move(*claim)};
    claim.reset();
    auto change = std::async(std::launch::async, [&] { set_streaming(mode, true); });
    CHECK(is_waiting(change));
    moved.reset();
    change.get();
}

TEST_CASE("claims and changes wait for the change that is under way")
{
    ModeLock mode;
    std::optional<ModeLock::Change> change{std::in_place, mode};
    auto claim = std::async(std::launch::async, [&] { return Claim::of(mode).has_value(); });
    auto other = std::async(std::launch::async, [&] { ModeLock::Change{mode}; });
    CHECK(is_waiting(claim));
    CHECK(is_waiting(other));
    SECTION("a claim is granted where the device does not stream in the end")
    {
        change.reset();
        CHECK(claim.get());
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
    CHECK(Claim::of(mode));
}

} // namespace mode_lock_test
