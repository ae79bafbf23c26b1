// SPDX-License-Identifier: MIT
/// Commits the crime that the first argument names: crimes free_twice
#include "crime.h"

static crime_case *crimes;

void crime_register(crime_case *crime)
{
    crime->next = crimes;
    crimes = crime;
}

int main(int argc, char **argv)
{
    const char *const name = argc > 1 ? argv[1] : "";
    for (const crime_case *crime = crimes; crime != NULL; crime = crime->next) {
        if (strcmp(crime->name, name) == 0) {
            crime->commit();
            return 0;
        }
    }
    (void)fprintf(stderr, "no crime is named \"%s\"\n", name);
    return 2;
}
