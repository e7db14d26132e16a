// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <iio/host/modules.hpp>
#include <sim/simulated.hpp>

namespace as5600_test {

using namespace iio;

namespace {

/// An AS5600 whose STATUS and RAW ANGLE the test sets, and that takes note of
/// how it was asked.
class FakeAs5600 final : public I2cClient {
public:
    [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        if (messages.size() == 1) {
            written.assign(messages[0].out().begin(), messages[0].out().end());
            return {};
        }
        const auto reg = messages[0].out()[0];
        const auto in = messages[1].in();
        lengths.push_back(in.size());
        for (std::size_t i = 0; i < in.size(); ++i)
            in[i] = registers[(reg + i) % registers.size()];
        return {};
    }
    void set_angle(unsigned raw)
    {
        registers[0x0c] = static_cast<std::uint8_t>(raw >> 8);
        registers[0x0d] = static_cast<std::uint8_t>(raw & 0xff);
    }
    std::array<std::uint8_t, 256> registers{};
    mutable std::vector<std::size_t> lengths;
    mutable std::vector<std::uint8_t> written;
};

const Module &as5600()
{
    return **std::ranges::find_if(all_modules(),
                                  [](const Module *module) { return module->name == "as5600"; });
}

struct Bench {
    Bench() { chip.registers[0x0b] = 0x20; }
    FakeAs5600 chip;
    Supplies supplies;
    Registry registry;
    std::unique_ptr<BoundChip> device =
        as5600().bind(Hardware{"as5600", chip, supplies}, registry, {}).value();
    [[nodiscard]] const LiveDevice &view() const { return *device->view(); }
};

} // namespace

TEST_CASE("every angle is what the twelve bits say, whatever the four above them hold")
{
    Bench bench;
    for (unsigned raw = 0; raw <= 0xffff; ++raw) {
        bench.chip.set_angle(raw);
        if (bench.view().read("in_angl_raw").value() != std::to_string(raw % 4096) + "\n")
            FAIL("at " << raw);
    }
}

TEST_CASE("both bytes of an angle come in one transaction")
{
    Bench bench;
    bench.chip.lengths.clear();
    CHECK(bench.view().read("in_angl_raw"));
    CHECK(bench.chip.lengths == std::vector<std::size_t>{1, 2});
}

TEST_CASE("without a magnet there is no data, and a magnet may come back")
{
    Bench bench;
    bench.chip.set_angle(77);
    for (const int status : {0x00, 0x10, 0x08, 0x18, 0xdf}) {
        bench.chip.registers[0x0b] = static_cast<std::uint8_t>(status);
        CHECK(bench.view().read("in_angl_raw").error().value() == ENODATA);
    }
    bench.chip.registers[0x0b] = 0x38;
    CHECK(bench.view().read("in_angl_raw").value() == "77\n");
}

TEST_CASE("the steps of a turn are two pi together")
{
    Bench bench;
    const auto scale = std::stod(bench.view().read("in_angl_scale").value());
    CHECK(scale * 4096 == Approx(2 * 3.14159265358979).epsilon(1e-6));
}

TEST_CASE("the registers are there for debugging, but for the one that burns")
{
    Bench bench;
    const auto &file = bench.view().debug_attributes()[0];
    CHECK(bench.view().store(file, "0x07 0x12"));
    CHECK(bench.chip.written == std::vector<std::uint8_t>{0x07, 0x12});
    bench.chip.written.clear();
    CHECK(bench.view().store(file, "0xff 0x80").error().value() == EINVAL);
    CHECK(bench.view().store(file, "0x07 0x100").error().value() == EINVAL);
    CHECK(bench.chip.written.empty());
}

} // namespace as5600_test
