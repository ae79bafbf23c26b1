// SPDX-License-Identifier: MIT
/// Files, as C programs use them, in the working directory. Natively they show what the test
/// expects; under WASI they show that wasm/toolchain/run-wasi.mjs does the same. Memory grows
/// between the calls.
#define TEST_MAIN
#include "../test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "harness_files.tmp"
#define ONE DIRECTORY "/one"
#define TWO DIRECTORY "/two"

enum {
    GROWTH = 1 << 20
};

/// Makes wasm memory grow, which detaches every view of it that JavaScript holds. It keeps
/// the pages, so that the next call grows again.
static bool grow(void)
{
    static void *taken; // Each piece begins with the address of the one before.
    void **const piece = malloc(GROWTH);
    if (piece == NULL) {
        return false;
    }
    memset(piece, 1, GROWTH);
    *piece = taken;
    taken = piece;
    return true;
}

static void clean(void)
{
    (void)unlink(ONE);
    (void)unlink(TWO);
    (void)rmdir(DIRECTORY);
}

TEST(a_written_file_reads_back_the_same)
{
    clean();
    REQUIRE(mkdir(DIRECTORY, 0777) == 0);
    FILE *const out = fopen(ONE, "wb");
    REQUIRE(out != NULL);
    for (unsigned line = 0; line < 10000; line++) {
        REQUIRE(fprintf(out, "line %u\n", line) > 0);
    }
    REQUIRE(fclose(out) == 0);
    CHECK(grow());

    FILE *const in = fopen(ONE, "rb");
    REQUIRE(in != NULL);
    char text[32];
    unsigned lines = 0;
    while (fgets(text, (int)sizeof text, in) != NULL) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "line %u\n", lines++);
        REQUIRE(strcmp(text, expected) == 0);
    }
    CHECK(lines == 10000);
    CHECK(fseek(in, -5, SEEK_END) == 0);
    CHECK(fgets(text, (int)sizeof text, in) != NULL && strcmp(text, "9999\n") == 0);
    CHECK(fclose(in) == 0);
}

TEST(a_file_is_patched_appended_and_cut)
{
    FILE *const file = fopen(ONE, "r+b");
    REQUIRE(file != NULL);
    CHECK(fputs("LINE", file) >= 0);
    CHECK(fclose(file) == 0);

    const int end = open(ONE, O_WRONLY | O_APPEND);
    REQUIRE(end >= 0);
    struct stat before;
    struct stat after;
    CHECK(fstat(end, &before) == 0);
    CHECK(write(end, "end", 3) == 3);
    CHECK(fstat(end, &after) == 0);
    CHECK(after.st_size == before.st_size + 3);
    CHECK(close(end) == 0);

    const int cut = open(ONE, O_RDWR);
    REQUIRE(cut >= 0);
    CHECK(ftruncate(cut, 6) == 0);
    char text[8] = {0};
    CHECK(pread(cut, text, sizeof text, 0) == 6);
    CHECK(strcmp(text, "LINE 0") == 0);
    CHECK(pwrite(cut, "x", 1, 5) == 1);
    CHECK(pread(cut, text, sizeof text, 0) == 6);
    CHECK(strcmp(text, "LINE x") == 0);
    CHECK((lseek)(cut, 0, SEEK_CUR) == 0); // Some lseek is a macro.
    CHECK(fsync(cut) == 0);
    CHECK(close(cut) == 0);
}

TEST(files_are_found_renamed_and_removed)
{
    struct stat status;
    CHECK(rename(ONE, TWO) == 0);
    CHECK(stat(ONE, &status) != 0 && errno == ENOENT);
    CHECK(stat(TWO, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 6);
    CHECK(access(TWO, R_OK) == 0);

    DIR *const directory = opendir(DIRECTORY);
    REQUIRE(directory != NULL);
    unsigned found = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        found += strcmp(entry->d_name, "two") == 0;
    }
    CHECK(found == 1);
    CHECK(closedir(directory) == 0);

    CHECK(rmdir(DIRECTORY) != 0);
    CHECK(unlink(TWO) == 0);
    CHECK(unlink(TWO) != 0 && errno == ENOENT);
    CHECK(rmdir(DIRECTORY) == 0);
}

TEST(errors_have_their_number)
{
    CHECK(open("no/such/file", O_RDONLY) < 0 && errno == ENOENT);
    CHECK(open(".", O_WRONLY) < 0 && errno == EISDIR);
    CHECK(close(99) != 0 && errno == EBADF);
    CHECK(write(99, "x", 1) < 0 && errno == EBADF);
}

TEST(the_environment_is_the_callers)
{
    const char *const path = getenv("PATH");
    CHECK(path != NULL && path[0] != '\0');
}
