// SPDX-License-Identifier: MIT
/// The module that loads.c loads: it allocates and frees by names that the main module gives it.
#include <stdlib.h>
#include <string.h>

char *module_make(size_t size);
void module_drop(void *ptr);

char *module_make(size_t size)
{
    char *const bytes = malloc(size);
    return bytes == NULL ? NULL : memset(bytes, 5, size);
}

void module_drop(void *ptr)
{
    free(ptr);
}
