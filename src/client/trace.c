/* SPDX-License-Identifier: ISC */
#include "client/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void trace_step(const struct trace *trace, const char *format, ...)
{
    va_list arguments;

    if (!trace->steps)
        return;
    fputs("* ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void trace_bytes(const struct trace *trace, char direction, uint64_t offset, const void *bytes,
                 size_t length)
{
    const unsigned char *cursor = bytes;

    if (!trace->bytes)
        return;
    for (size_t row = 0; row < length; row += 16) {
        size_t columns = length - row < 16 ? length - row : 16;

        fprintf(stderr, "%c %08" PRIx64 " ", direction, offset + row);
        for (size_t i = 0; i < 16; i++) {
            if (i == 8)
                fputc(' ', stderr);
            if (i < columns)
                fprintf(stderr, " %02x", cursor[row + i]);
            else
                fputs("   ", stderr);
        }
        fputs("  |", stderr);
        for (size_t i = 0; i < columns; i++) {
            unsigned char c = cursor[row + i];

            fputc(c >= 0x20 && c <= 0x7e ? c : '.', stderr);
        }
        fputs("|\n", stderr);
    }
}
