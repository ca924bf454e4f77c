/* SPDX-License-Identifier: ISC */
#include "measure/progress.h"

#include "base/clock.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_FIRST_NS NS_PER_S
#define PROGRESS_EVERY_NS (NS_PER_S / 4)
#define PROGRESS_WIDTH    79

void progress_init(struct progress *progress, FILE *stream, uint64_t now_ns)
{
    *progress = (struct progress){.stream = isatty(fileno(stream)) ? stream : NULL,
                                  .next_ns = now_ns + PROGRESS_FIRST_NS};
}

bool progress_due(const struct progress *progress, uint64_t now_ns)
{
    return progress->stream && now_ns >= progress->next_ns;
}

/* Shows the text over what the line shows now. */
static void show(struct progress *progress, const char *text)
{
    int length = (int)strlen(text);

    fprintf(progress->stream, "\r%s%*s\r%s", text,
            progress->width > length ? progress->width - length : 0, "", text);
    fflush(progress->stream);
    progress->width = length;
}

void progress_show(struct progress *progress, uint64_t now_ns, const char *format, ...)
{
    char text[PROGRESS_WIDTH + 1];
    va_list arguments;

    if (!progress->stream)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    show(progress, text);
    progress->next_ns = now_ns + PROGRESS_EVERY_NS;
}

void progress_clear(struct progress *progress)
{
    if (progress->stream && progress->width)
        show(progress, "");
}
