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
    "Mounts a tree with the layout of /sys/bus/iio. Drivers in user space provide its\n"
    "attributes, from real sensors on /dev/i2c-N and /dev/spidevB.C or from simulated chips.";

constexpr auto examples = R"(Try it without hardware:
  iiofs mount --background --simulate bme280 --simulate mcp3008 /tmp/iio
  cat /tmp/iio/devices/iio:device0/in_temp_input
  iiofs run -- iio_info
  iiofs unmount /tmp/iio

With a BME280 on a Raspberry Pi's I2C bus 1:
  iiofs add bme280 i2c-1 0x76

Each command has its own help: iiofs mount --help)";

constexpr auto mount_footer =
    R"(MOUNTPOINT is an empty directory, or /sys/bus/iio; there the tree shows the kernel's own
devices as well. Without it, `mountpoint` of the configuration is used. A directory that
does not exist is created, and removed at the end.
Devices are numbered in the order of the configuration, followed by those of --simulate.
A chip that does not answer does not affect the others: it is logged and tried again.

The tree:
  devices/iio:deviceN/...   attributes, as in /sys/bus/iio/devices
  debug/iio/iio:deviceN/    direct_reg_access, as in /sys/kernel/debug/iio
  new_device                echo "bme280 i2c-1 0x76" > new_device
                            echo "mcp3008 spi0.0" > new_device
                            echo "model bme280" > new_device
  delete_device             echo iio:device0 > delete_device

To unmount: Ctrl-C, SIGTERM, or `iiofs unmount MOUNTPOINT`.
For the keys of the configuration see iiofs.toml(5) and `iiofs check --help`.)";

constexpr auto check_footer =
    R"(Prints each mistake as FILE:LINE:COLUMN: key: what is wrong, and exits with 1 if there
is one. Mounts nothing and accesses no bus. An example of a configuration:

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

