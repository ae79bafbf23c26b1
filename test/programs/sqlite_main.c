// SPDX-License-Identifier: MIT
/// Runs the SQL on standard input against a database in memory and prints each row.
///
/// SQLite is built without an operating system (SQLITE_OS_OTHER), since wasi-libc lacks what its
/// own port needs; its "memdb" file system keeps the database in one buffer that grows by realloc.
#include "sqlite3.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    script_step = 4096
};

/// The system beneath "memdb": it opens no file, and its clock and randomness stand still, so that
/// each run is the same.
static int system_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static int system_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}

static int system_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs, (void)name, (void)flags;
    *result = 0;
    return SQLITE_OK;
}

static int system_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *full)
{
    (void)vfs;
    sqlite3_snprintf(size, full, "%s", name);
    return SQLITE_OK;
}

static int system_randomness(sqlite3_vfs *vfs, int size, char *bytes)
{
    (void)vfs;
    for (int i = 0; i < size; i++) {
        bytes[i] = (char)i;
    }
    return size;
}

static int system_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int system_time(sqlite3_vfs *vfs, double *julian_day)
{
    (void)vfs;
    *julian_day = 2461041.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = (int)sizeof(sqlite3_file),
        .mxPathname = 255,
        .zName = "none",
        .xOpen = system_open,
        .xDelete = system_delete,
        .xAccess = system_access,
        .xFullPathname = system_full_pathname,
        .xRandomness = system_randomness,
        .xSleep = system_sleep,
        .xCurrentTime = system_time,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

static int print_row(void *context, int columns, char **values, char **names)
{
    (void)context, (void)names;
    for (int i = 0; i < columns; i++) {
        printf("%s%s", i == 0 ? "" : "|", values[i] != NULL ? values[i] : "NULL");
    }
    puts("");
    return 0;
}

static char *read_script(FILE *stream)
{
    char *text = NULL;
    size_t length = 0;
    for (size_t got = 1; got > 0; length += got) {
        char *const longer = realloc(text, length + script_step + 1);
        if (longer == NULL) {
            free(text);
            return NULL;
        }
        text = longer;
        got = fread(text + length, 1, script_step, stream);
        text[length + got] = '\0';
    }
    return text;
}

int main(void)
{
    sqlite3 *database = NULL;
    char *problem = NULL;
    char *const script = read_script(stdin);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    if (script == NULL ||
        sqlite3_open_v2("file:/test?vfs=memdb", &database, flags, NULL) != SQLITE_OK ||
        sqlite3_exec(database, script, print_row, NULL, &problem) != SQLITE_OK) {
        printf("failed: %s\n", problem != NULL ? problem : sqlite3_errmsg(database));
        return 1;
    }
    sqlite3_free(problem);
    free(script);
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
