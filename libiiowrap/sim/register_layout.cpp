// SPDX-License-Identifier: MIT
#include "sim/register_layout.hpp"

#include <algorithm>
#include <bit>

namespace iio::sim {
namespace {

constexpr std::uint64_t most_value = ~std::uint64_t{0};
constexpr unsigned most_bytes = sizeof(RegisterValue);

Address address(const JsonNode &node) { return parse_register(node); }

/// Parses one object into a layout and a state, key by key.
class RegistersParser {
public:
    RegistersParser(const JsonNode &model, BusKind bus) : model_{model}, bus_{bus} {}

    void parse(const Waveforms &waveforms)
    {
        check_keys();
        parse_shape();
        parse_spi();
        parse_traits();
        parse_contents();
        parse_pages();
        for_each("on_write", [&](auto &node) { layout_.rules.push_back(parse_rule(node)); });
        for_each("views", [&](auto &node) { layout_.views.push_back(parse_view(node)); });
        for_each("scans", [&](auto &node) { layout_.scans.push_back(parse_scan(node)); });
        for (const auto &node : waveforms)
            layout_.waveforms.push_back(parse_waveform(node));
    }

    RegisterLayout take_layout() { return std::move(layout_); }
    RegisterState take_state() { return std::move(state_); }

private:
    void check_keys() const
    {
        model_.only("a registers model", {"kind",
                                          "registers",
                                          "word_bytes",
                                          "byte_order",
                                          "address_bytes",
                                          "address_mask",
                                          "address_shift",
                                          "auto_increment",
                                          "increment_flag",
                                          "initial_pointer",
                                          "default",
                                          "widths",
                                          "read_only",
                                          "read_only_bits",
                                          "write_one_clears",
                                          "self_clearing",
                                          "on_write",
                                          "sequences",
                                          "views",
                                          "pages",
                                          "scans",
                                          "plain_read_at",
                                          "read_flag",
                                          "write_flag",
                                          "read_pad",
                                          "next_frame",
                                          "bursts",
                                          "also_at"});
        for (const auto *const key : {"scans", "plain_read_at"}) {
            if (const auto node = model_.find(key); node && bus_ != BusKind::i2c)
                node->fail("is for I2C only");
        }
        for (const auto *const key : {"next_frame", "bursts"}) {
            if (const auto node = model_.find(key); node && bus_ != BusKind::spi)
                node->fail("is for SPI only");
        }
    }

    template <class F> void for_each(std::string_view key, F each) const
    {
        if (const auto list = model_.find(key)) {
            for (const auto &node : list->elements())
                each(node);
        }
    }

    template <class T> void get(std::string_view key, T &into) const
    {
        if (const auto node = model_.find(key))
            into = node->number<T>();
    }

    void parse_shape()
    {
        if (const auto bytes = model_.find("word_bytes"))
            layout_.word_bytes = static_cast<unsigned>(bytes->number(8, 1));
        if (const auto bytes = model_.find("address_bytes"))
            layout_.address_bytes = static_cast<unsigned>(bytes->number(4, 1));
        if (const auto order = model_.find("byte_order")) {
            layout_.little_endian = order->text() == "little";
            if (!layout_.little_endian && order->text() != "big")
                order->fail("must be \"big\" or \"little\"");
        }
        layout_.address_mask = layout_.address_bytes == 1 ? 0xff : 0xffff;
        get("address_mask", layout_.address_mask);
        if (const auto shift = model_.find("address_shift"))
            layout_.address_shift = static_cast<unsigned>(shift->number(31));
        if (const auto increment = model_.find("auto_increment"))
            layout_.auto_increment = increment->boolean();
        get("increment_flag", layout_.increment_flag);
        get("initial_pointer", layout_.initial_pointer);
        if (const auto pad = model_.find("read_pad"))
            layout_.read_pad = pad->number<std::uint8_t>();
        if (const auto value = model_.find("default"))
            layout_.default_value = value->wide_number(most_bytes);
        if (const auto start = model_.find("plain_read_at"))
            layout_.plain_read_at = address(*start);
    }

