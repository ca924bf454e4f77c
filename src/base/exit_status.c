/* SPDX-License-Identifier: ISC */
#include "base/exit_status.h"

enum exit_status exit_status_worse(enum exit_status a, enum exit_status b)
{
    static const unsigned char weight[] = {
        [EXIT_EXACT] = 0, [EXIT_GOAL] = 1,    [EXIT_MISSING] = 2, [EXIT_CONNECT] = 3,
        [EXIT_ENDED] = 4, [EXIT_DIFFERS] = 5, [EXIT_LOCAL] = 6,
    };

    return weight[a] >= weight[b] ? a : b;
}
