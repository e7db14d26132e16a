// SPDX-License-Identifier: MIT
//
// ScioSense ENS160: volatile organic compounds and, computed from these, carbon dioxide. I2C at
// 0x52 or 0x53, by the pin MISO, or SPI. Datasheet: SC-001224-DS-9.
//
// The part measures once a second.
#include <iio/driver.hpp>

namespace iio::ens160 {
namespace {

enum : std::uint8_t {
    DATA_TVOC = 0x22, // in ppb
    DATA_ECO2 = 0x24, // in ppm
};
constexpr Field PART_ID{0x00, 0xff};   // its low byte
constexpr Field OPMODE{0x10, 0xff};    // 0: deep sleep, 1: idle, 2: standard, 0xf0: reset
constexpr Field INTPOL{0x11, 1 << 6};  // CONFIG; 1: active high
constexpr Field INT_CFG{0x11, 1 << 5}; // 1: push-pull
constexpr Field INTDAT{0x11, 1 << 1};
constexpr Field INTEN{0x11, 1 << 0};
constexpr Field NEWDAT{0x20, 1 << 1}; // DATA_STATUS; until the data are read

// Percent for a ppm and for a ppb.
constexpr Value ppm = IntPlusMicro{0, 100};
constexpr Value ppb = IntPlusNano{0, 100};

constexpr auto le_u16 = ScanType::of_unsigned(16, 16, 0, Endian::little);
constexpr Channel voc = Channel::in(ChannelType::concentration)
                            .modifier(Modifier::voc)
                            .at(DATA_TVOC)
                            .separate(Info::raw)
                            .direct(Info::raw)
                            .constant(Info::scale, ppb)
                            .scan(0, le_u16);
constexpr Channel co2 = Channel::in(ChannelType::concentration)
                            .modifier(Modifier::co2)
                            .at(DATA_ECO2)
                            .separate(Info::raw)
                            .direct(Info::raw)
                            .constant(Info::scale, ppm)
                            .scan(1, le_u16);
constexpr std::array channel_list{voc, co2, Channel::timestamp(2)};
constexpr Layout layout{
    .format = {.read_flag = 1, .spi_address_shift = 1},
    .identity = {PART_ID, {0x60}},
    .reset = FieldValue{OPMODE, 0xf0},
    .start_up = 10ms,
    .setup = {{OPMODE, 1}, {INT_CFG, 1}, {INTDAT, 1}},
    .proof = {OPMODE, 2}, // 0 after a reset
    .power = {.on = {OPMODE, 2}, .off = {OPMODE, 0}, .always_on = true},
    .data_ready = {.triggers = {OwnTrigger::numbered("-dev", true).for_own_device_only()},
                   .enable = INTEN,
                   .active_high = INTPOL,
                   .status = NEWDAT},
    .burst = {.first = DATA_TVOC, .bytes = 4},
};
struct Sample {
    LeU16 voc, co2;
};

class Ens160 : public RegisterDriver {
public:
    explicit Ens160(const Hardware &hardware) : RegisterDriver{hardware, layout, channel_list} {}

    Result<void> scan(Scan &scan) const
    {
        const auto sample = IIO_TRY(registers().burst<Sample>(DATA_TVOC));
        scan.put(voc, std::int64_t{sample.voc});
        // kernel: A buffer of carbon dioxide without the organic compounds holds their values.
        scan.put(co2, std::int64_t{scan.has(voc) ? sample.co2 : sample.voc});
        return {};
    }
};

} // namespace

IIO_MODULE(ens160, Ens160,
           Part{.name = "ens160",
                .addresses = {0x52, 0x53},
                .spi = SpiSettings{.mode = 0, .speed_hz = 10'000'000},
                .recognised = layout});

} // namespace iio::ens160
