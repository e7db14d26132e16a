// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <daemon/run/udev.hpp>
#include <fstream>
#include <string_view>

namespace iiofs {

namespace {

namespace fs = std::filesystem;

/// A kind of sensor that iio-sensor-proxy knows, and the attributes of a device that is one.
/// Source: iio-sensor-proxy 3.0 and 3.7, 80-iio-sensor-proxy.rules, in the order of the rules.
struct Sensor {
    std::string_view type;
    std::array<std::string_view, 3> attributes; ///< "": no more
};
constexpr std::array sensors{
    Sensor{"iio-poll-accel", {"in_accel_x_raw", "in_accel_y_raw", "in_accel_z_raw"}},
    Sensor{"iio-buffer-accel",
           {"scan_elements/in_accel_x_en", "scan_elements/in_accel_y_en",
            "scan_elements/in_accel_z_en"}},
    Sensor{"iio-buffer-compass", {"scan_elements/in_rot_from_north_magnetic_tilt_comp_en"}},
    Sensor{"iio-poll-als", {"in_illuminance_input"}},
    Sensor{"iio-poll-als", {"in_illuminance0_input"}},
    Sensor{"iio-poll-als", {"in_illuminance_clear_raw"}},
    Sensor{"iio-poll-als", {"in_illuminance_raw"}},
    Sensor{"iio-poll-als", {"in_intensity_clear_raw"}},
    Sensor{"iio-buffer-als", {"scan_elements/in_intensity_both_en"}},
    Sensor{"iio-poll-proximity", {"in_proximity_raw"}},
    Sensor{"iio-poll-proximity", {"in_proximity0_raw"}},
};

std::string sensor_types(const fs::path &device)
{
    std::string types;
    for (const auto &[type, attributes] : sensors) {
        const auto is_there = [&](std::string_view attribute) {
            std::error_code error;
            return fs::exists(device / attribute, error);
        };
        if (types.find(type) == std::string::npos && std::ranges::all_of(attributes, is_there))
            (types += types.empty() ? "" : " ") += type;
    }
    return types;
}

} // namespace

std::string udev_id(const fs::path &device)
{
    std::string number;
    if (std::getline(std::ifstream{device / "dev"}, number))
        return "c" + number;
    return "+iio:" + device.filename().string();
}

std::string udev_entry(const fs::path &device, std::chrono::microseconds since)
{
    std::string entry = "I:" + std::to_string(since.count()) + "\n";
    if (const auto types = sensor_types(device); !types.empty())
        entry += "E:IIO_SENSOR_PROXY_TYPE=" + types + "\n";
    return entry + "V:1\n";
}

std::vector<std::string> udev_properties(const fs::path &device, std::chrono::microseconds since)
{
    const std::string_view sysfs{"/sys"};
    std::error_code error;
    std::vector<std::string> properties{
        "DEVPATH=" + fs::canonical(device, error).string().erase(0, sysfs.size()), "SUBSYSTEM=iio",
        "USEC_INITIALIZED=" + std::to_string(since.count())};
    std::ifstream uevent{device / "uevent"};
    const std::string_view node{"DEVNAME="};
    for (std::string line; std::getline(uevent, line);) {
        if (line.starts_with(node))
            line.insert(node.size(), "/dev/");
        properties.push_back(line);
    }
    if (const auto types = sensor_types(device); !types.empty())
        properties.push_back("IIO_SENSOR_PROXY_TYPE=" + types);
    return properties;
}

} // namespace iiofs
