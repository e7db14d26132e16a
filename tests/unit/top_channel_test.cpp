// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <daemon/top/channel.hpp>
#include <daemon/top/format.hpp>
#include <daemon/top/plain.hpp>

namespace top_channel_test {

using namespace iiofs::top;

namespace {

/// What one raw or processed value of 1000 of a channel type is shown as.
std::string shown(const std::string &type, const std::string &info, double scale = 1)
{
    const auto attribute = "in_" + type + "_" + info;
    const auto channels = channels_of({attribute, "in_" + type + "_scale"}, "part");
    if (channels.size() != 1)
        return std::to_string(channels.size()) + " channels";
    const auto &unit = channels.front().unit;
    return value_text(converted(unit, 1000, 0, scale), 3, 12) + " " + std::string{unit.ascii};
}

std::vector<std::string> names_of(const std::vector<std::string> &attributes)
{
    std::vector<std::string> names;
    for (const auto &channel : channels_of(attributes, "part"))
        names.push_back(channel.name);
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("values are shown in the units that the ABI leads to")
{
    CHECK(shown("temp", "input") == "1.000 degC");
    CHECK(shown("pressure", "input") == "10000.000 hPa");
    CHECK(shown("humidityrelative", "input") == "1.000 %");
    CHECK(shown("illuminance", "input") == "1000.000 lx");
    CHECK(shown("voltage0", "raw", 3.22265625) == "3.223 V");
    CHECK(shown("current1", "raw", 0.5) == "0.500 A");
    CHECK(shown("accel_x", "raw", 0.01) == "10.000 m/s2");
    CHECK(shown("anglvel_z", "raw", 0.001) == "1.000 rad/s");
    CHECK(shown("magn_y", "raw", 0.001) == "1.000 Gauss");
    CHECK(shown("angl", "raw", 0.001533981) == "1.534 rad");
    CHECK(shown("proximity", "raw", 2) == "2000.000 ");
    CHECK(shown("newtype", "raw", 2) == "2000.000 ");
}

TEST_CASE("parts whose drivers do not follow the ABI's units are shown right")
{
    CHECK(unit_of("temp", "hts221").factor == Approx(1));
    CHECK(unit_of("temp", "bme280").factor == Approx(1e-3));
    CHECK(unit_of("magn", "hmc5883l").factor == Approx(100));
    CHECK(unit_of("magn", "lis3mdl").factor == Approx(1));
}

TEST_CASE("a raw value that nothing scales is shown as raw, if its type has a unit")
{
    const auto channels = channels_of({"in_voltage0_raw", "in_intensity_red_raw"}, "part");
    REQUIRE(channels.size() == 2);
    CHECK(channels[0].unit.ascii.empty());
    CHECK(channels[1].unit.ascii == "raw");
    CHECK(converted(channels[1].unit, 1234, 0, 1) == 1234);
}

TEST_CASE("scale and offset are the channel's own, or what it shares")
{
    const auto channels =
        channels_of({"in_voltage0_raw", "in_voltage1_raw", "in_voltage1_scale", "in_voltage_scale",
                     "in_voltage0-voltage1_raw", "in_voltage-voltage_scale", "in_accel_x_raw",
                     "in_accel_scale", "in_temp_raw", "in_temp_scale", "in_temp_offset",
                     "in_offset", "out_voltage0_raw", "out_voltage_scale"},
                    "part");
    const auto scale_of = [&](const std::string &name) {
        for (const auto &channel : channels) {
            if (channel.name == name)
                return channel.scale + " " + channel.offset;
        }
        return std::string{"absent"};
    };
    CHECK(scale_of("voltage0") == "in_voltage_scale in_offset");
    CHECK(scale_of("voltage1") == "in_voltage1_scale in_offset");
    CHECK(scale_of("voltage0-voltage1") == "in_voltage-voltage_scale in_offset");
    CHECK(scale_of("accel_x") == "in_accel_scale in_offset");
    CHECK(scale_of("temp") == "in_temp_scale in_temp_offset");
    CHECK(scale_of("out_voltage0") == "out_voltage_scale ");
}

TEST_CASE("a processed value is preferred, and other attributes are no channels")
{
    const auto channels = channels_of({"in_temp_raw", "in_temp_input", "in_temp_scale"}, "part");
    REQUIRE(channels.size() == 1);
    CHECK(channels.front().value == "in_temp_input");
    CHECK(channels.front().scale.empty());
    CHECK(names_of({"name", "in_temp_scale", "in_temp_mean_raw", "in_accel_x_peak_raw",
                    "in_rot_quaternion_raw", "sampling_frequency", "buffer", "trigger_raw"})
              .empty());
}

TEST_CASE("channels are in the order of their numbers: inputs, pairs, outputs")
{
    CHECK(names_of({"out_voltage0_raw", "in_voltage10_raw", "in_voltage2_raw",
                    "in_voltage0-voltage1_raw", "in_temp_raw"}) ==
          Names{"temp", "voltage2", "voltage10", "voltage0-voltage1", "out_voltage0"});
}

TEST_CASE("the text of an attribute is one number, or none")
{
    CHECK(parse_value("-0.000123\n") == Approx(-0.000123));
    CHECK(parse_value("21530\n") == 21530.0);
    CHECK(parse_value("1.1500000 dB\n") == 1.15);
    CHECK(parse_value(std::string_view{"7\n\0", 3}) == 7.0);
    CHECK(parse_value("9223372036854775807\n") == Approx(9223372036854775807.0));
    CHECK_FALSE(parse_value("1 -2 3 \n"));
    CHECK_FALSE(parse_value("\n"));
    CHECK_FALSE(parse_value(""));
    CHECK_FALSE(parse_value("inf\n"));
    CHECK_FALSE(parse_value("<not counted>\n"));
}

TEST_CASE("as many decimals are shown as the resolution has")
{
    const auto volts = unit_of("voltage");
    CHECK(decimals_for(0.0032, volts) == 3);
    CHECK(decimals_for(0.001, volts) == 3);
    CHECK(decimals_for(0.0000625, volts) == 5);
    CHECK(decimals_for(4, volts) == 0);
    CHECK(decimals_for(1e-12, volts) == 6);
    CHECK(decimals_for(0, volts) == volts.decimals);
}

TEST_CASE("numbers fit their column")
{
    CHECK(value_text(21.534, 2, 10) == "21.53");
    CHECK(value_text(-0.0004, 2, 10) == "0.00");
    CHECK(value_text(1234567.891, 3, 10) == "1234567.89");
    CHECK(value_text(12345678901.5, 2, 10) == "1.2346e+10");
    CHECK(value_text(-1e300, 2, 10) == "-1e+300");
    CHECK(rate_text(0.0166) == "0.02");
    CHECK(rate_text(0.9999) == "1.0");
    CHECK(rate_text(9.96) == "10");
}

TEST_CASE("times are said in the unit that people would use")
{
    using namespace std::chrono_literals;
    CHECK(interval_text(100ms) == "0.1 s");
    CHECK(interval_text(30s) == "30 s");
    CHECK(interval_text(90s) == "90 s");
    CHECK(interval_text(5min) == "5 min");
    CHECK(interval_text(1h) == "1 h");
    CHECK(duration_text(53s) == "53 s");
    CHECK(duration_text(10min) == "10 min");
    CHECK(duration_text(185min) == "3 h 5 min");
    CHECK(utc_text(std::chrono::system_clock::time_point{1'000'000'000'007ms}) ==
          "2001-09-09T01:46:40.007Z");
}

TEST_CASE("a plain line has five fields whatever the device says")
{
    Pass pass{.device = 3};
    pass.label = "green house\n";
    pass.readings = {{"temp", unit_of("temp"), 2, 21.53, 0},
                     {"proximity", unit_of("proximity"), 0, 7, 0},
                     {"voltage0", unit_of("voltage"), 3, 0, EIO},
                     {"accel_x", unit_of("accel"), 3, 0, EBUSY}};
    const std::string start = "1970-01-01T00:00:00.000Z ";
    CHECK(lines_of_pass(pass) == start + "green_house_ temp 21.53 degC\n" + start +
                                     "green_house_ proximity 7 -\n" + start +
                                     "green_house_ voltage0 - EIO\n" + start +
                                     "green_house_ accel_x - streaming\n");
    pass.label.clear();
    pass.error = ENODEV;
    CHECK(lines_of_pass(pass) == start + "iio:device3 - - ENODEV\n");
}

} // namespace top_channel_test
