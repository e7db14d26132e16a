// SPDX-License-Identifier: MIT
//
// The first half of an input is what clients do with a part, the other how its chip's answers are
// damaged. No operation takes the process with it or goes on for ever, and each
// gives a text or an errno that clients know.
#include "hostile_chip.hpp"

#include <core/buffer.hpp>
#include <core/software_triggers.hpp>
#include <filesystem>
#include <fstream>
#include <iio/host/log.hpp>
#include <iio/host/modules.hpp>
#include <iterator>
#include <sim/simulated_line.hpp>
#include <thread>

namespace {

using namespace iio;
using namespace std::chrono_literals;

struct Model {
    std::string name;
    sim::ChipFile chip;
    const Module *module;
};

const Module *module_of(std::string_view part)
{
    for (const auto *module : all_modules()) {
        if (module->find(part))
            return module;
    }
    return nullptr;
}

/// The models of the parts that this program has drivers for.
std::vector<Model> load_models()
{
    set_log_sink([](std::string_view) noexcept {});
    const char *const source = std::getenv("IIOFS_SOURCE");
    fuzz::require(source, "IIOFS_SOURCE names the source folder");
    std::vector<Model> models;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator{std::filesystem::path{source} / "drivers"}) {
        if (entry.path().extension() != ".json")
            continue;
        auto chip = sim::ChipFile::load(entry.path());
        if (!chip)
            fuzz::fail(chip.error());
        if (const auto *const module = module_of(chip->driver))
            models.push_back({entry.path().stem().stem(), std::move(*chip), module});
    }
    std::ranges::sort(models, {}, &Model::name);
    fuzz::require(!models.empty(), "there are models");
    return models;
}

template <class T> bool is_known(const Result<T> &result)
{
    return result || !errno_name(result.error().value()).starts_with("errno");
}

/// A client of a chip that is hostile.
class Client {
public:
    Client(const Model &model, std::span<const std::uint8_t> orders)
        : bus_{std::make_shared<sim::SimulatedBus>(
              model.chip,
              sim::SimulatedBus::Options{.clock = [this] { return time_.now(); }, .timeout = 1ms})},
          chip_{bus_, model.chip.address, orders}
    {
        const auto *const line = model.chip.irq ? &line_ : nullptr;
        const I2cClient &i2c = chip_;
        const SpiDevice &spi = chip_;
        const std::string_view part = model.chip.driver;
        const auto hardware =
            model.chip.bus == BusKind::i2c ? Hardware{part, i2c, {}} : Hardware{part, spi, {}};
        auto bound = model.module->bind(
            hardware.with_location(location_).with_interrupt(line).with_timing(time_), registry_,
            {.interrupt = line});
        fuzz::require(is_known(bound), "a probe gives an errno that clients know");
        if (bound)
            device_ = std::move(*bound);
        if (const bool known = !bound || registry_.add_trigger(trigger_); !known)
            fuzz::fail("a trigger is made");
    }

    [[nodiscard]] bool is_there() const { return device_ != nullptr; }

    void operate(fuzz::Input &input)
    {
        const auto what = input.byte();
        const auto views = device_->views();
        const LiveDevice &device = *views[(what >> 5) % views.size()];
        switch (what & 0x1f) {
        case 0:
            stream(device, input);
            break;
        case 1:
            time_.delay(std::chrono::milliseconds{input.word()});
            break;
        case 2:
            line_.raise();
            break;
        case 3:
            read_all(device);
            break;
        default:
            use_attribute(device, input, (what & 0x1f) < 18);
            break;
        }
    }

private:
    void use_attribute(const LiveDevice &device, fuzz::Input &input, bool reads)
    {
        std::vector<const Attribute *> attributes;
        for (const auto &group : device.groups()) {
            if (group.name == "buffer" || group.name == "buffer0" || group.name == "trigger")
                continue;
            for (const auto &attribute : group.attributes)
                attributes.push_back(&attribute);
        }
        for (const auto &attribute : device.debug_attributes())
            attributes.push_back(&attribute);
        const auto &attribute = *attributes[input.byte() % attributes.size()];
        if (reads)
            read(device, attribute);
        else
            write(device, attribute, text_for(device, attribute, input));
    }

