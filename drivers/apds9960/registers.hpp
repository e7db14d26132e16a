// SPDX-License-Identifier: MIT
//
// The APDS-9960's registers and their bits.
#pragma once

#include <cstdint>

namespace iio::apds9960 {

constexpr std::uint8_t ENABLE = 0x80;
constexpr std::uint8_t ATIME = 0x81;
constexpr std::uint8_t AILTL = 0x84; // words of light have their low byte first
constexpr std::uint8_t AIHTL = 0x86;
constexpr std::uint8_t PILT = 0x89;
constexpr std::uint8_t PIHT = 0x8b;
constexpr std::uint8_t PERS = 0x8c;
constexpr std::uint8_t CONTROL = 0x8f;
constexpr std::uint8_t STATUS = 0x93;
constexpr std::uint8_t CDATAL = 0x94;
constexpr std::uint8_t RDATAL = 0x96;
constexpr std::uint8_t GDATAL = 0x98;
constexpr std::uint8_t BDATAL = 0x9a;
constexpr std::uint8_t PDATA = 0x9c;
constexpr std::uint8_t GPENTH = 0xa0;
constexpr std::uint8_t GEXTH = 0xa1;
constexpr std::uint8_t GCONF1 = 0xa2;
constexpr std::uint8_t GCONF2 = 0xa3;
constexpr std::uint8_t GCONF4 = 0xab;
constexpr std::uint8_t GFLVL = 0xae;
constexpr std::uint8_t PICLEAR = 0xe5;
constexpr std::uint8_t CICLEAR = 0xe6;
constexpr std::uint8_t GFIFO_U = 0xfc; // and _D, _L, _R

constexpr unsigned ENABLE_PON = 1 << 0;
constexpr unsigned ENABLE_AEN = 1 << 1;
constexpr unsigned ENABLE_PEN = 1 << 2;
constexpr unsigned ENABLE_AIEN = 1 << 4;
constexpr unsigned ENABLE_PIEN = 1 << 5;
constexpr unsigned ENABLE_GEN = 1 << 6;
// What keeps the part awake while nobody reads it.
constexpr unsigned ENABLE_WATCHING = ENABLE_AIEN | ENABLE_PIEN | ENABLE_GEN;

constexpr unsigned STATUS_GINT = 1 << 2;
constexpr unsigned STATUS_AINT = 1 << 4;
constexpr unsigned STATUS_PINT = 1 << 5;

constexpr unsigned CONTROL_AGAIN = 3 << 0;
constexpr unsigned CONTROL_PGAIN = 3 << 2;
constexpr unsigned GCONF2_GGAIN = 3 << 5;
constexpr unsigned GCONF4_GIEN = 1 << 1;

} // namespace iio::apds9960
