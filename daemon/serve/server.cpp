// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <core/software_triggers.hpp>
#include <cstdlib>
#include <daemon/config/catalogue.hpp>
#include <daemon/devices/chip_log.hpp>
#include <daemon/serve/server.hpp>
#include <daemon/takeover/restore.hpp>
#include <filesystem>
#include <iio/driver/text.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <utility>

namespace iiofs {

namespace {

// Each takes a number, a thread or a record of the takeover.
constexpr std::ptrdiff_t max_software_triggers = 256;
// The mount waits for chips as long as one is found, or is not there, within this time. Those of
// a bus that is stuck follow.
constexpr std::chrono::milliseconds patience_at_the_start{700};
// What drivers have to stop their chips.
constexpr std::chrono::milliseconds patience_at_the_end{400};
constexpr std::chrono::milliseconds patience_with_workers{100};

/// A line as new_device takes it, with the models' paths from the working directory on.
tl::expected<DeviceConfig, Mistakes> parse_line(std::string_view line,
                                                MayName may_name = MayName::paths)
{
    std::error_code none; // it may have been removed
    return parse_new_device(line, std::filesystem::current_path(none), catalogue(), may_name);
}

/// Who has the daemon's own rights, or more.
bool may_open_files(const Request &request)
{
    return request.uid == 0 || request.uid == ::geteuid();
}

std::optional<DeviceConfig> parse_kept(std::string_view line)
{
    auto config = parse_line(line);
    return config ? std::optional{std::move(*config)} : std::nullopt;
}

} // namespace

Server::Server(const Config &config, Keep &keep, MountHolder &holder, Load load)
    : config_{config},
      keep_{keep},
      holder_{holder},
      load_{std::move(load)},
      facts_{.mountpoint = *config.mountpoint,
             .holder = holder.kind(),
             .since = std::time(nullptr),
             .permissions = config.permissions},
      devices_{registry_, keep, workers_},
      tree_{config.permissions, controls(), keep.node_records(), keep.birth()},
      recorder_{keep}
{
    tree_.set_permissions_of([this](unsigned number) {
        return devices_.permissions_of(number).value_or(config_.permissions);
    });
    tree_.set_queue_of([this](unsigned number) { return devices_.queue_of(number); });
    tree_.set_place_of([this](unsigned number) {
        const auto [folder, part, label] = devices_.place_of(number);
        return Place{folder.bus, folder.name, folder.subsystem, part, label};
    });
    tree_.tell_stores_to(recorder_);
    devices_.on_change([this] { service_.changed(); });
    devices_.show_expected(
        {.show =
             [this](unsigned number) {
                 tree_.expect_device(number, [this, number] { return devices_.error_of(number); });
             },
         .hide = [this](unsigned number) { tree_.give_up_device(number); }});
}

TreeControls Server::controls()
{
    const auto store = [this](auto control) -> Store {
        return [this, control](std::string_view text, const Request &request) {
            return (this->*control)(text, request);
        };
    };
    const auto directory = [this](auto control) -> DirectoryControls::Control {
        return [this, control](const std::string &name, const Request &request) {
            return (this->*control)(name, request);
        };
    };
    return {.new_device = store(&Server::new_device),
            .refusal = [this](char *page) { return show_answer(page); },
            .delete_device = store(&Server::delete_device),
            .status = [this] { return status_text(facts_, devices_.states()); },
            .add_trigger = store(&Server::add_sysfs_trigger),
            .remove_trigger = store(&Server::remove_sysfs_trigger),
            .hrtimer = {.make = directory(&Server::make_hrtimer),
                        .remove = directory(&Server::remove_hrtimer)},
            .new_device_queue = [this](auto line) { return queue_of_new_device(line); },
            .delete_device_queue = [this](auto) { return workers_.make_queue(""); },
            .withdraw_new_device = [this](auto &request) { return devices_.withdraw(request); },
            .opens = workers_.make_queue("")};
}

int Server::run()
{
    number_devices();
    start_devices();
    if (!open_session()) {
        end_devices(1);
        return 1;
    }
    show_devices();
    service_.set(
        {.status = [this] { return devices_.summary(); }, .ask = [this] { session_->ask(); }});
    session_->on_answer([this] { service_.answered(); });
    reload_signal_.emplace([this] { reload(); });
    const int status = session_->run([this] {
        spdlog::info("{}: {}", *config_.mountpoint, devices_.summary());
        keep_.set_ready();
        holder_.ready();
        service_.start();
    });
    service_.stop();
    end_devices(status);
    return status;
}

/// The chips are stopped, as long as they let us. Who is in a transfer on a bus that is stuck
/// cannot be called back: then the process ends without them.
void Server::end_devices(int status)
{
    reload_signal_.reset();
    const auto end = std::chrono::steady_clock::now() + patience_at_the_end + patience_with_workers;
    devices_.end();
    devices_.settle(patience_at_the_end);
    if (workers_.finish(std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now())))
        return;
    spdlog::warn("a bus is stuck: its chips are left as they are");
    spdlog::default_logger()->flush();
    std::_Exit(status);
}

/// Before the first device gets its number.
void Server::number_devices()
{
    if (config_.kernel_devices.value_or(config_.mountpoint == kernel_tree))
        kernel_.emplace(config_, tree_, registry_, devices_);
    else if (config_.first_number)
        registry_.set_number_spaces({.first = *config_.first_number},
                                    {.first = *config_.first_number});
    expect_trigger_numbers(keep_, registry_);
}

