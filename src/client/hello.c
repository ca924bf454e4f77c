/* SPDX-License-Identifier: ISC */
#include "client/hello.h"

#include "client/connect.h"
#include "client/exchange.h"

static int say_hello(const struct request *request, const struct connect_result *connected,
                     void *context, struct reason *why)
{
    static const unsigned char byte[] = {'\n'};
    struct exchange exchange;
    struct compare compare;
    unsigned char window[1];

    (void)context;
    compare_init_window(&compare, window, sizeof window);
    exchange_init(&exchange, connected->fd, &compare, &request->trace, request->timeout_ns);
    exchange.first = connected->first;
    exchange.end_ns = request->end_ns;
    exchange.planned = exchange.pending_length = sizeof byte;
    exchange.pending = byte;
    exchange.exhausted = true;
    if (exchange_run(&exchange, EXCHANGE_ECHOED, why) == 0)
        return exchange_finish(&exchange, why);
    return exchange.received == 0 && connect_waits(request, why) ? CONNECT_AGAIN : -1;
}

enum exit_status hello_run(const struct request *request, struct reason *why)
{
    /* A peer that is no echo server is there as soon as it accepts. */
    if (!request->wait_until_ns || !request->compare)
        return EXIT_EXACT;
    return connect_work(request, say_hello, NULL, why);
}
