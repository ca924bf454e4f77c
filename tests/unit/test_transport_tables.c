/* SPDX-License-Identifier: ISC */
/* A new scheme, family or transport touches several tables and a page: each place that is forgotten
 * fails here, with a sentence that says what is missing where. */
#include "lib/endpoints.h"
#include "lib/room.h"
#include "transport/address.h"
#include "transport/endpoint_scheme.h"
#include "transport/transport.h"
#include "transport/transport_row.h"

/* NULL when no row has this kind. */
static const struct endpoint_scheme *scheme_of(enum endpoint_kind kind)
{
    const struct endpoint_scheme *scheme;

    for (size_t i = 0; (scheme = endpoint_scheme_at(i)); i++)
        if (!scheme->is_reserved && scheme->kind == kind)
            return scheme;
    return NULL;
}

static const struct transport *transport_of(enum endpoint_kind kind)
{
    const struct transport *transport;

    for (size_t i = 0; (transport = transport_at(i)); i++)
        if (transport->kind == kind)
            return transport;
    return NULL;
}

static void schemes(void **state)
{
    const struct endpoint_scheme *scheme;

    (void)state;
    for (size_t i = 0; (scheme = endpoint_scheme_at(i)); i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(endpoint_scheme_at(j)->name, scheme->name) == 0)
                fail_msg("src/transport/endpoint.c: \"%s\" has two rows: is it still reserved?",
                         scheme->name);
        if (scheme->is_reserved)
            continue;
        if (!scheme->parse || !scheme->print)
            fail_msg("src/transport/endpoint.c: %s: has no parse or no print", scheme->name);
        if (!transport_of(scheme->kind) && !(scheme->traits & ENDPOINT_IS_INHERITED))
            fail_msg("src/transport/transport.c: no row makes sockets for %s:", scheme->name);
    }
    for (int kind = 0; kind < ENDPOINT_KINDS; kind++)
        if (!scheme_of((enum endpoint_kind)kind))
            fail_msg("src/transport/endpoint.c: no row for kind %d of endpoint_value.h", kind);
}

static void check_family(const struct transport *transport, const char *name, int family)
{
    if (strcmp(address_family_name(family), "AF_?") == 0)
        fail_msg("src/transport/address.c: no row for family %d of %s:", family, name);
    if (!endpoints_has(transport->kind, family))
        fail_msg("tests/lib/endpoints.c: no row for %s: with %s: no test runs over it", name,
                 address_family_name(family));
}

static void transports(void **state)
{
    const struct transport *row;

    (void)state;
    for (size_t i = 0; (row = transport_at(i)); i++) {
        const struct endpoint_scheme *scheme = scheme_of(row->kind);
        const char *name = scheme ? scheme->name : "(no scheme)";

        if (!row->resolve || !row->listen || !row->explain)
            fail_msg("%s: has no resolve, listen or explain", name);
        if (!row->name || strcmp(row->name, name) != 0)
            fail_msg("%s: its row has the name %s", name, row->name ? row->name : "(none)");
        for (size_t j = 0; j < i; j++)
            if (transport_at(j)->kind == row->kind)
                fail_msg("src/transport/transport.c: %s: has two rows", name);
        if (strcmp(address_type_name(row->type), "SOCK_?") == 0)
            fail_msg("src/transport/address.c: type %d of %s: has no name", row->type, name);
        if (strcmp(address_protocol_name(row->protocol), "IPPROTO_?") == 0)
            fail_msg("src/transport/address.c: protocol %d of %s: has no name", row->protocol,
                     name);
        for (size_t j = 0; j < COUNT(row->families); j++)
            if (row->families[j] != AF_UNSPEC)
                check_family(row, name, row->families[j]);
    }
}

/* The text of the page from one heading to the next; length 0 when the heading is missing. */
static const char *section(const char *page, const char *heading, size_t *length)
{
    const char *start = strstr(page, heading), *end = start ? strstr(start + 1, "\n.S") : NULL;

    *length = end ? (size_t)(end - start) : 0;
    return start;
}

/* Whether the scheme stands there with its colon and, if alone, nothing behind it. */
static bool names(const char *text, size_t length, const char *scheme, bool alone)
{
    char word[32];
    size_t size = (size_t)snprintf(word, sizeof word, "%s:", scheme);

    for (size_t i = 1; i + size < length; i++)
        if (strncmp(text + i, word, size) == 0 && strchr(" \n", text[i - 1]) &&
            (!alone || strchr(" \n", text[i + size])))
            return true;
    return false;
}

static char *read_page(void)
{
    const char *source = getenv("ECHO_SOURCE");
    char path[512], *page = calloc(1, 1 << 16);
    FILE *file;

    snprintf(path, sizeof path, "%s/man/echo-endpoint.7", source ? source : ".");
    file = fopen(path, "re");
    if (!file || !page)
        fail_msg("%s: not there", path);
    assert_true(fread(page, 1, (1 << 16) - 1, file) > 1000);
    fclose(file);
    return page;
}

static void manual(void **state)
{
    char *page = read_page();
    size_t reserved_length, canonical_length;
    const char *reserved = section(page, "\n.Ss Reserved", &reserved_length);
    const char *canonical = section(page, "\n.Ss Canonical form", &canonical_length);
    const struct endpoint_scheme *scheme;

    (void)state;
    assert_true(reserved_length && canonical_length);
    for (size_t i = 0; (scheme = endpoint_scheme_at(i)); i++) {
        const char *name = scheme->name;

        if (names(reserved, reserved_length, name, true) != scheme->is_reserved)
            fail_msg("man/echo-endpoint.7: %s: %s under Reserved", name,
                     scheme->is_reserved ? "is missing" : "is a scheme and still stands");
        if (scheme->is_reserved)
            continue;
        if (!names(page, (size_t)(reserved - page), name, false))
            fail_msg("man/echo-endpoint.7: %s: is not explained", name);
        if (!names(canonical, canonical_length, name, false))
            fail_msg("man/echo-endpoint.7: %s: is missing under Canonical form", name);
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes),
        cmocka_unit_test(transports),
        cmocka_unit_test(manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
