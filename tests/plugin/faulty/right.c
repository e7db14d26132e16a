/* SPDX-License-Identifier: MIT */
#include "faulty.h"
