/* SPDX-License-Identifier: ISC */
/* Built by "make show-hardening", which prints what the compiler and all flags make of it. */
#include <stdio.h>

#if defined __SSP__ || defined __SSP_STRONG__ || defined __SSP_ALL__
const char *const stack_protector = "yes";
#endif
#if defined __USE_FORTIFY_LEVEL && __USE_FORTIFY_LEVEL > 0
const int fortify_level = __USE_FORTIFY_LEVEL;
#endif

int main(void)
{
    return puts("hardening") < 0;
}
