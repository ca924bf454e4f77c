/* SPDX-License-Identifier: ISC */
#include "measure/terminal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What locale(7) says: the first of the three that is set decides. */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
    }
    return false;
}

void terminal_init(struct terminal *terminal, FILE *stream, bool escapes)
{
    *terminal = (struct terminal){.stream = stream, .escapes = escapes};
    terminal->utf8 = escapes && locale_is_utf8();
}

/* How many bytes a sequence has by its first one; 0 for a byte that begins none. */
static unsigned sequence_length(unsigned char first)
{
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Whether the complete sequence is UTF-8 and a character that only shows itself: the controls of
 * the upper half, the marks that reverse the direction of text and the like could draw a lie. */
static bool shows_itself(const unsigned char *bytes, unsigned length)
{
    static const unsigned lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned code = bytes[0] & (0xffu >> (length + 1));

    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < lowest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return false;
    return code >= 0xa0 && code != 0xad && code != 0x61c && !(code >= 0x200b && code <= 0x200f) &&
           !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2060 && code <= 0x206f) &&
           code != 0xfeff && !(code >= 0xfff0 && code <= 0xfffb) &&
           !(code >= 0xe0000 && code <= 0xe0fff);
}

static void write_escaped(struct terminal *terminal, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char text[5];

        text_escape(text, sizeof text, bytes + i, 1);
        fputs(bytes[i] == '\n'   ? "\n"
              : bytes[i] == '\t' ? "\t"
              : bytes[i] == '\\' ? "\\"
                                 : text,
              terminal->stream);
    }
}

static void write_held(struct terminal *terminal)
{
    unsigned length = terminal->held_length;

    terminal->held_length = 0;
    write_escaped(terminal, terminal->held, length);
}

static void write_byte(struct terminal *terminal, unsigned char byte)
{
    /* A byte that cannot continue the sequence ends it, and may begin the next. */
    if (terminal->held_length && (byte & 0xc0) != 0x80)
        write_held(terminal);
    if (!terminal->held_length && !sequence_length(byte)) {
        write_escaped(terminal, &byte, 1);
        return;
    }
    terminal->held[terminal->held_length++] = byte;
    if (terminal->held_length < sequence_length(terminal->held[0]))
        return;
    if (!shows_itself(terminal->held, terminal->held_length)) {
        write_held(terminal);
        return;
    }
    fwrite(terminal->held, 1, terminal->held_length, terminal->stream);
    terminal->held_length = 0;
}

void terminal_write(struct terminal *terminal, const void *bytes, size_t length)
{
    const unsigned char *cursor = bytes;

    if (!terminal->escapes)
        fwrite(bytes, 1, length, terminal->stream);
    else if (!terminal->utf8)
        write_escaped(terminal, bytes, length);
    else
        for (size_t i = 0; i < length; i++)
            write_byte(terminal, cursor[i]);
}

void terminal_release(struct terminal *terminal)
{
    write_held(terminal);
}
