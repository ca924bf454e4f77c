/* SPDX-License-Identifier: ISC */
#include "client/services.h"

#include "base/text.h"
#include "client/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"

/* The names of services (/etc/services), sorted by port and protocol. */
struct services_entry {
    unsigned port;
    char *protocol, *name;
    char **aliases; /* ends with NULL */
};
struct services_list {
    struct services_entry *entries;
    size_t count;
};

static void entry_release(struct services_entry *service)
{
    for (char **alias = service->aliases; alias && *alias; alias++)
        free(*alias);
    free(service->aliases);
    free(service->protocol);
    free(service->name);
}

static void list_release(struct services_list *services)
{
    for (size_t i = 0; i < services->count; i++)
        entry_release(&services->entries[i]);
    free(services->entries);
    *services = (struct services_list){NULL, 0};
}

/* One line of services(5): "discard 9/tcp sink null # comment". -1 when the memory is out. */
static int list_add(struct services_list *services, char *line)
{
    struct services_entry *entries, service = {0};
    char *rest, *name, *port, *alias;
    size_t slash, most = strlen(line) / 2, count = 0;
    uint64_t number;

    line[strcspn(line, "#\n")] = '\0';
    name = strtok_r(line, BLANKS, &rest);
    port = name ? strtok_r(NULL, BLANKS, &rest) : NULL;
    slash = port ? strcspn(port, "/") : 0;
    if (!port || !port[slash])
        return 0;
    port[slash] = '\0';
    if (text_number(port, 0, 65535, &number, NULL) < 0)
        return 0;
    entries = reallocarray(services->entries, services->count + 1, sizeof *services->entries);
    if (!entries)
        return -1;
    services->entries = entries;
    service.port = (unsigned)number;
    service.protocol = strdup(port + slash + 1);
    service.name = strdup(name);
    /* Each alias takes a letter and a blank, and so did the name and the port. */
    service.aliases = calloc(most, sizeof *service.aliases);
    entries[services->count++] = service;
    if (!service.protocol || !service.name || !service.aliases)
        return -1;
    while ((alias = strtok_r(NULL, BLANKS, &rest))) {
        service.aliases[count] = strdup(alias);
        if (!service.aliases[count++])
            return -1;
    }
    return 0;
}

static int by_port(const void *a, const void *b)
{
    const struct services_entry *one = a, *two = b;

    if (one->port != two->port)
        return one->port < two->port ? -1 : 1;
    return strcmp(one->protocol, two->protocol);
}

/* SERVICE when there is no database. The caller releases what was loaded. */
static int list_load(struct services_list *services, struct reason *why)
{
    /* Not getservent(3), which knows nothing in some libraries. */
    FILE *file = fopen("/etc/services", "re");
    char *line = NULL;
    size_t size = 0;
    int status = 0;

    while (file && status == 0 && getline(&line, &size, file) > 0)
        status = list_add(services, line);
    free(line);
    if (file)
        fclose(file);
    if (status < 0) {
        list_release(services);
        return reason_errno(why, ENOMEM, "list of services");
    }
    if (services->count == 0)
        return reason_set(
            why, REASON_SERVICE, 0,
            "this system knows no services by name: /etc/services is missing or empty "
            "(Debian: package netbase)");
    qsort(services->entries, services->count, sizeof *services->entries, by_port);
    return 0;
}

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

static bool is_called(const struct services_entry *service, const char *name)
{
    if (strcmp(service->name, name) == 0)
        return true;
    for (char *const *alias = service->aliases; *alias; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

static bool matches(const struct query *query, const struct services_entry *service)
{
    if (query->name)
        return is_called(service, query->name);
    return service->port >= query->low && service->port <= query->high;
}

static int print_service(const struct request *request, const struct services_entry *service,
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
                  const struct services_list *services, struct reason *why)
{
    char copy[64];
    size_t found = 0;

    for (size_t i = 0; i < services->count; i++) {
        if (!matches(query, &services->entries[i]))
            continue;
        found++;
        if (print_service(request, &services->entries[i], why) < 0)
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
    struct services_list services = {NULL, 0};
    struct query query;
    int status = 0;

    /* All operands are checked before the first is answered. */
    for (size_t i = 0; i < count; i++)
        if (parse_query(&query, operands[i], why) < 0)
            return EXIT_LOCAL;
    if (list_load(&services, why) < 0)
        return reason_exit_status(why->word, false);
    for (size_t i = 0; i < count && status == 0; i++)
        status = parse_query(&query, operands[i], why) < 0
                     ? -1
                     : answer(request, &query, &services, why);
    list_release(&services);
    return status < 0 ? reason_exit_status(why->word, false) : EXIT_EXACT;
}
