// SPDX-License-Identifier: MIT
//
// bus_probe: transactions on a real bus, as lines of text.
//
//     bus_probe [--threads N] i2c NODE ADDRESS[,ADDRESS]... [TRANSACTION]...
//     bus_probe [--threads N] [--mode M] [--speed HZ] spi NODE [TRANSACTION]...
//
//     i2c   "w:01 r:2"    messages in order: bytes written, a count to read
//     spi   "tx:600000"   transfers in order: bytes exchanged; "w:d0" bytes
//           "w:d0 r:3"    written only; "r:3" a count to read only; a slash
//                         behind one ("tx:d000/") sets cs_change
//
// Without a TRANSACTION they are read from standard input, one a line. Each is
// answered by one line as in the golden recordings ("w:01 r:8583",
// "tx:600000 rx:001900") or by "error:ENAME". N threads do every transaction at
// once, each at the next ADDRESS, and say whose answer a line is.
// Exit status: 0, 1 when the bus does not open (error:ENAME), 2 for bad usage.
#include "bus/i2cdev.hpp"
#include "bus/spidev.hpp"

#include <charconv>
#include <cstring>
#include <iostream>
#include <list>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

namespace {

using namespace iio;
using Bytes = std::vector<std::uint8_t>;

[[noreturn]] void refuse(std::string_view what)
{
    std::cerr << "bus_probe: cannot make sense of '" << what << "'\n";
    std::exit(2);
}

unsigned long number(std::string_view text)
{
    const bool hex = text.starts_with("0x");
    const std::string_view digits = text.substr(hex ? 2 : 0);
    unsigned long value = 0;
    const char *end = digits.data() + digits.size();
    if (const auto [at, error] = std::from_chars(digits.data(), end, value, hex ? 16 : 10);
        error != std::errc{} || at != end)
        refuse(text);
    return value;
}

Bytes from_hex(std::string_view text)
{
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(number("0x" + std::string{text.substr(2 * i, 2)}));
    if (text.size() % 2 != 0)
        refuse(text);
    return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes)
        text.append({digits[byte >> 4], digits[byte & 0xf]});
    return text;
}

std::string to_text(Errno error) { return std::string{"error:"} + iio::errno_name(error.value()); }

/// One word of a transaction: "w:d0" is {"w", "d0"}.
struct Word {
    std::string kind;
    std::string value;
    bool cs_change = false;
};

std::vector<Word> words_of(const std::string &transaction)
{
    std::istringstream line{transaction};
    std::vector<Word> words;
    for (std::string word; line >> word;) {
        const bool cs_change = word.back() == '/';
        if (cs_change)
            word.pop_back();
        const auto colon = word.find(':');
        if (colon == std::string::npos)
            refuse(word);
        words.push_back({word.substr(0, colon), word.substr(colon + 1), cs_change});
    }
    return words;
}

std::string ask_i2c(const I2cClient &client, const std::string &transaction)
{
    std::list<Bytes> buffers;
    std::vector<I2cMessage> messages;
    for (const Word &word : words_of(transaction)) {
        if (word.kind == "w")
            messages.push_back(I2cMessage::write(buffers.emplace_back(from_hex(word.value))));
        else if (word.kind == "r")
            messages.push_back(I2cMessage::read(buffers.emplace_back(number(word.value))));
        else
            refuse(transaction);
    }
    if (const auto done = client.transfer(messages); !done)
        return to_text(done.error());
    std::string text;
    for (const I2cMessage &message : messages) {
        text += text.empty() ? "" : " ";
        text += message.is_read() ? "r:" + to_hex(message.in()) : "w:" + to_hex(message.out());
    }
    return text;
}

std::string ask_spi(const SpiDevice &device, const std::string &transaction)
{
    std::list<Bytes> outs;
    std::list<Bytes> ins;
    std::vector<SpiTransfer> transfers;
    for (const Word &word : words_of(transaction)) {
        const bool counted = word.kind == "r";
        if (!counted && word.kind != "tx" && word.kind != "w")
            refuse(transaction);
        const Bytes &out =
            outs.emplace_back(counted ? Bytes(number(word.value)) : from_hex(word.value));
        Bytes &in = ins.emplace_back(out.size());
        transfers.push_back({.cs_change = word.cs_change});
        if (!counted)
            transfers.back().out = out;
        if (word.kind != "w")
            transfers.back().in = in;
    }
    if (const auto done = device.transfer(transfers); !done)
        return to_text(done.error());
    std::string tx = "tx:";
    std::string rx = "rx:";
    for (const Bytes &out : outs)
        tx += to_hex(out);
    for (const Bytes &in : ins)
        rx += to_hex(in);
    return tx + ' ' + rx;
}

struct Options {
    unsigned long threads = 1;
    SpiSettings spi;
    std::vector<std::string> words;
};

Options parse(int argc, char **argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (!word.starts_with("--"))
            options.words.emplace_back(word);
        else if (++i == argc)
            refuse(word);
        else if (word == "--threads")
            options.threads = number(argv[i]);
        else if (word == "--mode")
            options.spi.mode = static_cast<std::uint8_t>(number(argv[i]));
        else if (word == "--speed")
            options.spi.speed_hz = static_cast<std::uint32_t>(number(argv[i]));
        else
            refuse(word);
    }
    return options;
}

/// What is asked, and what its lines begin with where there are several.
struct Chip {
    std::string name;
    std::unique_ptr<I2cClient> i2c;
    std::unique_ptr<SpiDevice> spi;
};

/// Takes what it used from the front of options.words.
Result<std::vector<Chip>> open_chips(Options &options)
{
    const auto next = [&options] {
        if (options.words.empty())
            refuse("too few arguments");
        const std::string word = options.words.front();
        options.words.erase(options.words.begin());
        return word;
    };
    const std::string kind = next();
    const std::string node = next();
    std::vector<Chip> chips;
    if (kind == "spi") {
        chips.push_back({node, nullptr, IIO_TRY(bus::SpidevDevice::open(node, options.spi))});
        return chips;
    }
    if (kind != "i2c")
        refuse(kind);
    std::istringstream addresses{next()};
    for (std::string address; std::getline(addresses, address, ',');) {
        auto adapter = IIO_TRY(bus::I2cAdapter::open(node));
        const auto at = static_cast<unsigned>(number(address));
        chips.push_back(
            {address, IIO_TRY(bus::I2cDevClient::create(std::move(adapter), at)), nullptr});
    }
    return chips;
}

void run(const std::vector<Chip> &chips, unsigned long threads, const std::string &transaction)
{
    static std::mutex output;
    const auto ask = [&](const Chip &chip) {
        const std::string answer =
            chip.i2c ? ask_i2c(*chip.i2c, transaction) : ask_spi(*chip.spi, transaction);
        const std::lock_guard lock{output};
        std::cout << (threads > 1 ? chip.name + ' ' : "") << answer << std::endl;
    };
    if (threads == 1)
        return ask(chips.front());
    std::vector<std::thread> workers;
    for (unsigned long i = 0; i < threads; ++i)
        workers.emplace_back(ask, std::cref(chips[i % chips.size()]));
    for (std::thread &worker : workers)
        worker.join();
}

} // namespace

int main(int argc, char **argv)
{
    Options options = parse(argc, argv);
    const auto chips = open_chips(options);
    if (!chips) {
        std::cout << to_text(chips.error()) << '\n';
        return 1;
    }
    for (const std::string &transaction : options.words)
        run(*chips, options.threads, transaction);
    if (options.words.empty())
        for (std::string line; std::getline(std::cin, line);)
            run(*chips, options.threads, line);
}
