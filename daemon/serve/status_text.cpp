// SPDX-License-Identifier: MIT
#include <array>
#include <daemon/devices/chip_log.hpp>
#include <daemon/serve/status_text.hpp>
#include <daemon/version.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace iiofs {

namespace {

using Json = nlohmann::ordered_json;

std::string utc(std::time_t moment)
{
    std::tm parts{};
    ::gmtime_r(&moment, &parts);
    std::array<char, sizeof "2026-11-30T02:17:42Z"> text{};
    const auto length = std::strftime(text.data(), text.size(), "%FT%TZ", &parts);
    return {text.data(), length};
}

const char *name_of(MountHolder::Kind kind)
{
    switch (kind) {
    case MountHolder::Kind::service_manager:
        return "systemd";
    case MountHolder::Kind::background:
        return "background";
    default:
        return "nobody";
    }
}

Json json_of(const ChipState &chip, const Permissions &of_tree)
{
    Json out;
    out["devices"] = Json::array();
    for (const unsigned number : chip.numbers)
        out["devices"].push_back(directory_of(number));
    out["part"] = chip.config.driver;
    out["bus"] = describe(chip.config.bus);
    // Who may not read a device's label does not find it here.
    const auto own = chip.config.permissions;
    if (!chip.config.label.empty() && (!own || own->read == of_tree.read))
        out["label"] = chip.config.label;
    out["configured"] = chip.is_configured;
    out["answers"] = chip.answers;
    if (chip.error != 0) {
        out["errno"] = std::string{iio::errno_name(chip.error)};
        out["why"] = chip.why;
    }
    return out;
}

} // namespace

std::string status_text(const ServerFacts &server, const std::vector<ChipState> &chips)
{
    Json head{{"version", version},
              {"mountpoint", server.mountpoint},
              {"pid", ::getpid()},
              {"since", utc(server.since)},
              {"holder", name_of(server.holder)}};
    const auto dump = [](const Json &json) {
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    std::string text = dump(head);
    text.pop_back();
    text += ",\"chips\":[";
    const char *separator = "\n";
    for (const auto &chip : chips) {
        text += separator + dump(json_of(chip, server.permissions));
        separator = ",\n";
    }
    return text + "]}\n";
}

} // namespace iiofs
