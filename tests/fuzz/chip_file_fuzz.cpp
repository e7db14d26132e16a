// SPDX-License-Identifier: MIT
//
// The input is a chip file: a line says what is wrong with it, or the chip answers on its bus
// while time goes on.
#include "fuzz.hpp"

#include <array>
#include <sim/simulated.hpp>

namespace {

using namespace iio;

void ask(sim::SimulatedBus &bus, const sim::ChipFile &chip)
{
    std::array<std::uint8_t, 8> answer{};
    for (const std::uint8_t first :
         std::array<std::uint8_t, 6>{0x00, 0x0f, 0x75, 0x80, 0xd0, 0xff}) {
        const std::array<std::uint8_t, 3> sent{first, first, 1};
        if (chip.bus == BusKind::i2c) {
            for (const std::size_t length : {1U, 3U})
                (void)bus.i2c(chip.address,
                              std::array{I2cMessage::write(std::span{sent}.first(length)),
                                         I2cMessage::read(answer)});
            (void)bus.i2c(chip.address, std::array{I2cMessage::read(answer)});
        } else {
            (void)bus.spi(std::array{SpiTransfer{.out = sent}, SpiTransfer{.in = answer}});
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto chip = sim::ChipFile::parse(fuzz::text_of(data, size), "the input");
    if (!chip) {
        fuzz::require(!chip.error().empty() && chip.error().find('\n') == std::string::npos,
                      "one line says what is wrong");
        return 0;
    }
    sim::Time now{1'000'000'000};
    sim::SimulatedBus bus{*chip,
                          {.clock = [&] { return now; }, .timeout = std::chrono::milliseconds{1}}};
    for (const auto step : {std::chrono::nanoseconds{0}, std::chrono::nanoseconds{1'000'000},
                            std::chrono::nanoseconds{10'000'000'000}}) {
        now += step;
        ask(bus, *chip);
        (void)bus.line_is_active(Edge::rising);
    }
    return 0;
}
