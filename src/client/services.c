/* SPDX-License-Identifier: ISC */
#include "client/services.h"

#include "base/text.h"
#include "client/output.h"
#include "client/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What one operand asks for: a range of ports, or a name. */
struct query {
    const char *text;
    const char *name; /* NULL: low to high */
    uint64_t low, high;
};

static int parse_port(const char *text, uint64_t *port, const char *whole, struct reason *why)
{
    char copy[64];

    if (text_number(text, 0, 65535, port, NULL) == 0)
        return 0;
    text_escape(copy, sizeof copy, whole, strlen(whole));
    return reason_set(why, REASON_USAGE, 0, "%s: a port is a plain decimal number from 0 to 65535",
                      copy);
}

static int parse_range(struct query *query, const char *dash, struct reason *why)
{
    char low[32];

    snprintf(low, sizeof low, "%.*s", (int)(dash - query->text), query->text);
    if (parse_port(low, &query->low, query->text, why) < 0 ||
        parse_port(dash + 1, &query->high, query->text, why) < 0)
        return -1;
    if (query->low > query->high)
        return reason_set(why, REASON_USAGE, 0,
                          "%s: the first port of a range is the lower one: write %" PRIu64
                          "-%" PRIu64,
                          query->text, query->high, query->low);
    return 0;
}

/* Names of services may begin with a digit ("3com-tsmux") and contain a dash: what looks like
 * numbers is taken for numbers. */
static int parse_query(struct query *query, const char *text, struct reason *why)
{
    const char *dash = strchr(text, '-');

    *query = (struct query){.text = text};
    if (!*text || strspn(text, "0123456789-+. ") != strlen(text)) {
        query->name = text;
        return *text ? 0 : reason_set(why, REASON_USAGE, 0, "an empty name of a service");
    }
    if (dash)
        return parse_range(query, dash, why);
    if (parse_port(text, &query->low, text, why) < 0)
        return -1;
    query->high = query->low;
    return 0;
}

static bool is_called(const struct resolve_service *service, const char *name)
{
    if (strcmp(service->name, name) == 0)
        return true;
    for (char *const *alias = service->aliases; *alias; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

static bool matches(const struct query *query, const struct resolve_service *service)
{
    if (query->name)
        return is_called(service, query->name);
    return service->port >= query->low && service->port <= query->high;
}

static int print_service(const struct request *request, const struct resolve_service *service,
                         struct reason *why)
{
    struct report report;

    if (!request->json) {
        output_text("%-5u %-4s %s", service->port, service->protocol, service->name);
        for (char *const *alias = service->aliases; *alias; alias++)
            output_text(" %s", *alias);
        output_text("\n");
        return 0;
    }
    output_begin(&report, "service");
    report_number(&report, "port", service->port);
    report_text(&report, "protocol", service->protocol);
    report_text(&report, "name", service->name);
    report_list(&report, "aliases");
    for (char *const *alias = service->aliases; *alias; alias++)
        report_text(&report, NULL, *alias);
    report_end(&report);
    return output_print(&report, why);
}

static int answer(const struct request *request, const struct query *query,
                  const struct resolve_services *services, struct reason *why)
{
    char copy[64];
    size_t found = 0;

    for (size_t i = 0; i < services->count; i++) {
        if (!matches(query, &services->list[i]))
            continue;
        found++;
        if (print_service(request, &services->list[i], why) < 0)
            return -1;
    }
    if (found || (!query->name && query->low < query->high))
        return 0;
    text_escape(copy, sizeof copy, query->text, strlen(query->text));
    return reason_set(why, REASON_SERVICE, 0,
                      query->name ? "no service is called \"%s\" (/etc/services)"
                                  : "port %s has no name (/etc/services)",
                      copy);
}

enum exit_status services_run(const struct request *request, struct reason *why)
{
    static char default_range[] = "0-1023";
    static char *const default_operand = default_range;
    char *const *operands = request->operand_count ? request->operands : &default_operand;
    size_t count = request->operand_count ? request->operand_count : 1;
    struct resolve_services services = {NULL, 0};
    struct query query;
    int status = 0;

    /* All operands are checked before the first is answered. */
    for (size_t i = 0; i < count; i++)
        if (parse_query(&query, operands[i], why) < 0)
            return EXIT_LOCAL;
    if (resolve_services_load(&services, why) < 0)
        return reason_exit_status(why->word, false);
    for (size_t i = 0; i < count && status == 0; i++)
        status = parse_query(&query, operands[i], why) < 0
                     ? -1
                     : answer(request, &query, &services, why);
    resolve_services_release(&services);
    return status < 0 ? reason_exit_status(why->word, false) : EXIT_EXACT;
}
