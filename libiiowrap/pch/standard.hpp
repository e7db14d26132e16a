// SPDX-License-Identifier: MIT
//
// What most files include of the standard library, compiled once for each target.
// It only saves time, in the tests' builds (-Db_pch=true): every file includes what it
// uses, and optimized, GCC 12 warns of std::string's own code that comes from here.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tl/expected.hpp>
#include <utility>
#include <vector>