With FILE X.toml, the files X.d/*.toml may have more devices.)";

constexpr auto drivers_footer =
    R"(Prints one line for each part: PART DRIVER BUS I2C-ADDRESSES MODEL, grouped by what the
parts measure. The fields contain no blanks. MODEL is "yes" if --simulate knows the part.
Lines that begin with "#" are comments:

  iiofs drivers | awk '!/^#/ && NF { print $1 }'      # the names of all parts

--json prints what `iiofs info` shows, for all parts.)";

constexpr auto info_footer =
    R"(Shows the part's buses and supplies, the files of its devices and the values that they
take, buffers and triggers, events, the interrupt output, the datasheet, the recordings of
the kernel that the driver is tested against, where the kernel's driver deviates from the
datasheet, and an example configuration. Mounts nothing and accesses no bus: the driver
runs on a simulated chip.)";

constexpr auto run_footer =
    R"(Runs COMMAND in a mount namespace of its own, in which the mounted tree is /sys/bus/iio
and its debug/iio is /sys/kernel/debug/iio. Programs written for the kernel's IIO work in
it unmodified, as root and as any user:

  iiofs run -- iio_info
  iiofs run -- iio_attr -c bme280 temp input
  iiofs run -- iiod            # then, elsewhere: iio_info -u ip:ADDRESS

The exit status is that of COMMAND; 125: iiofs run itself failed, 126: COMMAND could not
be executed, 127: COMMAND was not found.)";

constexpr auto top_footer =
    R"(Shows the current values of all devices (in degrees Celsius, hPa, V, m/s2, ...), with the
trend, the reads per second and the errors of each channel. A device that cannot be read
shows the name of the errno, or "streaming" while its buffer is enabled. DIR may be any
tree with the layout of /sys/bus/iio, including the kernel's own.

Keys:
  up down j k, page, home, end   select a channel
  space                          show or hide a graph of it
  p                              pause: stop reading
  + -                            longer or shorter interval
  q                              quit

If standard output is not a terminal, one line for each channel and interval is printed:
  TIME DEVICE CHANNEL VALUE UNIT
The fields contain no blanks. TIME is UTC. DEVICE is the label, or iio:deviceN if there is
none. UNIT is in ASCII, "-" for a plain number. For a channel that cannot be read, VALUE is
"-" and UNIT is the name of the errno, or "streaming".

  iiofs top                                    # on the terminal
  iiofs top --once --device greenhouse         # one table
  iiofs top --interval 60 >> values.log
  iiofs top | awk '$2 == "greenhouse" && $3 == "temp" && $4 > 30 { print $1, $4 }'

Set NO_COLOR=1 in the environment to use no colours.)";

constexpr auto scan_footer =
    R"(Reads, at each address that a supported part uses, the part's identification, and lists
what it found:
  certain            one part has this identification
  one of             several parts have it
  something answers  the parts with this address have no identification, or the chip is
                     none of them
Chips that a kernel driver is bound to are listed but not accessed. Buses of displays and
of the mainboard are left out unless --bus names them. The scan writes only register
numbers, and commands that only read; docs/scan.md lists the parts that mistake a register
number for a setting. Chips that a mounted iiofs uses are scanned, too.

  iiofs scan                                   # all buses
  iiofs scan --bus i2c-1 --config iiofs.toml   # and the configuration that mounts it)";

void add_scan(CLI::App &app, iiofs::ScanOptions &options)
{
    app.add_option("--bus", options.buses, "scan only this bus; repeatable")
        ->type_name("i2c-N")
        ->allow_extra_args(false);
    app.add_option("--skip", options.skipped, "do not access this address; repeatable")
        ->type_name("0xNN")
        ->allow_extra_args(false);
    app.add_option("--config", options.config,
                   "write a configuration for the parts found to this new file; -: to stdout")
        ->type_name("FILE");
    app.footer(scan_footer);
}

void add_drivers(CLI::App &app, iiofs::DriversFormat &format)
{
    const auto add = [&](const char *name, iiofs::DriversFormat wanted, const char *help) {
        return app.add_flag_callback(
            name, [&format, wanted] { format = wanted; }, help);
    };
    add("--json", iiofs::DriversFormat::json, "print all facts about the parts as JSON");
    add("--markdown", iiofs::DriversFormat::markdown, "docs/drivers.md")->group("");
    app.footer(drivers_footer);
}

void add_top(CLI::App &app, iiofs::TopOptions &options)
{
    app.add_option("--mount", options.mount,
                   "the mount, or /sys/bus/iio; default: the only iiofs mount")
        ->type_name("DIR");
    app.add_option("--interval", options.interval_s,
                   "time between two reads, 0.1 to 3600; default: 1")
        ->check(CLI::Range(iiofs::shortest_interval_s, iiofs::longest_interval_s))
        ->type_name("SECONDS");
    app.add_option("--count", options.count, "exit after N intervals")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    app.add_flag("--once", options.once, "print one table of the current values and exit");
    app.add_option("--device", options.devices, "show only these devices; repeatable")
        ->type_name("NAME|LABEL|iio:deviceN");
    app.footer(top_footer);
}

constexpr auto add_footer =
    R"(LINE has the format of new_device. Prints the names of the new devices, or why the chip
was refused:

  iiofs add bme280 i2c-1 0x76
  iiofs add mcp3008 spi0.0
  iiofs add model bme280

The caller must be allowed to write new_device: root is, and those whom `manage` in the
configuration allows.)";

constexpr auto remove_footer =
    R"(DEVICE is iio:deviceN, N, a label, the name of a part that the tree has only once, or
BUS ADDRESS:

  iiofs remove iio:device2
  iiofs remove greenhouse
  iiofs remove i2c-1 0x76)";

constexpr auto unmount_footer =
    R"(Unmounts the tree and waits until its server has exited. Refuses if clients use the mount,
or if systemd holds it; in that case use `systemctl stop iiofs`.)";

constexpr auto status_footer =
    R"(Shows each iiofs mount, the process that serves it, and its chips; for a chip that does
not answer also the reason. Exits with 1 if there is no mount or if one does not answer.)";

/// `iiofs status`, `add`, `remove`, `unmount`.
class ControlCommands {
public:
    explicit ControlCommands(CLI::App &app)
        : status_{app.add_subcommand("status", "show the mounts, their servers and their chips")},
          add_{app.add_subcommand("add", "add a chip to a mounted tree")},
          remove_{app.add_subcommand("remove", "remove a chip from a mounted tree")},
          unmount_{app.add_subcommand("unmount", "unmount a tree")}
    {
        for (auto *command : {status_, add_, remove_})
            command->add_option("--mount", mount_, "the mount; default: the only iiofs mount")
                ->type_name("DIR");
        status_->add_flag("--json", json_, "print JSON");
        status_->footer(status_footer);
        add_->add_option("LINE", words_, "the chip")->required()->type_name("");
        add_->footer(add_footer);
        remove_->add_option("DEVICE", words_, "the device")->required()->type_name("");
        remove_->footer(remove_footer);
        unmount_->add_option("MOUNTPOINT", mount_, "default: the only iiofs mount")->type_name("");
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
                        "detach once the mount answers; log to syslog; restart the server after a "
                        "crash, without closing the files of clients");
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
    auto *info_app = app.add_subcommand("info", "show what a part measures, supports and needs");
    info_app->add_option("PART", part, "the kernel's name of the part")->required()->type_name("");
    info_app->footer(info_footer);

    iiofs::RunOptions run;
    auto *run_app = app.add_subcommand("run", "run a command that sees the tree as /sys/bus/iio");
    run_app->add_option("--mount", run.mount, "the mount; default: the only iiofs mount")
        ->type_name("DIR");
    run_app->add_option("COMMAND", run.command, "the command and its arguments")
        ->required()
        ->type_name("");
    run_app->positionals_at_end();
    run_app->prefix_command();
    run_app->footer(run_footer);

    const ControlCommands control{app};

    iiofs::TopOptions top;
    auto *top_app = app.add_subcommand("top", "show the current values of all devices");
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
