// SPDX-License-Identifier: MIT
//
// iiofs: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <daemon/base/exit_status.hpp>
#include <daemon/base/log.hpp>
#include <daemon/control/control.hpp>
#include <daemon/info/check.hpp>
#include <daemon/info/info.hpp>
#include <daemon/run/run.hpp>
#include <daemon/scan/scan.hpp>
#include <daemon/serve/mount.hpp>
#include <daemon/top/top.hpp>
#include <daemon/version.hpp>
#include <iostream>
#include <optional>

namespace {

constexpr auto description =
    "iiofs - the Linux Industrial I/O subsystem in user space.\n\n"
    "Mounts a tree shaped like /sys/bus/iio whose attributes are answered by real sensors on\n"
    "/dev/i2c-N and /dev/spidevB.C, or by simulated chips.";

constexpr auto examples = R"(Try it without hardware:
  iiofs mount --background --simulate bme280 --simulate mcp3008 /tmp/iio
  cat /tmp/iio/devices/iio:device0/in_temp_input
  iiofs run -- iio_info
  iiofs unmount /tmp/iio

With a BME280 on a Raspberry Pi's I2C bus 1:
  iiofs add bme280 i2c-1 0x76

Each command has its own help: iiofs mount --help)";

constexpr auto mount_footer =
    R"(MOUNTPOINT is an empty directory, or /sys/bus/iio, where the kernel's own devices are
shown beside ours; without it, the configuration names one. A directory that is missing
is made, and removed at the end.
Devices get their numbers in the order of the configuration, then of --simulate. A
chip that does not answer does not affect the others: it is logged and tried again.

The tree:
  devices/iio:deviceN/...   attributes, as in /sys/bus/iio/devices
  debug/iio/iio:deviceN/    direct_reg_access, as in /sys/kernel/debug/iio
  new_device                echo "bme280 i2c-1 0x76" > new_device
                            echo "mcp3008 spi0.0" > new_device
                            echo "model bme280" > new_device
  delete_device             echo iio:device0 > delete_device

End it with Ctrl-C, SIGTERM, or `iiofs unmount MOUNTPOINT`.
The configuration's keys: see iiofs check --help and /usr/share/doc/iiofs.)";

constexpr auto check_footer =
    R"(Prints every mistake of the files as FILE:LINE:COLUMN: key: what is wrong, and
exits with 1 if there is one. Nothing is mounted, no bus is touched. A file:

  mountpoint = "/run/iiofs"

  [[device]]
  driver = "bme280"            # a part, see `iiofs drivers`
  i2c = "/dev/i2c-1"
  address = 0x76
  label = "greenhouse"

  [[device]]
  driver = "mcp3008"
  spi = "/dev/spidev0.0"
  speed-hz = 1000000
  supplies = { vref = 3.3 }    # volts

  [[device]]
  model = "bmp280"             # simulated: an installed model, or a file

With FILE X.toml, the files of the folder X.d that end in .toml may have more devices.)";

constexpr auto drivers_footer =
    R"(A line for each part: PART DRIVER BUS I2C-ADDRESSES MODEL, its fields without blanks,
grouped by what the parts measure. MODEL is "yes" where --simulate knows the part. What begins
with "#" is a comment:

  iiofs drivers | awk '!/^#/ && NF { print $1 }'      # the names of all parts

--json has what `iiofs info` shows, of all parts.)";

constexpr auto info_footer =
    R"(Shows the part's buses and supplies, the files of its devices, what they can be set to,
buffers and triggers, events, the interrupt output, the datasheet, what the driver is held
against, where Linux deviates from the datasheet, and an example of a configuration. Nothing is
mounted, no bus is touched: the driver is tried on a simulated chip.)";

constexpr auto run_footer =
    R"(Starts COMMAND in a mount namespace of its own in which the mounted tree is
/sys/bus/iio and its debug/iio is /sys/kernel/debug/iio, so that programs made for the
kernel's IIO work unmodified, as root and as any user:

  iiofs run -- iio_info
  iiofs run -- iio_attr -c bme280 temp input
  iiofs run -- iiod            # then, elsewhere: iio_info -u ip:ADDRESS

The exit status is COMMAND's; 125: iiofs run itself failed, 126: COMMAND could not be
executed, 127: there is no such command.)";

constexpr auto top_footer =
    R"(Shows the values of all devices in the units of IIO's ABI (degrees Celsius, hPa, V,
m/s2, ...), with the trend, the reads per second and the errors of each channel. A
device that fails shows the errno's name, one that streams says so. DIR may be any tree
like /sys/bus/iio, the kernel's own as well.

