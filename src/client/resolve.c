/* SPDX-License-Identifier: ISC */
#include "client/resolve.h"

#include "client/connect.h"
#include "client/output.h"
#include "transport/transport.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One line for people, or one field of the object. */
static void tell(const struct request *request, struct report *report, const char *name,
                 const char *value)
{
    char key[32];

    if (!request->json) {
        output_text("%-15s %s\n", name, value);
        return;
    }
    snprintf(key, sizeof key, "%s", name);
    for (char *space = strchr(key, ' '); space; space = strchr(space, ' '))
        *space = '_';
    report_text(report, key, value);
}

static void tell_truth(const struct request *request, struct report *report, const char *name,
                       bool value)
{
    if (request->json)
        report_truth(report, name, value);
    else
        tell(request, report, name, value ? "yes" : "no");
}

/* The official name of the host, as the name service has it; "" when there is none. */
static void canonical_name(const struct endpoint *endpoint, char *name, size_t size)
{
    struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    *name = '\0';
    if (!(endpoint_traits(endpoint) & ENDPOINT_HAS_HOST) || strcmp(endpoint->name, "*") == 0)
        return;
    if (getaddrinfo(endpoint->name, NULL, &hints, &found) != 0)
        return;
    if (found && found->ai_canonname)
        snprintf(name, size, "%s", found->ai_canonname);
    freeaddrinfo(found);
}

static void tell_owner(const struct request *request, struct report *report,
                       const struct transport_path_state *state)
{
    const struct passwd *user = getpwuid(state->owner);
    const struct group *group = getgrgid(state->group);
    char text[128], mode[16];

    snprintf(mode, sizeof mode, "%04o", (unsigned)state->mode);
    tell(request, report, "mode", mode);
    snprintf(text, sizeof text, "%.40s:%.40s (%u:%u)", user ? user->pw_name : "?",
             group ? group->gr_name : "?", (unsigned)state->owner, (unsigned)state->group);
    tell(request, report, "owner", text);
}

static void tell_path(const struct request *request, struct report *report)
{
    struct transport_path_state state;
    int code = transport_path_state(&request->endpoint, &state);

    tell(request, report, "path", request->endpoint.name);
    if (code < 0 && request->json) {
        report_null(report, "exists");
        return;
    }
    if (code < 0) {
        tell(request, report, "exists", strerror(-code));
        return;
    }
    tell_truth(request, report, "exists", state.exists);
    if (!state.exists)
        return;
    tell_truth(request, report, "socket", state.is_socket);
    tell_owner(request, report, &state);
}

static void tell_answer(const struct request *request, const struct connect_targets *targets,
                        struct report *report)
{
    struct connect_result connected;
    struct reason why;
    char text[sizeof why.text + 32];

    if (connect_again(request, targets, connect_deadline_ns(request, request->connect_timeout_ns),
                      &connected, &why) == 0) {
        connect_close(request, &connected.fd);
        tell_truth(request, report, "answers", true);
        return;
    }
    if (request->json) {
        report_truth(report, "answers", false);
        report_reason(report, "error", &why);
        return;
    }
    snprintf(text, sizeof text, "no, %s: %s", reason_name(why.word), why.text);
    tell(request, report, "answers", text);
}

static int tell_address(const struct request *request, const struct connect_targets *targets,
                        const struct address *address, const char *name, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    struct report report;

    if (request->json)
        output_begin(&report, "address");
    tell(request, &report, "family", address_family_name(address_family(address)));
    tell(request, &report, request->json ? "socket type" : "type",
         address_type_name(address->type));
    tell(request, &report, "protocol", address_protocol_name(address->protocol));
    tell(request, &report, "canonical name", *name ? name : "-");
    tell(request, &report, "socket address", address_format(address, text, sizeof text));
    if (endpoint_path(&request->endpoint))
        tell_path(request, &report);
    if (!(endpoint_traits(&request->endpoint) & ENDPOINT_HAS_HOST))
        tell_answer(request, targets, &report);
    return request->json ? output_print(&report, why) : output_line(why);
}

enum exit_status resolve_run(const struct request *request, struct reason *why)
{
    struct connect_targets targets;
    char name[NI_MAXHOST];

    if (connect_resolve(request, &targets, 0, why) < 0)
        return reason_exit_status(why->word, false);
    canonical_name(&request->endpoint, name, sizeof name);
    for (size_t i = 0; i < targets.count; i++) {
        if (i > 0 && !request->json)
            output_text("\n");
        if (tell_address(request, &targets, &targets.list[i], name, why) < 0)
            return EXIT_LOCAL;
    }
    return EXIT_EXACT;
}
