# SPDX-License-Identifier: ISC
"""A verified load in a process of its own: streams that stay open and clients that come and go.

Every byte that comes back is compared. What went wrong is counted by kind, so that a test can say
which kinds are allowed: after a drain began a new client may be refused, nobody may be cut short.
"""

import collections
import errno
import multiprocessing
import os
import random
import select
import socket
import time

import echotest

RING = random.Random(7).randbytes(1 << 18)
RING2 = RING + RING
TURN = 0.01  # seconds between two looks at the clock


class Client:
    """One connection: how much it has sent and had back of its own piece of the ring."""

    def __init__(self, sock, phase, streaming):
        self.sock = sock
        self.phase = phase
        self.streaming = streaming
        self.goal = 0  # bytes to be sent so far
        self.sent = self.received = 0
        self.ending = self.half_closed = False
        self.due = 0.0  # when a stream sends its next piece

    def piece(self, offset, length):
        start = (self.phase + offset) % len(RING)
        return RING2[start:start + min(length, len(RING))]


class Worker:
    """The child process."""

    def __init__(self, endpoints, streams, rate, size, pipe, seed, pause):
        self.targets = [address_of(endpoint) for endpoint in endpoints]
        self.streams = streams
        self.rate = rate
        self.size = size
        self.pause = pause
        self.pipe = pipe
        self.random = random.Random(seed)
        self.poll = select.epoll()
        self.clients = {}
        self.counts = collections.Counter()
        self.next_target = 0
        self.ending = False
        self.ready_told = False
        self.warm = 0

    def connect(self, streaming):
        family, peer = self.targets[self.next_target % len(self.targets)]
        self.next_target += 1
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        code = sock.connect_ex(peer)
        if code not in (0, errno.EINPROGRESS):
            self.counts["connect:" + errno.errorcode[code]] += 1
            sock.close()
            return
        client = Client(sock, self.random.randrange(len(RING)), streaming)
        client.goal = self.random.randint(*self.size)
        client.ending = not streaming
        self.clients[sock.fileno()] = client
        self.poll.register(sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def drop(self, client, word=None):
        fd = client.sock.fileno()
        self.poll.unregister(fd)
        del self.clients[fd]
        client.sock.close()
        if word:
            # A client of TCP that no byte came back to may have been in the queue only.
            family = "unix" if client.sock.family == socket.AF_UNIX else "tcp"
            self.counts["%s:%s%s" % (word, family, "" if client.received else ":untouched")] += 1

    def send(self, client):
        while client.sent < client.goal:
            try:
                client.sent += client.sock.send(
                    client.piece(client.sent, client.goal - client.sent), socket.MSG_NOSIGNAL)
            except BlockingIOError:
                self.poll.modify(client.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
                return
        if client.ending and not client.half_closed:
            client.sock.shutdown(socket.SHUT_WR)
            client.half_closed = True
        self.poll.modify(client.sock.fileno(), select.EPOLLIN)

    def receive(self, client):
        data = client.sock.recv(1 << 18)
        if not data:
            whole = client.half_closed and client.received == client.sent == client.goal
            self.counts["exact" if whole else "short"] += 1
            self.drop(client, None if whole else "cut")
            return
        if data != client.piece(client.received, len(data)):
            self.drop(client, "wrong")
            return
        self.warm += client.streaming and client.received == 0
        client.received += len(data)

    def turn(self, client, events):
        try:
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self.receive(client)
            if events & select.EPOLLOUT and client.sock.fileno() >= 0:
                self.send(client)
        except BlockingIOError:
            pass
        except OSError as error:
            self.drop(client, errno.errorcode[error.errno])

    def begin_to_end(self):
        self.ending = True
        for client in list(self.clients.values()):
            client.ending = True
            if client.streaming:
                client.goal = client.sent
            self.turn(client, select.EPOLLOUT)

    def feed(self):
        """The streams that have had everything back send the next piece, after their pause."""
        now = time.monotonic()
        for client in list(self.clients.values()):
            if not client.streaming or client.ending or client.received < client.goal:
                continue
            if client.due == 0.0:
                client.due = now + self.random.random() * self.pause
            if now >= client.due:
                client.due = 0.0
                client.goal += self.random.randint(*self.size)
                self.counts["messages"] += 1
                self.turn(client, select.EPOLLOUT)

    def run(self):
        self.poll.register(self.pipe.fileno(), select.EPOLLIN)
        for _ in range(self.streams):
            self.connect(True)
        last, due = time.monotonic(), 0.0
        deadline = None
        while True:
            for fd, events in self.poll.poll(TURN, 512):
                if fd == self.pipe.fileno():
                    self.pipe.recv()
                    self.begin_to_end()
                    deadline = time.monotonic() + echotest.PATIENCE
                elif fd in self.clients:
                    self.turn(self.clients[fd], events)
            now = time.monotonic()
            if self.ending:
                if not self.clients:
                    break
                if now > deadline:
                    self.counts["unfinished"] = len(self.clients)
                    break
                continue
            if now - last >= TURN:
                due = min(due + self.rate * (now - last), 50)
                last = now
                while due >= 1:
                    self.connect(False)
                    self.counts["connects"] += 1
                    due -= 1
                self.feed()
            if not self.ready_told and self.warm == self.streams and self.counts["exact"] >= min(
                    1, self.rate):
                self.ready_told = True
                self.pipe.send("ready")
        self.pipe.send(dict(self.counts))


def address_of(endpoint):
    with echotest.connect(endpoint) as sock:
        return sock.family, sock.getpeername()


class Load:
    """Starts the load and waits until every stream has had something back. pause: seconds that a
    stream is silent at most after each of its echoes."""

    def __init__(self, endpoints, streams=20, rate=200, size=(1, 20000), seed=1, pause=0):
        self.pipe, far = multiprocessing.Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            # So that the end of the test, however it comes, ends this process too: recv fails.
            self.pipe.close()
            status = 1
            try:
                Worker(endpoints, streams, rate, size, far, seed, pause).run()
                status = 0
            finally:
                os._exit(status)
        far.close()
        self.told()

    def told(self):
        if not self.pipe.poll(echotest.PATIENCE):
            raise AssertionError("the load does not answer")
        return self.pipe.recv()

    def end(self):
        """All clients half-close and read to the end. Does not wait."""
        self.pipe.send("end")

    def result(self):
        """Waits for the end; the counts by kind. What is there but exact, messages, connects went
        wrong."""
        counts = self.told()
        os.waitpid(self.pid, 0)
        self.pipe.close()
        return counts
