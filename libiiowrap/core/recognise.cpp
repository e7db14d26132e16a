// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <iio/driver/hardware.hpp>
#include <iio/host/recognise.hpp>
#include <tuple>

namespace iio {

namespace {

template <class Wanted> PartList parts_that(Families families, Wanted &&wanted)
{
    PartList parts;
    for (const auto *family : families) {
        for (const auto &part : family->parts) {
            if (wanted(part))
                parts.push_back(&part);
        }
    }
    return parts;
}

/// Registers first, then commands; of these what says more first.
auto order_of(const Recognition &asked)
{
    const Identity &identity = asked.identity();
    return std::tuple{asked.is_command(), asked.asking_bytes(), identity.codes.empty(),
                      -std::popcount(identity.field.mask)};
}

/// One each of what tells these parts, in the order in which it is asked.
std::vector<Recognition> questions(const PartList &parts)
{
    std::vector<Recognition> all;
    for (const auto *part : parts) {
        const auto asked = part->recognition();
        const auto is_asked = [&](const auto &other) { return other.asks_as(asked); };
        if (asked.exists() && std::ranges::none_of(all, is_asked))
            all.push_back(asked);
    }
    std::ranges::stable_sort(all, {}, order_of);
    return all;
}

class Look {
public:
    Look(const I2cClient &client, PartList candidates)
        : client_{client}, hardware_{"scan", client, Supplies{}}, left_{std::move(candidates)}
    {
    }

    Result<Sighting> look()
    {
        const auto all = questions(left_);
        const auto commands = std::ranges::find_if(all, &Recognition::is_command);
        for (auto asked = all.begin(); asked != commands && !seen_.code; ++asked)
            IIO_TRY(ask(*asked));
        if (!seen_.answers)
            IIO_TRY(read_byte());
        if (!gives_data_) {
            for (auto asked = commands; asked != all.end() && !seen_.code; ++asked)
                IIO_TRY(ask(*asked));
        }
        if (!seen_.code && seen_.answers)
            seen_.parts = std::move(left_);
        return std::move(seen_);
    }

private:
    Result<void> ask(const Recognition &asked)
    {
        const auto code = asked.ask(hardware_);
        if (!code)
            return refused(code.error());
        seen_.answers = true;
        for (const auto *part : left_) {
            if (part->recognition().asks_as(asked) && part->recognition().identity().has(*code))
                seen_.parts.push_back(part);
        }
        if (!seen_.parts.empty())
            seen_.code = *code;
        // Nothing drives the data line of a part that has no such register.
        gives_data_ |= *code != asked.identity().field.extract(~0U);
        std::erase_if(left_, [&](const auto *part) { return part->recognition().asks_as(asked); });
        return {};
    }

    Result<void> read_byte()
    {
        std::array<std::uint8_t, 1> byte{};
        if (const auto read = client_.read(byte); !read)
            return refused(read.error());
        seen_.answers = true;
        gives_data_ = byte.front() != 0xff;
        return {};
    }

    static Result<void> refused(Errno error)
    {
        return error.value() == ETIMEDOUT ? Result<void>{fail(error)} : Result<void>{};
    }

    const I2cClient &client_;
    const Hardware hardware_;
    PartList left_; ///< that it may be
    Sighting seen_{};
    bool gives_data_ = false;
};

} // namespace

Result<Sighting> look_at(const I2cClient &client, std::uint8_t address, Families families)
{
    return Look{client, parts_that(families,
                                   [=](const Part &part) {
                                       return std::ranges::find(part.addresses, address) !=
                                              part.addresses.end();
                                   })}
        .look();
}

PartList parts_of_code(const Recognition &asked, unsigned code, BusKind bus, Families families)
{
    return parts_that(families, [&](const Part &part) {
        return part.is_on(bus) && part.recognition().exists() &&
               part.recognition().asks_as(asked) && !part.recognition().identity().codes.empty() &&
               part.recognition().identity().has(code);
    });
}

} // namespace iio