    /// One of those that the attribute offers, or any.
    static std::string text_for(const LiveDevice &device, const Attribute &attribute,
                                fuzz::Input &input)
    {
        const auto choice = input.byte();
        if (choice >= 0xc0)
            return input.text();
        const auto *const offers = device.find(attribute.name + "_available");
        const auto offered = offers ? device.read(offers->name).value_or("") : std::string{};
        const auto words = static_cast<std::size_t>(std::ranges::count(offered, ' ')) + 1;
        if (offered.empty() || offered.front() == '[')
            return std::to_string(static_cast<std::int16_t>(choice << 8 | input.byte()));
        std::size_t from = 0;
        for (std::size_t i = choice % words; i > 0; --i)
            from = offered.find(' ', from) + 1;
        return offered.substr(from, offered.find_first_of(" \n", from) - from);
    }

    void read(const LiveDevice &device, const Attribute &attribute)
    {
        chip_.begin(attribute.name.c_str());
        std::array<char, IIO_PAGE_SIZE> page;
        const auto length = device.show(attribute, page.data());
        fuzz::require(is_known(length), "a read gives an errno that clients know");
        fuzz::require(!length || *length <= page.size(), "a text fits a page");
    }
    void write(const LiveDevice &device, const Attribute &attribute, const std::string &text)
    {
        chip_.begin(attribute.name.c_str());
        const auto length = device.store(attribute, text);
        fuzz::require(is_known(length), "a write gives an errno that clients know");
        fuzz::require(!length || *length <= text.size(), "no more is taken than was written");
    }
    void read_all(const LiveDevice &device)
    {
        for (const auto &group : device.groups()) {
            for (const auto &attribute : group.attributes)
                read(device, attribute);
        }
    }
    void set(const LiveDevice &device, const char *path, const std::string &text)
    {
        if (const auto *const attribute = device.find(path))
            write(device, *attribute, text);
    }

    /// Starts the buffer with the channels that the input names, takes scans, stops it.
    void stream(const LiveDevice &device, fuzz::Input &input)
    {
        auto *const buffer = device.buffer();
        if (!buffer)
            return;
        auto channels = input.word();
        for (const auto &group : device.groups()) {
            if (group.name != "scan_elements")
                continue;
            for (const auto &attribute : group.attributes) {
                if (attribute.name.ends_with("_en")) {
                    write(device, attribute, channels & 1 ? "0" : "1");
                    channels >>= 1;
                }
            }
        }
        const auto how = input.byte();
        if (how & 1)
            set(device, "trigger/current_trigger", trigger_->name());
        set(device, "buffer/length", std::to_string(how >> 4));
        chip_.begin("the start of a stream");
        const auto started = buffer->set_enabled(true);
        fuzz::require(is_known(started), "a start gives an errno that clients know");
        for (unsigned i = (how >> 1) & 7; i > 0 && started; --i)
            scan(*buffer, how & 1);
        chip_.begin("the end of a stream");
        fuzz::require(is_known(buffer->set_enabled(false)), "an end gives such an errno");
        set(device, "trigger/current_trigger", "");
    }
    void scan(core::Buffer &buffer, bool by_trigger)
    {
        chip_.begin("a scan");
        if (by_trigger) {
            trigger_->fire();
            const auto until = std::chrono::steady_clock::now() + 20s;
            while (trigger_->is_busy()) {
                fuzz::require(std::chrono::steady_clock::now() < until, "a scan ends");
                std::this_thread::yield();
            }
        } else {
            line_.raise();
            buffer.flush_for(64);
        }
        core::Cancellation never;
        const auto read = buffer.read(4096, true, never, [](auto first, auto second) {
            fuzz::require(first.size() + second.size() <= 4096, "no more than was asked for");
            return true;
        });
        fuzz::require(is_known(read), "a read of scans gives an errno that clients know");
    }

    fuzz::OwnTime time_;
    std::shared_ptr<sim::SimulatedBus> bus_;
    fuzz::HostileChip chip_;
    const std::string location_ = "0-0000";
    sim::SimulatedLine line_;
    Registry registry_;
    std::shared_ptr<core::SysfsTrigger> trigger_ = std::make_shared<core::SysfsTrigger>(7);
    std::unique_ptr<BoundChip> device_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const auto models = load_models();
    fuzz::Input input{{data, size}};
    const auto &model =
        fuzz::chosen(models, input.word(), [](const Model &one) { return one.name; });
    const auto all = input.rest();
    const auto operations = all.first(all.size() / 2);
    const auto orders = all.subspan(operations.size());
    Client client{model, orders};
    if (!client.is_there())
        return 0;
    constexpr int most = 48;
    fuzz::Input todo{operations};
    for (int i = 0; i < most && !todo.is_empty(); ++i)
        client.operate(todo);
    return 0;
}
