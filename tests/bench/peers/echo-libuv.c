/* SPDX-License-Identifier: ISC */
/* libuv's way to echo: a write request with the bytes for each read. usage: unix /path | tcp
 * ADDRESS:PORT */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static int is_unix;
static char buffer[65536];

struct answer {
    uv_write_t request;
    char bytes[];
};

static void lend(uv_handle_t *handle, size_t wish, uv_buf_t *lent)
{
    (void)handle;
    (void)wish;
    *lent = uv_buf_init(buffer, sizeof buffer);
}

static void closed(uv_handle_t *handle)
{
    free(handle);
}

static void written(uv_write_t *request, int status)
{
    if (status < 0 && !uv_is_closing((uv_handle_t *)request->handle))
        uv_close((uv_handle_t *)request->handle, closed);
    free(request);
}

static void came(uv_stream_t *stream, ssize_t count, const uv_buf_t *lent)
{
    struct answer *answer;
    uv_buf_t bytes;

    if (count < 0) {
        uv_close((uv_handle_t *)stream, closed);
        return;
    }
    answer = malloc(sizeof *answer + (size_t)count);
    memcpy(answer->bytes, lent->base, (size_t)count);
    bytes = uv_buf_init(answer->bytes, (unsigned)count);
    uv_write(&answer->request, stream, &bytes, 1, written);
}

static void connected(uv_stream_t *listener, int status)
{
    uv_stream_t *stream;

    if (status < 0)
        return;
    if (is_unix) {
        stream = malloc(sizeof(uv_pipe_t));
        uv_pipe_init(listener->loop, (uv_pipe_t *)stream, 0);
    } else {
        stream = malloc(sizeof(uv_tcp_t));
        uv_tcp_init(listener->loop, (uv_tcp_t *)stream);
        uv_tcp_nodelay((uv_tcp_t *)stream, 1);
    }
    uv_accept(listener, stream);
    uv_read_start(stream, lend, came);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in address;
    uv_pipe_t local;
    uv_tcp_t remote;
    char *port;

    if (argc != 3)
        errx(2, "usage: unix /path | tcp ADDRESS:PORT");
    is_unix = strcmp(argv[1], "unix") == 0;
    if (is_unix) {
        uv_pipe_init(loop, &local, 0);
        if (uv_pipe_bind(&local, argv[2]) < 0)
            errx(2, "%s", argv[2]);
    } else {
        port = strchr(argv[2], ':');
        if (!port)
            errx(2, "%s", argv[2]);
        *port++ = 0;
        uv_ip4_addr(argv[2], atoi(port), &address);
        uv_tcp_init(loop, &remote);
        if (uv_tcp_bind(&remote, (struct sockaddr *)&address, 0) < 0)
            errx(2, "%s", argv[2]);
    }
    if (uv_listen(is_unix ? (uv_stream_t *)&local : (uv_stream_t *)&remote, 4096, connected) < 0)
        errx(2, "listen");
    return uv_run(loop, UV_RUN_DEFAULT);
}
