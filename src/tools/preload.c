// SPDX-License-Identifier: MIT
/// Completes malloc.c to the shared library for LD_PRELOAD: messages for programs that were not
/// written for segfit, and SEGFIT_OPTIONS, which sets how it behaves. Elsewhere this file is empty.
///
/// Nothing here allocates or uses stdio: segfit__preload_begin runs inside the first malloc.
#if defined(SEGFIT_MALLOC_PRELOAD)

#define _GNU_SOURCE
#include "../../include/segfit/malloc.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

void segfit__preload_begin(void);

// -------------------------------------------------------------------------------------- messages

/// Writes to standard error. The caller has switched cancellation off: write is a cancellation
/// point.
static void say_bytes(const char *text, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, text, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        text += written;
        size -= (size_t)written;
    }
}

static void say(const char *text)
{
    say_bytes(text, strlen(text));
}

/// Writes a text of the environment between quotes: at most 64 bytes, with '?' for bytes that
/// cannot be printed.
static void say_quoted(const char *text, size_t size)
{
    enum {
        MOST = 64,
    };
    char shown[MOST];
    const size_t length = size < MOST ? size : MOST;
    for (size_t i = 0; i < length; i++) {
        shown[i] = text[i];
        if (text[i] < ' ' || text[i] > '~') {
            shown[i] = '?';
        }
    }
    say("\"");
    say_bytes(shown, length);
    say(length < size ? "...\"" : "\"");
}

// --------------------------------------------------------------------------------------- options

/// The options that SEGFIT_OPTIONS sets.
static struct {
    /// Bytes for which the heap grows before the program begins.
    size_t reserve;
    /// Write the statistics when the program exits.
    bool stats_at_exit;
    /// Go on after a bad pointer was reported.
    bool panic_continues;
} options;

/// A part of the environment's text.
typedef struct text_part {
    const char *begin;
    size_t size;
} text_part_t;

static bool part_is(text_part_t part, const char *text)
{
    return part.size == strlen(text) && memcmp(part.begin, text, part.size) == 0;
}

/// Reads a size: decimal digits, then nothing or one of k, M and G, for powers of 1024.
static bool read_size(text_part_t value, size_t *size)
{
    static const char suffixes[] = "kMG";
    size_t digits = 0;
    size_t number = 0;
    for (; digits < value.size && value.begin[digits] >= '0' && value.begin[digits] <= '9';
         digits++) {
        const size_t digit = (size_t)(value.begin[digits] - '0');
        if (number > (SIZE_MAX - digit) / 10U) {
            return false;
        }
        number = number * 10U + digit;
    }
    if (digits == 0 || value.size - digits > 1) {
        return false;
    }
    if (digits < value.size) {
        const int letter = value.begin[digits] == 'K' ? 'k' : value.begin[digits];
        const char *const suffix = memchr(suffixes, letter, sizeof suffixes - 1);
        const unsigned shift = suffix == NULL ? 0 : 10U * (unsigned)(suffix - suffixes + 1);
        if (shift == 0 || number > SIZE_MAX >> shift) {
            return false;
        }
        number <<= shift;
    }
    *size = number;
    return true;
}

static bool set_panic(text_part_t value)
{
    options.panic_continues = part_is(value, "continue");
    return options.panic_continues || part_is(value, "abort");
}

static bool set_reserve(text_part_t value)
{
    return read_size(value, &options.reserve);
}

static bool set_stats(text_part_t value)
{
    options.stats_at_exit = part_is(value, "exit");
    return options.stats_at_exit;
}

static const struct {
    const char *name;
    /// Sets the option to a value. Returns false if the option has no such value.
    bool (*set)(text_part_t value);
    const char *values;
    const char *help;
} known[] = {
    {"panic", set_panic, "abort or continue",
     "  panic=abort     a bad pointer given to free or realloc ends the program (the default)\n"
     "  panic=continue  the call is reported and does nothing; the program goes on\n"},
    {"reserve", set_reserve, "a size: digits, and k, M or G",
     "  reserve=SIZE    takes memory for a block of SIZE bytes before the program begins; SIZE "
     "ends\n"
     "                  in k, M or G for units of 1024, 1024^2, 1024^3 bytes\n"},
    {"stats", set_stats, "exit", "  stats=exit      writes statistics to standard error at exit\n"},
};

enum {
    KNOWN = sizeof known / sizeof known[0],
    /// The program's exit code if SEGFIT_OPTIONS is wrong.
    EXIT_WRONG_OPTIONS = 2,
};

static _Noreturn void print_help(void)
{
    say("SEGFIT_OPTIONS=name=value,name=value...\n");
    for (size_t i = 0; i < KNOWN; i++) {
        say(known[i].help);
    }
    say("  help            prints this and does not run the program\n");
    _exit(0);
}

static const char in_options[] = "SEGFIT_OPTIONS";

/// Ends the program: its options cannot be met, and running without them would hide that.
static _Noreturn void refuse(const char *where, text_part_t what, const char *why, const char *more)
{
    say("segfit: ");
    say(where);
    say(": ");
    say_quoted(what.begin, what.size);
    say(why);
    say(more);
    say("\n");
    _exit(EXIT_WRONG_OPTIONS);
}

