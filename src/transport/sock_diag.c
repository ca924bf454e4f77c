/* SPDX-License-Identifier: ISC */
#include "transport/sock_diag.h"

#include "transport/io.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Room for an answer about one socket. */
#define ANSWER_SIZE 1024

union answer {
    struct nlmsghdr header;
    char bytes[ANSWER_SIZE];
};

void sock_diag_init(struct sock_diag *diag)
{
    diag->fd = seam_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
}

void sock_diag_release(struct sock_diag *diag)
{
    io_close(&diag->fd);
}

/* Sends one question; the kernel has answered when send(2) returns. The length of the answer's
 * payload, which begins at NLMSG_DATA, or a negative errno. */
static ssize_t ask(struct sock_diag *diag, struct nlmsghdr *question, size_t length,
                   union answer *answer)
{
    ssize_t count;

    question->nlmsg_len = (uint32_t)length;
    question->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question->nlmsg_flags = NLM_F_REQUEST;
    count = io_send(diag->fd, question, length);
    if (count < 0)
        return count;
    count = io_receive(diag->fd, answer->bytes, sizeof answer->bytes);
    if (count < 0) {
        /* A late answer must not be taken for that to the next question. */
        io_close(&diag->fd);
        sock_diag_init(diag);
        return count;
    }
    if (!NLMSG_OK(&answer->header, (size_t)count) ||
        answer->header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -ENOENT;
    return NLMSG_PAYLOAD(&answer->header, 0);
}

/* About one Unix socket: an attribute of its answer, or a negative errno. */
static int ask_unix(struct sock_diag *diag, ino_t inode, unsigned show, int attribute, void *value,
                    size_t size)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } question = {.request = {.sdiag_family = AF_UNIX,
                              .udiag_states = UINT32_MAX,
                              .udiag_ino = (uint32_t)inode,
                              .udiag_show = show,
                              .udiag_cookie = {UINT32_MAX, UINT32_MAX}}};
    union answer answer;
    ssize_t length = ask(diag, &question.header, sizeof question, &answer);
    const char *next = (char *)NLMSG_DATA(&answer.header) + sizeof(struct unix_diag_msg);

    if (length < 0)
        return (int)length;
    length -= (ssize_t)sizeof(struct unix_diag_msg);
    while (length >= (ssize_t)sizeof(struct nlattr)) {
        struct nlattr head;

        memcpy(&head, next, sizeof head);
        if (head.nla_len < sizeof head || head.nla_len > length)
            break;
        if (head.nla_type == attribute && head.nla_len >= sizeof head + size) {
            memcpy(value, next + sizeof head, size);
            return 0;
        }
        length -= (ssize_t)NLA_ALIGN(head.nla_len);
        next += NLA_ALIGN(head.nla_len);
    }
    return -ENOENT;
}

static ssize_t unread_unix(struct sock_diag *diag, int fd)
{
    struct unix_diag_rqlen queue = {0};
    struct stat own;
    uint32_t peer = 0;
    int status;

    if (fstat(fd, &own) < 0)
        return -errno;
    status = ask_unix(diag, own.st_ino, UDIAG_SHOW_PEER, UNIX_DIAG_PEER, &peer, sizeof peer);
    if (status == 0)
        status = ask_unix(diag, peer, UDIAG_SHOW_RQLEN, UNIX_DIAG_RQLEN, &queue, sizeof queue);
    return status < 0 ? status : (ssize_t)queue.udiag_rqueue;
}

/* Port and address of one end, as sock_diag wants them. */
static void put_end(const struct sockaddr_storage *end, __be16 *port, __be32 address[4])
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;

    if (end->ss_family == AF_INET6) {
        memcpy(&six, end, sizeof six);
        *port = six.sin6_port;
        memcpy(address, &six.sin6_addr, sizeof six.sin6_addr);
    } else {
        memcpy(&four, end, sizeof four);
        *port = four.sin_port;
        memcpy(address, &four.sin_addr, sizeof four.sin_addr);
    }
}

/* The peer is the socket with the same two ends, exchanged. */
static ssize_t unread_inet(struct sock_diag *diag, int fd, const struct sockaddr_storage *own)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {.request = {.sdiag_family = (uint8_t)own->ss_family,
                              .sdiag_protocol = IPPROTO_TCP,
                              .idiag_states = UINT32_MAX,
                              .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}};
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    struct inet_diag_msg *found;
    union answer answer;
    ssize_t length;
    int unsent = 0; /* as valgrind does not know that ioctl fills it */

    /* Without what is sent and not yet acknowledged: the peer has that already, and counts it. */
    if (ioctl(fd, SIOCOUTQNSD, &unsent) < 0)
        return -errno;
    if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
        return -errno;
    put_end(&peer, &question.request.id.idiag_sport, question.request.id.idiag_src);
    put_end(own, &question.request.id.idiag_dport, question.request.id.idiag_dst);
    length = ask(diag, &question.header, sizeof question, &answer);
    if (length < 0)
        return length;
    if (length < (ssize_t)sizeof *found)
        return -ENOENT;
    found = NLMSG_DATA(&answer.header);
    /* For a remote peer the kernel may find a listener of ours with that port instead. */
    if (memcmp(&found->id, &question.request.id, offsetof(struct inet_diag_sockid, idiag_if)) != 0)
        return -ENOENT;
    return unsent + (ssize_t)found->idiag_rqueue;
}

static ssize_t unread_exactly(struct sock_diag *diag, int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;

    if (diag->fd < 0)
        return -ENOTSUP;
    if (getsockname(fd, (struct sockaddr *)&own, &size) < 0)
        return -errno;
    switch (own.ss_family) {
    case AF_UNIX:
        return unread_unix(diag, fd);
    case AF_INET:
    case AF_INET6:
        return unread_inet(diag, fd, &own);
    default:
        return -ENOTSUP;
    }
}

ssize_t sock_diag_unread(struct sock_diag *diag, int fd)
{
    ssize_t unsent = io_unsent(fd);
    ssize_t unread;

    /* Nothing in the own queue is all that a remote peer lets us know, so it is enough here too. */
    if (unsent <= 0)
        return unsent;
    unread = unread_exactly(diag, fd);
    return unread < 0 ? unsent : unread;
}
