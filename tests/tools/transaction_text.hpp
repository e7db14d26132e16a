// SPDX-License-Identifier: MIT
//
// Transactions with a simulated bus as lines of text.
//
//     i2c 0x76 w:d0 r:1     messages in order: bytes written, counts to read
//     spi d000/ 8500        transfers in order; with a slash cs_change is set
#pragma once

#include "sim/simulated.hpp"

#include <charconv>
#include <cstring>
#include <list>
#include <sstream>

namespace transaction_text {

using Bytes = std::vector<std::uint8_t>;

inline Bytes unhex(std::string_view text)
{
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); i++)
        std::from_chars(&text[2 * i], &text[2 * i] + 2, bytes[i], 16);
    return bytes;
}

inline std::string answer(iio::Result<void> result, const std::list<Bytes> &read)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string line;
    if (!result)
        line = std::string{"error:"} + iio::errno_name(result.error().value());
    for (const auto &bytes : result ? read : std::list<Bytes>{}) {
        for (const auto byte : bytes)
            line.append({digits[byte >> 4], digits[byte & 0xf]});
    }
    return line;
}

inline std::string ask_i2c(iio::sim::SimulatedBus &bus, std::istream &words)
{
    std::string word;
    words >> word;
    const auto address = static_cast<std::uint16_t>(std::stoul(word, nullptr, 0));
    std::list<Bytes> written, read;
    std::vector<iio::I2cMessage> messages;
    while (words >> word) {
        if (word[0] == 'w')
            messages.push_back(iio::I2cMessage::write(written.emplace_back(unhex(word.substr(2)))));
        else
            messages.push_back(
                iio::I2cMessage::read(read.emplace_back(std::stoul(word.substr(2)))));
    }
    return answer(bus.i2c(address, messages), read);
}

inline std::string ask_spi(iio::sim::SimulatedBus &bus, std::istream &words)
{
    std::string word;
    std::list<Bytes> written, read;
    std::vector<iio::SpiTransfer> transfers;
    while (words >> word) {
        const bool cs_change = word.back() == '/';
        const auto &out = written.emplace_back(unhex(word));
        transfers.push_back(
            {.out = out, .in = read.emplace_back(out.size()), .cs_change = cs_change});
    }
    return answer(bus.spi(transfers), read);
}

/// All bytes read (on SPI all that came in), or error:ENAME.
inline std::string ask(iio::sim::SimulatedBus &bus, const std::string &line)
{
    std::istringstream words{line};
    std::string kind;
    words >> kind;
    return kind == "i2c" ? ask_i2c(bus, words) : ask_spi(bus, words);
}

} // namespace transaction_text
