// SPDX-License-Identifier: MIT
//
// The one header of Catch2 2 (Debian bookworm), for systems that have Catch2 3.
#pragma once

#include <catch2/catch_all.hpp>

using Catch::Approx;