Keys:
  up down j k, page, home, end   select a channel
  space                          a graph of it, or no longer
  p                              pause: nothing is read
  + -                            a longer, a shorter interval
  q                              quit

Without a terminal: a line for each channel and interval, its fields without blanks:
  TIME DEVICE CHANNEL VALUE UNIT
TIME is UTC; DEVICE the label, or iio:deviceN without one; UNIT in ASCII, "-" for a plain
number. What cannot be read has "-" as its VALUE and the errno's name, or "streaming", as
its UNIT.

  iiofs top                                    # on the terminal
  iiofs top --once --device greenhouse         # one table
  iiofs top --interval 60 >> values.log
  iiofs top | awk '$2 == "greenhouse" && $3 == "temp" && $4 > 30 { print $1, $4 }'

NO_COLOR=1 in the environment: no colours.)";

constexpr auto scan_footer =
    R"(Asks, at each address that a supported part uses, for the part's identification, and
lists what it found:
  certain            one part has this identification
  one of             several parts have it
  something answers  the parts there have no identification, or it is none of them
Chips with a kernel driver are named and left alone, and so are buses of displays and of
the mainboard unless --bus names them. Nothing is written but register numbers and commands
that only read; docs/scan.md says which parts take such a number for a setting. What a
mounted iiofs uses is asked, too.

  iiofs scan                                   # all buses
  iiofs scan --bus i2c-1 --config iiofs.toml   # and the configuration that mounts it)";

void add_scan(CLI::App &app, iiofs::ScanOptions &options)
{
    app.add_option("--bus", options.buses, "only this bus, or these; repeatable")
        ->type_name("i2c-N")
        ->allow_extra_args(false);
    app.add_option("--skip", options.skipped, "leave this address alone; repeatable")
        ->type_name("0xNN")
        ->allow_extra_args(false);
    app.add_option("--config", options.config,
                   "write a configuration for what was found to this new file; -: to stdout")
        ->type_name("FILE");
    app.footer(scan_footer);
}

void add_drivers(CLI::App &app, iiofs::DriversFormat &format)
{
    const auto add = [&](const char *name, iiofs::DriversFormat wanted, const char *help) {
        return app.add_flag_callback(
            name, [&format, wanted] { format = wanted; }, help);
    };
    add("--json", iiofs::DriversFormat::json, "all that is known of the parts, for programs");
    add("--markdown", iiofs::DriversFormat::markdown, "docs/drivers.md")->group("");
    app.footer(drivers_footer);
}

void add_top(CLI::App &app, iiofs::TopOptions &options)
{
    app.add_option("--mount", options.mount,
                   "the mount, or /sys/bus/iio; default: the one iiofs mount there is")
        ->type_name("DIR");
    app.add_option("--interval", options.interval_s, "between two reads, 0.1 to 3600; default: 1")
        ->check(CLI::Range(iiofs::shortest_interval_s, iiofs::longest_interval_s))
        ->type_name("SECONDS");
    app.add_option("--count", options.count, "end after so many intervals")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    app.add_flag("--once", options.once, "one table of what the devices say now");
    app.add_option("--device", options.devices, "only this one, or these; repeatable")
        ->type_name("NAME|LABEL|iio:deviceN");
    app.footer(top_footer);
}

constexpr auto add_footer =
    R"(LINE is what new_device takes; iiofs prints the names of the devices, or why it was
refused:

  iiofs add bme280 i2c-1 0x76
  iiofs add mcp3008 spi0.0
  iiofs add model bme280

It needs the right to write new_device: root has it, or whom `manage` in the
configuration names.)";

constexpr auto remove_footer =
    R"(DEVICE is iio:deviceN, N, a label, a part that is there once, or BUS ADDRESS:

  iiofs remove iio:device2
  iiofs remove greenhouse
  iiofs remove i2c-1 0x76)";

constexpr auto unmount_footer =
    R"(Ends the mount, and waits until its server has ended. A mount that clients use stays, and
so does one that systemd holds: end that with `systemctl stop iiofs`.)";

constexpr auto status_footer =
    R"(Prints each iiofs mount: who serves it, and its chips, with those that do not answer and
why. Exits with 1 where there is no mount, or one does not answer.)";

