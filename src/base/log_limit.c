/* SPDX-License-Identifier: ISC */
#include "base/log_limit.h"

#include "base/clock.h"

#include <string.h>

#define COST_NS (NS_PER_S / LOG_RATE)

static struct log_class *class_find(struct log_limit *limit, const char *name, uint64_t now_ns)
{
    struct log_class *found;

    for (size_t i = 0; i < limit->count; i++)
        if (strcmp(limit->classes[i].name, name) == 0)
            return &limit->classes[i];
    if (limit->count == LOG_CLASSES_MAX)
        return &limit->classes[LOG_CLASSES_MAX - 1];
    found = &limit->classes[limit->count++];
    *found =
        (struct log_class){.name = name, .tokens_ns = COST_NS * LOG_BURST, .filled_ns = now_ns};
    return found;
}

bool log_limit_admit(struct log_limit *limit, struct log_event *event, uint64_t now_ns)
{
    struct log_class *class = class_find(limit, event->name, now_ns);

    class->tokens_ns += now_ns - class->filled_ns;
    if (class->tokens_ns > COST_NS * LOG_BURST)
        class->tokens_ns = COST_NS * LOG_BURST;
    class->filled_ns = now_ns;
    class->seen_ns = now_ns;
    class->level = event->level;
    if (class->tokens_ns < COST_NS) {
        event->suppressed = ++class->suppressed;
        return false;
    }
    class->tokens_ns -= COST_NS;
    event->suppressed = class->suppressed;
    class->suppressed = 0;
    return true;
}

bool log_limit_take(struct log_limit *limit, uint64_t quiet_ns, uint64_t now_ns,
                    struct log_event *event)
{
    for (size_t i = 0; i < limit->count; i++) {
        struct log_class *class = &limit->classes[i];

        if (!class->suppressed || now_ns - class->seen_ns < quiet_ns)
            continue;
        *event = (struct log_event){class->level, class->name, NULL, 0, class->suppressed};
        class->suppressed = 0;
        return true;
    }
    return false;
}

bool log_limit_is_waiting(const struct log_limit *limit)
{
    for (size_t i = 0; i < limit->count; i++)
        if (limit->classes[i].suppressed)
            return true;
    return false;
}
