// SPDX-License-Identifier: MIT
/// The main function of an executable that holds several test files, each compiled with TEST_GROUP.
#undef TEST_GROUP
#define TEST_MAIN
#include "../test.h"
