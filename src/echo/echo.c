/* SPDX-License-Identifier: ISC */
#include "echo/echo.h"

void echo_init(struct echo *echo)
{
    *echo = (struct echo){.phase = ECHO_OPEN, .reason = ECHO_CLIENT_CLOSED};
}

/* After each event: whether all is returned and the next phase begins is asked in echo_wants, so
 * that no event needs to know which one came before it. */

void echo_ended(struct echo *echo)
{
    echo->ended = true;
    if (echo->phase == ECHO_OPEN)
        echo->phase = ECHO_FLUSHING;
    else if (echo->phase == ECHO_LINGERING)
        echo->phase = ECHO_CLOSED;
}

void echo_stop(struct echo *echo, enum echo_reason reason)
{
    if (echo->phase != ECHO_OPEN && echo->phase != ECHO_FLUSHING)
        return;
    echo->phase = ECHO_STOPPING;
    echo->reason = (uint8_t)reason;
}

void echo_half_closed(struct echo *echo)
{
    if (echo->phase != ECHO_CLOSED)
        echo->phase = echo->ended ? ECHO_CLOSED : ECHO_LINGERING;
}

void echo_failed(struct echo *echo, enum echo_reason reason, int code)
{
    if (echo->phase == ECHO_CLOSED)
        return;
    /* A reset while we are ending it anyway is the client's way to leave. */
    if (echo->phase == ECHO_OPEN || echo->phase == ECHO_FLUSHING || reason == ECHO_ERROR)
        echo->reason = (uint8_t)reason;
    echo->code = code;
    echo->phase = ECHO_CLOSED;
}

void echo_give_up(struct echo *echo, bool unsent)
{
    if (echo->phase == ECHO_CLOSED)
        return;
    if (unsent || echo_held(echo) > 0)
        echo->reason = ECHO_RESET_AFTER_LINGER;
    echo->phase = ECHO_CLOSED;
}

unsigned echo_wants_ending(const struct echo *echo)
{
    switch (echo->phase) {
    case ECHO_FLUSHING:
    case ECHO_STOPPING:
        return echo_held(echo) ? ECHO_RETURN : ECHO_HALF_CLOSE;
    case ECHO_LINGERING:
        return ECHO_DISCARD;
    default:
        return ECHO_CLOSE;
    }
}

const char *echo_reason_name(enum echo_reason reason)
{
    static const char *const names[] = {
        [ECHO_CLIENT_CLOSED] = "client-closed",
        [ECHO_CLIENT_RESET] = "client-reset",
        [ECHO_RESET_AFTER_LINGER] = "reset-after-linger",
        [ECHO_IDLE] = "idle",
        [ECHO_WRITE_TIMEOUT] = "write-timeout",
        [ECHO_LIFETIME] = "lifetime",
        [ECHO_DRAIN] = "drain",
        [ECHO_ERROR] = "error",
    };

    return names[reason];
}