    void parse_spi()
    {
        get("read_flag", layout_.direction_flag);
        if (const auto flag = model_.find("write_flag")) {
            if (model_.find("read_flag"))
                flag->fail("a model has either read_flag or write_flag");
            layout_.direction_flag = static_cast<Address>(flag->number(most_address, 1));
            layout_.flag_means_write = true;
        }
        if (const auto next = model_.find("next_frame")) {
            layout_.next_frame = next->number(8, 1);
            if (layout_.word_bytes != 1)
                next->fail("goes with registers of one byte; leave word_bytes out");
        }
        if (const auto bursts = model_.find("bursts")) {
            if (!layout_.next_frame)
                bursts->fail("goes with next_frame only");
            for (const auto &[reg, list] : bursts->numbered(most_address)) {
                for (const auto &node : list.elements())
                    layout_.bursts[static_cast<Address>(reg)].push_back(address(node));
            }
        }
    }

    RegisterTraits &traits(std::uint64_t reg)
    {
        return layout_.traits.try_emplace(static_cast<Address>(reg), layout_.plain).first->second;
    }

    void parse_traits()
    {
        layout_.plain.width = layout_.word_bytes;
        for_each("read_only", [&](auto &node) { traits(address(node)).read_only = true; });
        for_each("write_one_clears",
                 [&](auto &node) { traits(address(node)).write_one_clears = true; });
        const auto numbers = [&](std::string_view key, auto member) {
            if (const auto node = model_.find(key)) {
                for (const auto &[reg, value] : node->numbered(most_address))
                    traits(reg).*member = value.wide_number(most_bytes);
            }
        };
        numbers("read_only_bits", &RegisterTraits::read_only_bits);
        numbers("self_clearing", &RegisterTraits::self_clearing);
        if (const auto widths = model_.find("widths")) {
            for (const auto &[reg, width] : widths->numbered(most_address))
                traits(reg).width = static_cast<unsigned>(width.number(most_bytes, 1));
        }
    }

    /// A value that fits the register, unless no transfer reaches it.
    RegisterValue value_for(Address reg, const JsonNode &node, unsigned width) const
    {
        const bool hidden = reg > layout_.address_mask >> layout_.address_shift;
        return node.wide_number(hidden ? most_bytes : width);
    }
    RegisterValue value_for(Address reg, const JsonNode &node) const
    {
        return value_for(reg, node, layout_.traits_of(reg).width);
    }

    RegisterFile parse_file(const JsonNode &node) const
    {
        RegisterFile file;
        for (const auto &[reg, value] : node.numbered(most_address))
            file[static_cast<Address>(reg)] = value_for(static_cast<Address>(reg), value);
        return file;
    }

    void parse_contents()
    {
        state_.registers = parse_file(model_.at("registers"));
        const auto sequences = model_.find("sequences");
        if (!sequences)
            return;
        for (const auto &[reg, list] : sequences->numbered(most_address)) {
            auto &values = state_.sequences[static_cast<Address>(reg)].values;
            for (const auto &node : list.elements())
                values.push_back(value_for(static_cast<Address>(reg), node));
            if (values.empty())
                list.fail("an empty list: give one value at least");
        }
    }

    void parse_pages()
    {
        const auto pages = model_.find("pages");
        if (!pages)
            return;
        pages->only("pages", {"register", "mask", "banks", "common"});
        layout_.page_register = address(pages->at("register"));
        layout_.common.push_back(*layout_.page_register);
        if (const auto mask = pages->find("mask"))
            layout_.page_mask = mask->wide_number(most_bytes);
        for (const auto &[page, bank] : pages->at("banks").numbered(most_value))
            state_.banks[page] = parse_file(bank);
        if (const auto common = pages->find("common")) {
            for (const auto &node : common->elements())
                layout_.common.push_back(address(node));
        }
        std::ranges::sort(layout_.common);
    }

