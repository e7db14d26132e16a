// SPDX-License-Identifier: MIT
//
// What the fuzz targets share: an input that is taken apart, and claims.
//
// A target is one file with LLVMFuzzerTestOneInput(). With clang libFuzzer calls it with new
// inputs; else main.cpp calls it with those that are kept in corpus/.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace fuzz {

/// Ends the process, which a fuzzer takes for a finding.
[[noreturn]] inline void fail(const std::string &what)
{
    std::fprintf(stderr, "does not hold: %s\n", what.c_str());
    std::abort();
}

inline void require(bool holds, std::string_view what)
{
    if (!holds)
        fail(std::string{what});
}

/// Takes numbers and texts from the front of an input. Of what is not there all bytes are 0.
class Input {
public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

    [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
    std::uint8_t byte()
    {
        if (bytes_.empty())
            return 0;
        const auto first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return first;
    }
    std::uint16_t word()
    {
        const unsigned low = byte();
        return static_cast<std::uint16_t>(low | static_cast<unsigned>(byte()) << 8);
    }
    /// At most so many.
    std::span<const std::uint8_t> bytes(std::size_t most)
    {
        const auto taken = bytes_.first(std::min(most, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    /// A byte says how long it is.
    std::string text()
    {
        const auto taken = bytes(byte());
        return {taken.begin(), taken.end()};
    }
    /// All that is left.
    std::span<const std::uint8_t> rest() { return bytes(bytes_.size()); }

private:
    std::span<const std::uint8_t> bytes_;
};

inline std::string_view text_of(const std::uint8_t *data, std::size_t size)
{
    return {reinterpret_cast<const char *>(data), size};
}

/// A number for a name that stays the same while other names come and go.
inline std::uint16_t number_of(std::string_view name)
{
    std::uint32_t hash = 2'166'136'261;
    for (const char c : name)
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619;
    return static_cast<std::uint16_t>(hash >> 16 ^ hash);
}

/// The element whose name's number is the nearest: a kept input means the same chip when there
/// are more of them.
template <class Elements, class NameOf>
auto &chosen(Elements &elements, std::uint16_t number, NameOf name_of)
{
    return *std::ranges::min_element(elements, {}, [&](const auto &element) {
        return std::abs(int{number_of(name_of(element))} - int{number});
    });
}

} // namespace fuzz