/// `iiofs status`, `add`, `remove`, `unmount`.
class ControlCommands {
public:
    explicit ControlCommands(CLI::App &app)
        : status_{app.add_subcommand("status", "show mounts, chips, and who serves them")},
          add_{app.add_subcommand("add", "add a chip to a mounted tree")},
          remove_{app.add_subcommand("remove", "remove a chip from a mounted tree")},
          unmount_{app.add_subcommand("unmount", "end a mount")}
    {
        for (auto *command : {status_, add_, remove_})
            command
                ->add_option("--mount", mount_, "the mount; default: the one iiofs mount there is")
                ->type_name("DIR");
        status_->add_flag("--json", json_, "for programs");
        status_->footer(status_footer);
        add_->add_option("LINE", words_, "the chip")->required()->type_name("");
        add_->footer(add_footer);
        remove_->add_option("DEVICE", words_, "the device")->required()->type_name("");
        remove_->footer(remove_footer);
        unmount_->add_option("MOUNTPOINT", mount_, "default: the one iiofs mount there is")
            ->type_name("");
        unmount_->footer(unmount_footer);
    }

    /// The exit status, if it was one of these.
    [[nodiscard]] std::optional<int> run() const
    {
        if (*status_)
            return iiofs::status_command(mount_, json_);
        if (*add_)
            return iiofs::add_command(mount_, words_);
        if (*remove_)
            return iiofs::remove_command(mount_, words_);
        if (*unmount_)
            return iiofs::unmount_command(mount_);
        return std::nullopt;
    }

private:
    CLI::App *const status_, *const add_, *const remove_, *const unmount_;
    iiofs::ChosenMount mount_;
    std::vector<std::string> words_;
    bool json_ = false;
};

} // namespace

int main(int argc, char **argv)
try {
    iiofs::log_to_stderr(false);
    CLI::App app{description};
    app.set_version_flag("--version", std::string{"iiofs "} + iiofs::version);
    app.footer(examples);
    app.require_subcommand(1);

    iiofs::MountCommand mount;
    auto *mount_app = app.add_subcommand("mount", "mount the tree and serve it");
    mount_app->add_option("--config", mount.config, "the configuration (TOML)")->type_name("FILE");
    mount_app
        ->add_option("--simulate", mount.simulate,
                     "add a simulated chip: an installed model's name, or a chip file; repeatable")
        ->type_name("PART-OR-FILE")
        ->allow_extra_args(false);
    mount_app->add_flag("--background", mount.background,
                        "detach once the mount answers; log to syslog; after a crash go on, with "
                        "clients' files open as they were");
    mount_app->add_flag("-v,--verbose", mount.verbose, "log more");
    mount_app->add_option("MOUNTPOINT", mount.mountpoint, "where to mount")->type_name("");
    mount_app->footer(mount_footer);

    std::string file;
    auto *check_app = app.add_subcommand("check", "check a configuration file");
    check_app->add_option("FILE", file, "the configuration (TOML)")->required()->type_name("");
    check_app->footer(check_footer);

    auto *drivers_app = app.add_subcommand("drivers", "list the parts, their buses and addresses");
    auto drivers = iiofs::DriversFormat::text;
    add_drivers(*drivers_app, drivers);

    std::string part;
    auto *info_app = app.add_subcommand("info", "show what a part measures, has and needs");
    info_app->add_option("PART", part, "the kernel's name of the part")->required()->type_name("");
    info_app->footer(info_footer);

    iiofs::RunOptions run;
    auto *run_app = app.add_subcommand("run", "run a command that sees the tree as /sys/bus/iio");
    run_app->add_option("--mount", run.mount, "the mount; default: the one iiofs mount there is")
        ->type_name("DIR");
    run_app->add_option("COMMAND", run.command, "the command and its arguments")
        ->required()
        ->type_name("");
    run_app->positionals_at_end();
    run_app->prefix_command();
    run_app->footer(run_footer);

    const ControlCommands control{app};

    iiofs::TopOptions top;
    auto *top_app = app.add_subcommand("top", "show the values of all devices, live");
    add_top(*top_app, top);

    iiofs::ScanOptions scan;
    auto *scan_app = app.add_subcommand("scan", "find the parts on the I2C buses");
    add_scan(*scan_app, scan);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? iiofs::exit_done : iiofs::exit_usage; // 0: --help
    }

    if (*mount_app)
        return iiofs::mount_command(mount, {argv, static_cast<std::size_t>(argc)});
    if (*check_app)
        return iiofs::check_command(file);
    if (*drivers_app)
        iiofs::print_drivers(std::cout, drivers);
    if (*info_app)
        return iiofs::info_command(part);
    if (*run_app)
        return iiofs::run_command(run);
    if (const auto status = control.run())
        return *status;
    if (*top_app)
        return iiofs::top_command(top);
    if (*scan_app)
        return iiofs::scan_command(scan);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "iiofs: %s\n", error.what());
    return 1;
}
