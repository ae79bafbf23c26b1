// SPDX-License-Identifier: MIT
/// Messages to standard error.
#ifndef SEGFIT_PORT_MESSAGE_H
#define SEGFIT_PORT_MESSAGE_H

#include "port.h"

#if SEGFIT_PORT_HOSTED
#include <unistd.h>
#endif
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
#include <errno.h>
#include <pthread.h>
#endif

/// Writes text to standard error. It bypasses the C library's buffers, for which the C library may
/// call malloc.
static void port_write(const char *text, size_t size)
{
#if SEGFIT_PORT_HOSTED
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, text, size);
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
        if (written < 0 && errno == EINTR) {
            continue;
        }
#endif
        if (written <= 0) {
            return;
        }
        text += written;
        size -= (size_t)written;
    }
#else
    (void)text;
    (void)size;
#endif
}

/// Does what port_write does, keeps errno, and never ends the thread: write is a cancellation
/// point.
static void port_print_error(const char *text, size_t size)
{
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
    const int saved = errno;
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    port_write(text, size);
    (void)pthread_setcancelstate(state, NULL);
    errno = saved;
#else
    port_write(text, size);
#endif
}

#endif
