// SPDX-License-Identifier: MIT
#include <iio/driver/commands.hpp>
#include <iio/driver/registers.hpp>

namespace iio {

bool Recognition::asks_as(const Recognition &other) const
{
    return identity_.field == other.identity_.field && words_ == other.words_ &&
           (is_command() ? command_format_ == other.command_format_ : format_ == other.format_);
}

Result<unsigned> Recognition::ask(const Hardware &hardware) const
{
    if (!is_command())
        return Registers{hardware, format_}.get(identity_.field);
    const Commands commands{hardware, command_format_};
    IIO_TRY(commands.send(identity_.field.reg));
    if (answers_after_.count() > 0)
        hardware.delay(answers_after_);
    std::array<std::uint16_t, most_words> words{};
    IIO_TRY(commands.receive(std::span{words}.first(words_)));
    const unsigned number = words_ > 1 ? unsigned{words[0]} << 16 | words[1] : words[0];
    return identity_.field.extract(number);
}

} // namespace iio