    WriteRule parse_rule(const JsonNode &node) const
    {
        node.only("on_write", {"reg", "mask", "value"}, action_keys);
        WriteRule rule{.reg = address(node.at("reg")), .value = {}, .actions = parse_actions(node)};
        if (const auto mask = node.find("mask"))
            rule.mask = mask->wide_number(most_bytes);
        if (const auto value = node.find("value"))
            rule.value = value->wide_number(most_bytes);
        if (const auto set = node.find("set"))
            (void)parse_file(*set);
        return rule;
    }

    RegisterView parse_view(const JsonNode &node) const
    {
        node.only("a view", {"when", "registers", "widths"});
        RegisterView view{.when = parse_condition(node.at("when")), .registers = {}, .widths = {}};
        if (const auto widths = node.find("widths")) {
            for (const auto &[reg, width] : widths->numbered(most_address))
                view.widths[static_cast<Address>(reg)] =
                    static_cast<unsigned>(width.number(most_bytes, 1));
        }
        for (const auto &[key, value] : node.at("registers").numbered(most_address)) {
            const auto reg = static_cast<Address>(key);
            const auto width = view.widths.find(reg);
            view.registers[reg] = value_for(
                reg, value,
                width != view.widths.end() ? width->second : layout_.traits_of(reg).width);
        }
        return view;
    }

    RegisterScan parse_scan(const JsonNode &node) const
    {
        node.only("a scan", {"pointer", "select", "mask", "values"});
        RegisterScan scan;
        if (const auto pointer = node.find("pointer")) {
            pointer->only("pointer", {"mask", "value"});
            scan.pointer = Condition{.mask = pointer->at("mask").number<std::uint64_t>(),
                                     .value = pointer->at("value").number<std::uint64_t>()};
        }
        const auto select = node.at("select");
        if (!select.is_text() || select.text() != "pointer")
            scan.select = address(select);
        scan.mask = node.at("mask").number(most_value, 1);
        for (const auto &value : node.at("values").elements())
            scan.values.push_back(value.wide_number(layout_.word_bytes));
        return scan;
    }

    RegisterWaveform parse_waveform(const JsonNode &node) const
    {
        node.only("a waveform of a registers model", {"registers", "scan", "mask", "when"},
                  Waveform::keys);
        RegisterWaveform parsed;
        unsigned bytes = layout_.word_bytes;
        const auto registers = node.find("registers");
        if (const auto scan = node.find("scan")) {
            if (registers)
                scan->fail("a waveform acts on either registers or a scan");
            parsed.scan = scan->number<std::uint8_t>();
        } else {
            const auto where = node.at("registers");
            if (where.is_array()) {
                for (const auto &reg : where.elements())
                    parsed.registers.push_back(address(reg));
            } else {
                parsed.registers.push_back(address(where));
            }
            bytes = 0;
            for (const auto reg : parsed.registers)
                bytes += layout_.traits_of(reg).width;
            if (bytes < 1 || bytes > 8)
                where.fail("must be registers of 1 to 8 bytes together");
        }
        if (const auto when = node.find("when"))
            parsed.when = parse_condition(*when);
        const auto mask = node.find("mask");
        const auto all = static_cast<std::uint64_t>(widest(bytes));
        parsed.waveform = Waveform::of_field(node, mask ? mask->number(all, 1) : all);
        return parsed;
    }

    const JsonNode &model_;
    BusKind bus_;
    RegisterLayout layout_;
    RegisterState state_;
};

} // namespace

const RegisterTraits &RegisterLayout::traits_of(Address reg) const
{
    const auto found = traits.find(reg);
    return found == traits.end() ? plain : found->second;
}

std::pair<std::shared_ptr<const RegisterLayout>, RegisterState>
parse_registers(const JsonNode &model, BusKind bus, const Waveforms &waveforms,
                const JsonNode *events)
{
    RegistersParser parser{model, bus};
    parser.parse(waveforms);
    auto layout = parser.take_layout();
    if (events)
        layout.events = parse_events(*events);
    return {std::make_shared<RegisterLayout>(std::move(layout)), parser.take_state()};
}

} // namespace iio::sim
