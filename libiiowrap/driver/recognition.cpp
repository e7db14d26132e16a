// SPDX-License-Identifier: MIT
#include <iio/driver/commands.hpp>
#include <iio/driver/registers.hpp>

namespace iio {

bool Recognition::asks_as(const Recognition &other) const
{
    return identity_.field == other.identity_.field && is_command_ == other.is_command_ &&
           (is_command_
                ? command_.format == other.command_.format && command_.words == other.command_.words
                : format_ == other.format_);
}

Result<unsigned> Recognition::ask(const Hardware &hardware) const
{
    if (!is_command_)
        return Registers{hardware, format_}.get(identity_.field);
    const Commands commands{hardware, command_.format};
    IIO_TRY(commands.send(command_.command));
    if (command_.answers_after.count() > 0)
        hardware.delay(command_.answers_after);
    std::array<std::uint16_t, most_words> words{};
    IIO_TRY(commands.receive(std::span{words}.first(command_.words)));
    const unsigned number = command_.words > 1 ? unsigned{words[0]} << 16 | words[1] : words[0];
    return identity_.field.extract(number);
}

} // namespace iio