void Server::start_devices()
{
    recorder_observer_.emplace(registry_, recorder_);
    restore_triggers(keep_, registry_,
                     [this](const std::string &name) { tree_.add_hrtimer(name); });
    devices_.start(config_.devices, parse_kept);
    // After a takeover all devices are shown, and whoever asks them waits for the probe.
    if (!keep_.is_takeover())
        devices_.settle(patience_at_the_start);
}

/// False: why not was logged.
bool Server::open_session()
{
    auto session =
        Session::create(tree_, keep_, *config_.mountpoint, holder_.mount(), config_.polling);
    if (session)
        session_ = std::move(*session);
    else
        spdlog::error("{}", session.error());
    return session.has_value();
}

/// In /dev, if it is to be, and in the tree.
void Server::show_devices()
{
    if (config_.device_nodes)
        nodes_observer_.emplace(
            registry_, nodes_.emplace(
                           [this](unsigned number) {
                               return devices_.permissions_of(number).value_or(config_.permissions);
                           },
                           [this](unsigned number) { return devices_.queue_of(number); }));
    tree_observer_.emplace(registry_, tree_);
    if (kernel_)
        kernel_->watch();
}

/// SIGHUP: the devices of the configuration as it is now. A wrong one changes nothing.
void Server::reload()
{
    service_.reloading();
    if (const auto config = load_()) {
        if (config->permissions != config_.permissions ||
            config->device_nodes != config_.device_nodes || config->polling != config_.polling)
            spdlog::warn(
                "changes to [permissions], device-nodes and polling take effect after a restart");
        devices_.reconfigure(config->devices);
        spdlog::info("reloaded: {}", devices_.summary());
    } else {
        spdlog::error("the configuration has mistakes: nothing was changed");
    }
    // A client that the manager tells of it must not see a device that is removed.
    session_->after_changes([this] { service_.reloaded(); });
}

// ---- Orders of clients

iio::Result<std::size_t> Server::new_device(std::string_view line, const Request &request)
{
    const auto may_name = may_open_files(request) ? MayName::paths : MayName::names;
    const auto config = parse_line(line, may_name);
    if (!config) {
        std::string why;
        for (const auto &mistake : config.error())
            why += (why.empty() ? "" : "\n") + format(mistake);
        return tl::unexpected{refuse(why, EINVAL)};
    }
    const auto added = devices_.add(*config, line, request);
    if (!added) {
        const auto &[error, why] = added.error();
        return tl::unexpected{refuse("new_device: " + describe(config->bus) + ": " + why, error)};
    }
    answer(directories_of(*added));
    return line.size();
}

iio::Errno Server::refuse(const std::string &why, int error)
{
    spdlog::warn("{}", why);
    answer(why);
    return iio::Errno{error};
}

void Server::answer(std::string text)
{
    const std::lock_guard lock{answer_mutex_};
    answer_ = std::move(text);
}

iio::Result<std::size_t> Server::show_answer(char *page)
{
    const std::lock_guard lock{answer_mutex_};
    if (answer_.empty())
        return 0;
    const auto length = answer_.copy(page, IIO_PAGE_SIZE - 1);
    page[length] = '\n';
    return length + 1;
}

/// Of a line that cannot be read, any: the order says what is wrong.
std::shared_ptr<Queue> Server::queue_of_new_device(std::string_view line)
{
    // A model has a bus of its own. Its file is not read here, on a thread of the mount.
    if (!line.starts_with("model")) {
        if (const auto config = parse_line(line))
            return devices_.queue_for(*config);
    }
    return workers_.make_queue("");
}

iio::Result<std::size_t> Server::delete_device(std::string_view line, const Request &request)
{
    IIO_TRY(devices_.remove(line.substr(0, line.find('\n')), request));
    return line.size();
}

/// The text is the number N of "sysfstrigN".
iio::Result<std::size_t> Server::add_sysfs_trigger(std::string_view text, const Request &request)
{
    const unsigned id = IIO_TRY(iio::parse_unsigned(text, 10));
    IIO_TRY(check_trigger_count(iio::core::SysfsTrigger::name_of(id)));
    const auto added = recorder_.for_request(iio::core::SysfsTrigger::name_of(id), request, [&] {
        return registry_.add_trigger(std::make_shared<iio::core::SysfsTrigger>(id));
    });
    if (!added)
        return iio::fail(EINVAL);
    return text.size();
}

iio::Result<std::size_t> Server::remove_sysfs_trigger(std::string_view text, const Request &request)
{
    const unsigned id = IIO_TRY(iio::parse_unsigned(text, 10));
    const auto name = iio::core::SysfsTrigger::name_of(id);
    if (!recorder_.for_request(name, request, [&] { return registry_.remove_trigger(name); }))
        return iio::fail(EINVAL);
    return text.size();
}

iio::Result<void> Server::check_trigger_count(std::string_view name) const
{
    const auto all = keep_.triggers();
    if (std::ranges::count_if(all, [](const auto &trigger) {
            return trigger.kind != kept::Trigger::device;
        }) < max_software_triggers)
        return {};
    spdlog::warn("{}: not added: the limit of {} triggers without a device is reached", name,
                 max_software_triggers);
    return iio::fail(ENOSPC);
}

iio::Result<void> Server::make_hrtimer(const std::string &name, const Request &request)
{
    IIO_TRY(check_trigger_count(name));
    IIO_TRY(recorder_.for_request(name, request, [&] {
        return registry_.add_trigger(std::make_shared<iio::core::HrtimerTrigger>(name));
    }));
    tree_.add_hrtimer(name);
    return {};
}

iio::Result<void> Server::remove_hrtimer(const std::string &name, const Request &request)
{
    if (!tree_.remove_hrtimer(name))
        return iio::fail(ENOENT);
    return recorder_.for_request(name, request, [&] { return registry_.remove_trigger(name); });
}

} // namespace iiofs
