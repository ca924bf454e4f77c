/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "server/info.h"

#include "base/text.h"
#include "server/connection.h"
#include "server/roster.h"
#include "transport/credentials.h"
#include "transport/transport.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_SIZE = 512 }; /* of a listener, a server, a host, with its end */

struct greeting {
    json_t *object;
    bool failed;
};

/* Takes the value over; NULL: there was no memory for it. */
static void add(struct greeting *line, const char *key, json_t *value)
{
    if (json_object_set_new(line->object, key, value) < 0)
        line->failed = true;
}

/* As the log writes it: printable ASCII, whatever the bytes are. */
static void add_escaped(struct greeting *line, const char *key, const char *name)
{
    char text[4 * NAME_MAX_SIZE];

    text_escape(text, sizeof text, name, strlen(name));
    add(line, key, json_string(text));
}

static void add_address(struct greeting *line, const char *key, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    add(line, key, json_string(address_format(address, text, sizeof text)));
}

/* What this machine is called is nothing for other machines, unless the settings say it. */
static void add_name(struct greeting *line, const struct connection *connection)
{
    const char *name = connection->worker->roster->server_name;
    char host[HOST_NAME_MAX + 1];

    if (*name)
        add_escaped(line, "name", name);
    else if (connection->listener->is_local && gethostname(host, sizeof host) == 0)
        add_escaped(line, "name", host);
}

/* What the connection really speaks: where it fell back, not what the listener offers. */
static void add_addresses(struct greeting *line, int fd)
{
    struct address local, peer;

    if (transport_local_address(fd, &local) < 0)
        return;
    local.protocol = transport_protocol(fd, &local);
    add(line, "transport", json_string(transport_name(&local)));
    add_address(line, "local", &local);
    if (transport_peer_address(fd, &peer) < 0)
        return;
    peer.protocol = local.protocol;
    add_address(line, "peer", &peer);
}

static void add_credentials(struct greeting *line, int fd)
{
    struct credentials who;

    if (credentials_read(fd, &who) < 0)
        return;
    add(line, "uid", json_integer(who.uid));
    add(line, "gid", json_integer(who.gid));
    add(line, "pid", json_integer(who.pid));
}

static void add_tcp(struct greeting *line, int fd)
{
    struct transport_tcp_state state;
    struct greeting tcp = {0};

    if (transport_tcp_state(fd, &state) < 0)
        return;
    tcp.object = json_object();
    add(&tcp, "mss", json_integer(state.mss));
    add(&tcp, "rtt_us", json_integer(state.rtt_us));
    add(&tcp, "retransmits", json_integer(state.retransmits));
    add(line, "tcp", tcp.object);
    add(line, "mptcp", json_boolean(state.is_multipath));
    line->failed |= tcp.failed;
}

/* The object as text, for the caller to free; NULL without memory. What does not apply is absent.
 */
static char *describe(const struct connection *connection)
{
    const struct settings_listener *settings = &connection->listener->settings;
    struct greeting line = {.object = json_object()};
    int fd = connection->stream.fd;
    char *text;

    add(&line, "type", json_string("info"));
    add(&line, "server", json_string(PACKAGE_NAME " " PACKAGE_VERSION));
    add_name(&line, connection);
    add_escaped(&line, "listener", settings->name);
    add_addresses(&line, fd);
    add_credentials(&line, fd);
    add_tcp(&line, fd);
    add(&line, "connection", json_integer((json_int_t)connection->id));
    text = line.failed ? NULL : json_dumps(line.object, JSON_COMPACT);
    json_decref(line.object);
    return text;
}

void info_begin(struct connection *connection)
{
    char *line = describe(connection);
    size_t length;

    if (!line) {
        connection_fail(connection, -ENOMEM);
        return;
    }
    length = strlen(line);
    line[length] = '\n'; /* its length is known */
    stream_greet(&connection->stream, line, length + 1);
    free(line);
    connection_echo(connection);
}
