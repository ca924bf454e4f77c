/* SPDX-License-Identifier: ISC */
/* How a stream of echoes ended, and the sentence for it. */
#ifndef MEASURE_VERDICT_H
#define MEASURE_VERDICT_H

#include "base/reason.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes shown before the first difference, and from it on. */
#define VERDICT_BEFORE      8
#define VERDICT_AFTER       16
#define VERDICT_TEXT_SIZE   96
#define VERDICT_DETAIL_SIZE 240

struct verdict {
    enum reason_word word; /* NONE (all is well), CORRUPT, EXTRA, EOF, TRUNCATED, RESET, STALLED */
    uint64_t offset;       /* bytes that came back as sent */
    uint64_t total;        /* bytes that should have */
    uint64_t extra;        /* EXTRA: bytes beyond those sent */
    uint64_t waited_ns;    /* STALLED */
    /* CORRUPT and EXTRA: what was sent and what came, from offset - before on. */
    unsigned char sent[VERDICT_BEFORE + VERDICT_AFTER], got[VERDICT_BEFORE + VERDICT_AFTER];
    unsigned before, sent_length, got_length;
};

/* The verdict as people read it: "OK", "TRUNCATED at 973824 of 1048576",
 * "CORRUPT at offset 4096: sent 41, got 42", "EXTRA 17 bytes", "RESET at 4096",
 * "STALLED 5 s at 4096", "EOF at 0 of 56". Return text. */
const char *verdict_format(const struct verdict *verdict, char *text, size_t size);

/* The neighbours of the first difference of CORRUPT and EXTRA in hex, and from the difference on as
 * text, "sent 41 [42] 43 "BC", got 41 [40] 43 "@C"", "" for the rest. */
const char *verdict_detail(const struct verdict *verdict, char *text, size_t size);

#endif
