// SPDX-License-Identifier: MIT
//
// commands: what is written picks what the next read returns.
#include "sim/model_kinds.hpp"
#include "sim/waveform.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace iio::sim {
namespace {

/// What a command returns: the replies in turn.
using Replies = std::vector<Bytes>;

struct LongestFirst {
    bool operator()(const Bytes &a, const Bytes &b) const
    {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
};
template <class T> using ByCommand = std::map<Bytes, T, LongestFirst>;

struct Effect {
    Bytes command;
    std::vector<std::pair<Bytes, Replies>> set;
};

struct ReplyWaveform {
    std::optional<Bytes> command; // none: the initial reply
    std::optional<Bytes> reply;   // acts on this reply only
    ByteWaveform waveform;
};

struct Rules {
    ByCommand<Bytes> stores;
    std::vector<Effect> effects;
    std::vector<ReplyWaveform> waveforms;
    std::uint8_t fill = 0xff;
};

struct Command {
    Replies replies;
    std::size_t next = 0;
};

class CommandsChip final : public ModelChip {
public:
    CommandsChip(std::shared_ptr<const Rules> rules, ByCommand<Command> commands, Bytes initial)
        : rules_{std::move(rules)}, commands_{std::move(commands)}, reply_{std::move(initial)}
    {
    }

    Result<void> i2c(std::span<const I2cMessage> messages, double at_s) override
    {
        for (const auto &message : messages) {
            if (message.is_read())
                answer(message.in(), at_s);
            else if (!message.out().empty())
                receive(message.out());
        }
        return {};
    }

    std::unique_ptr<ModelChip> clone() const override
    {
        return std::make_unique<CommandsChip>(*this);
    }

private:
    void receive(std::span<const std::uint8_t> written)
    {
        for (const auto &[prefix, command] : rules_->stores) {
            if (written.size() > prefix.size() && begins_with(written, prefix)) {
                const auto rest = written.subspan(prefix.size());
                commands_.insert_or_assign(command, Command{{Bytes(rest.begin(), rest.end())}});
                break;
            }
        }
        for (auto &[prefix, command] : commands_) {
            if (begins_with(written, prefix)) {
                reply_ = command.replies[command.next];
                command.next = (command.next + 1) % command.replies.size();
                replied_to_ = prefix;
                break;
            }
        }
        for (const auto &effect : rules_->effects) {
            if (!begins_with(written, effect.command))
                continue;
            for (const auto &[command, replies] : effect.set)
                commands_.insert_or_assign(command, Command{replies});
        }
    }

    void answer(std::span<std::uint8_t> into, double at_s)
    {
        moved_.assign(reply_.begin(), reply_.end());
        for (const auto &[command, only, waveform] : rules_->waveforms) {
            if (command == replied_to_ && (!only || *only == reply_))
                waveform.move(moved_, at_s);
        }
        put_answer(into, moved_, rules_->fill);
    }

    std::shared_ptr<const Rules> rules_;
    ByCommand<Command> commands_;
    Bytes reply_;
    std::optional<Bytes> replied_to_;
    Bytes moved_; // kept between transactions for its memory
};

Replies parse_replies(const JsonNode &node)
{
    if (node.is_text())
        return {node.bytes()};
    Replies replies;
    for (const auto &element : node.elements())
        replies.push_back(element.bytes());
    if (replies.empty())
        node.fail("an empty list: give one reply at least");
    return replies;
}

Effect parse_effect(const JsonNode &node)
{
    node.only("on_command", {"command", "set"});
    Effect effect{.command = node.at("command").bytes(), .set = {}};
    for (const auto &[key, reply] : node.at("set").members())
        effect.set.emplace_back(hex_bytes(key, reply), parse_replies(reply));
    return effect;
}

ReplyWaveform parse_waveform(const JsonNode &node)
{
    node.only("a waveform of a commands model", {"command", "reply", "mask"}, Waveform::keys);
    ReplyWaveform parsed{
        .command = {}, .reply = {}, .waveform = ByteWaveform{node, node.at("mask").bytes()}};
    if (const auto command = node.find("command"))
        parsed.command = command->bytes();
    if (const auto reply = node.find("reply"))
        parsed.reply = reply->bytes();
    return parsed;
}

} // namespace

std::unique_ptr<ModelChip> make_commands(const JsonNode &model, const Waveforms &waveforms)
{
    model.only("a commands model",
               {"kind", "commands", "initial", "fill", "stores", "on_command", "also_at"});
    auto rules = std::make_shared<Rules>();
    ByCommand<Command> commands;
    for (const auto &[key, replies] : model.at("commands").members()) {
        if (!commands.emplace(hex_bytes(key, replies), Command{parse_replies(replies)}).second)
            replies.fail("this command appears twice");
    }
    if (const auto stores = model.find("stores")) {
        for (const auto &[key, command] : stores->members())
            rules->stores.emplace(hex_bytes(key, command), command.bytes());
    }
    if (const auto effects = model.find("on_command")) {
        for (const auto &node : effects->elements())
            rules->effects.push_back(parse_effect(node));
    }
    if (const auto fill = model.find("fill"))
        rules->fill = fill->number<std::uint8_t>();
    const auto initial = model.find("initial");
    for (const auto &waveform : waveforms)
        rules->waveforms.push_back(parse_waveform(waveform));
    return std::make_unique<CommandsChip>(std::move(rules), std::move(commands),
                                          initial ? initial->bytes() : Bytes{});
}

} // namespace iio::sim