/// Sets one option. `seen`: a bit for each that was set already.
static void set_option(text_part_t option, unsigned *seen)
{
    const char *const equals = memchr(option.begin, '=', option.size);
    const size_t name_size = equals == NULL ? option.size : (size_t)(equals - option.begin);
    const text_part_t name = {option.begin, name_size};
    if (option.size == 0) {
        refuse(in_options, option,
               " is no option: ", "a comma stands between two options, nowhere else");
    }
    if (part_is(option, "help")) {
        print_help();
    }
    for (size_t i = 0; i < KNOWN; i++) {
        if (!part_is(name, known[i].name)) {
            continue;
        }
        if ((*seen & 1U << i) != 0) {
            refuse(in_options, name, " is given twice", "");
        }
        *seen |= 1U << i;
        const size_t skipped = equals == NULL ? option.size : name_size + 1U;
        const text_part_t value = {option.begin + skipped, option.size - skipped};
        if (equals == NULL || !known[i].set(value)) {
            refuse(in_options, option, ": the value must be ", known[i].values);
        }
        return;
    }
    refuse(in_options, name, " is no option; there are ", "panic, reserve, stats and help");
}

/// Sets the options in the text. An empty text sets none.
static void set_options(const char *text)
{
    unsigned seen = 0;
    while (*text != '\0') {
        const size_t size = strcspn(text, ",");
        set_option((text_part_t){text, size}, &seen);
        text += size;
        if (*text == '\0') {
            return;
        }
        text++;
        if (*text == '\0') {
            set_option((text_part_t){text, 0}, &seen);
        }
    }
}

// -------------------------------------------------------------------------------- begin and end

/// The file that standard error was when the program began, since some programs close it before
/// they exit.
static struct {
    int file;
    dev_t device;
    ino_t inode;
} first_stderr = {.file = -1};

static void keep_stderr(void)
{
    enum {
        /// Above the numbers that programs rely on.
        LEAST_FILE = 700,
    };
    struct stat status;
    if (fstat(STDERR_FILENO, &status) == 0) {
        first_stderr.file = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, LEAST_FILE);
        first_stderr.device = status.st_dev;
        first_stderr.inode = status.st_ino;
    }
}

/// Opens standard error again if it is closed. Does nothing if the program used the copy's number
/// for another file.
static void reopen_stderr(void)
{
    struct stat status;
    if (fcntl(STDERR_FILENO, F_GETFD) < 0 && fstat(first_stderr.file, &status) == 0 &&
        status.st_dev == first_stderr.device && status.st_ino == first_stderr.inode) {
        (void)dup2(first_stderr.file, STDERR_FILENO);
    }
}

/// Returns the value of SEGFIT_OPTIONS, or NULL. Refuses variables whose names begin with SEGFIT_
/// and that nothing reads. Takes no lock; getenv takes one in some C libraries.
static const char *find_options(void)
{
    static const char *const names[] = {in_options, "SEGFIT_RECORD_FILE", "SEGFIT_RECORD_TIMES"};
    const char *value = NULL;
    for (char **entry = environ; *entry != NULL; entry++) {
        const text_part_t name = {*entry, strcspn(*entry, "=")};
        if (strncmp(*entry, "SEGFIT_", 7) != 0) {
            continue;
        }
        if (part_is(name, names[0])) {
            value = value != NULL ? value : *entry + name.size + ((*entry)[name.size] == '=');
        } else if (!part_is(name, names[1]) && !part_is(name, names[2])) {
            refuse("environment", name, " is no variable of segfit's; there is ", in_options);
        }
    }
    return value;
}

/// Reads SEGFIT_OPTIONS, once: at the first malloc, or, where the C library has no environment yet,
/// when this library is initialised. A program that runs with more rights than its caller ignores
/// the variable.
void segfit__preload_begin(void)
{
    static bool done;
    const int saved = errno;
    if (environ == NULL || __atomic_exchange_n(&done, true, __ATOMIC_RELAXED) ||
        getauxval(AT_SECURE) != 0) {
        return;
    }
    const char *const text = find_options();
    if (text != NULL) {
        set_options(text);
        if (options.stats_at_exit) {
            keep_stderr();
        }
        if (options.reserve != 0 && !segfit_malloc_reserve(options.reserve)) {
            const text_part_t name = {"reserve", 7};
            refuse(in_options, name, ": the system does not grant that much memory", "");
        }
    }
    errno = saved;
}

__attribute__((constructor)) static void initialise(void)
{
    segfit__preload_begin();
}

__attribute__((destructor)) static void finish(void)
{
    if (options.stats_at_exit) {
        reopen_stderr();
        malloc_stats();
    }
}

// ----------------------------------------------------------------------------------------- panic

static const char *fault_text(segfit_fault_code_t code)
{
    switch (code) {
    case SEGFIT_OUTSIDE:
        return "did not come from malloc";
    case SEGFIT_MISALIGNED:
        return "is not aligned as it should be";
    case SEGFIT_FREED:
        return "was freed before";
    case SEGFIT_NOT_A_BLOCK:
        return "is no block, or what lies before it was overwritten";
    case SEGFIT_NEIGHBOUR:
        return "has a damaged neighbour: something wrote beyond its block";
    default:
        return "is wrong";
    }
}

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    char digits[2 * sizeof ptr + 1] = "";
    const int saved = errno;
    int state = PTHREAD_CANCEL_ENABLE;
    (void)heap;
    // A thread that is cancelled would leave the process running.
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    for (size_t i = 0; i < 2 * sizeof ptr; i++) {
        const unsigned shift = (unsigned)(4 * (2 * sizeof ptr - 1 - i));
        digits[i] = "0123456789abcdef"[(uintptr_t)ptr >> shift & 15U];
    }
    say("segfit: a pointer that was given to free or realloc, 0x");
    say(digits);
    say(", ");
    say(fault_text(code));
    say("\n");
    if (!options.panic_continues) {
        abort();
    }
    (void)pthread_setcancelstate(state, NULL);
    errno = saved;
}

#endif
