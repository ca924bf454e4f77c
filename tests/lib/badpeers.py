# SPDX-License-Identifier: ISC
"""Servers that are nearly echo servers, each wrong in one way, and two odd ones that are right.

    with badpeers.serve("drops-a-byte", path) as peer:   # a Unix socket; TCP without a path
        ... peer.endpoint ...
"""

import contextlib
import os
import socket
import struct
import threading

PLACE = 5  # offset in the stream at which something is done to it


def send_rest(conn, data):
    try:
        conn.sendall(data)
    except OSError:
        pass  # the client has seen enough


def chunks(conn):
    """What comes, until the client's end."""
    while True:
        try:
            data = conn.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def altered(conn, change):
    """Echoes the stream with one change at PLACE."""
    offset = 0
    for data in chunks(conn):
        at = PLACE - offset
        offset += len(data)
        send_rest(conn, change(data, at) if 0 <= at < len(data) else data)


def exact(conn):
    altered(conn, lambda data, at: data)


def drops_a_byte(conn):
    altered(conn, lambda data, at: data[:at] + data[at + 1:])


def doubles_a_byte(conn):
    altered(conn, lambda data, at: data[:at + 1] + data[at:])


def changes_a_byte(conn):
    altered(conn, lambda data, at: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])


def reorders_blocks(conn):
    altered(conn, lambda data, at: data[8:16] + data[:8] + data[16:])


def cuts_the_tail(conn):
    """Holds the last three bytes back until more come; at the client's end they are gone."""
    held = b""
    for data in chunks(conn):
        data = held + data
        held = data[-3:]
        send_rest(conn, data[:-3])


def answers_late(conn):
    pause = threading.Event()
    for data in chunks(conn):
        pause.wait(0.4)
        send_rest(conn, data)


def answers_twice(conn):
    for data in chunks(conn):
        send_rest(conn, data + data)


def resets(conn):
    """Echoes five bytes, then breaks the connection with the rest unread."""
    data = conn.recv(PLACE)
    send_rest(conn, data)
    conn.recv(1)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def never_answers(conn):
    for _ in chunks(conn):
        pass


def adds_a_banner(conn):
    send_rest(conn, b"Welcome to the echo service\r\n")
    exact(conn)


def closes_at_once(conn):
    conn.shutdown(socket.SHUT_WR)
    for _ in chunks(conn):
        pass


def sends_escapes(conn):
    for data in chunks(conn):
        send_rest(conn, b"\x1b]0;mine\x07\x1b[2J" + data)


def never_stops(conn):
    for data in chunks(conn):
        try:
            conn.sendall(data)
            while True:
                conn.sendall(bytes(65536))
        except OSError:
            return


def ignores_the_end(conn):
    """Echoes, but keeps its side open after the client's end."""
    exact(conn)
    conn.peer.stopped.wait()


def one_byte_pieces(conn):
    for data in chunks(conn):
        for i in range(len(data)):
            send_rest(conn, data[i:i + 1])


def answers_at_the_end(conn):
    send_rest(conn, b"".join(chunks(conn)))


def loses_urgent_data(conn):
    exact(conn)


loses_urgent_data.urgent_inline = False


def closes_when_idle(conn):
    conn.settimeout(0.15)
    exact(conn)


# Servers that lie to a load generator whose messages are of MESSAGE bytes. What they know of all
# their connections is in conn.peer.

MESSAGE = 64
HONEST_BYTES = 8 * MESSAGE  # of all connections, for those that lie late


def remembered(conn, stream):
    """The chunks, each after it was added to this connection's part of the peer's memory."""
    for data in chunks(conn):
        with conn.peer.lock:
            if not stream:
                conn.peer.streams.append(stream)
            stream += data
        yield data


def echoes_another_run(conn):
    """While peer.lying is set, what the connections sent before it was."""
    lying, offset, stream = conn.peer.lying, 0, bytearray()
    for data in chunks(conn) if lying else remembered(conn, stream):
        if lying:
            old = conn.peer.streams[0]
            data = (old * (len(data) // len(old) + 2))[offset % len(old):][:len(data)]
        offset += len(data)
        send_rest(conn, data)


def echoes_the_previous_connection(conn):
    """What the connection before this one sent at the same place, if that was so much."""
    previous, stream = None, bytearray()
    for data in remembered(conn, stream):
        with conn.peer.lock:
            if previous is None:
                earlier = [other for other in conn.peer.streams if other is not stream]
                previous = bytes(earlier[-1]) if earlier else b""
        start = len(stream) - len(data)
        old = previous[start:len(stream)]
        send_rest(conn, old if len(old) == len(data) else data)


def echoes_another_connection(conn):
    """What another open connection sent last, if there is one that did."""
    for data in chunks(conn):
        with conn.peer.lock:
            others = [last for other, last in conn.peer.last.items() if other is not conn]
            conn.peer.last[conn] = data
        send_rest(conn, (others[-1] * len(data))[:len(data)] if others else data)
    with conn.peer.lock:
        conn.peer.last.pop(conn, None)


def counted(conn):
    """The chunks, each with its place in what all connections sent together."""
    for data in chunks(conn):
        with conn.peer.lock:
            start = conn.peer.total
            conn.peer.total += len(data)
        yield start, data


def corrupts_under_load(conn):
    for start, data in counted(conn):
        send_rest(conn, data if start < HONEST_BYTES else data[:-1] + bytes([data[-1] ^ 1]))


def corrupts_the_last_message(conn):
    """The last byte of the first HONEST_BYTES."""
    for start, data in counted(conn):
        at = HONEST_BYTES - 1 - start
        if 0 <= at < len(data):
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
        send_rest(conn, data)


def adds_a_byte_at_the_end(conn):
    exact(conn)
    send_rest(conn, b"!")


def adds_an_urgent_byte(conn):
    for data in chunks(conn):
        send_rest(conn, data)
        with contextlib.suppress(OSError):
            conn.send(b"!", socket.MSG_OOB)


def adds_a_byte_at_the_start(conn):
    send_rest(conn, b"!")
    exact(conn)


def resets_after_each_answer(conn):
    send_rest(conn, conn.recv(65536))
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def doubles_a_message(conn):
    first = True
    for data in chunks(conn):
        send_rest(conn, data + data[-MESSAGE:] if first else data)
        first = False


def swaps_two_messages(conn):
    """The first two: it waits for the second."""
    held = b""
    for data in chunks(conn):
        if held is not None:
            held += data
            if len(held) < 2 * MESSAGE:
                continue
            data, held = held[MESSAGE:2 * MESSAGE] + held[:MESSAGE] + held[2 * MESSAGE:], None
        send_rest(conn, data)


BEHAVIOURS = {function.__name__.replace("_", "-"): function for function in (
    exact, drops_a_byte, doubles_a_byte, changes_a_byte, reorders_blocks, cuts_the_tail,
    answers_late, answers_twice, resets, never_answers, adds_a_banner, closes_at_once,
    sends_escapes, never_stops, ignores_the_end, one_byte_pieces, answers_at_the_end,
    loses_urgent_data, closes_when_idle, echoes_another_run, echoes_the_previous_connection,
    echoes_another_connection, corrupts_under_load, corrupts_the_last_message,
    adds_a_byte_at_the_end, adds_an_urgent_byte, adds_a_byte_at_the_start,
    resets_after_each_answer, doubles_a_message, swaps_two_messages)}


class Connection:
    """A socket that knows its server."""

    def __init__(self, sock, peer):
        self.sock = sock
        self.peer = peer

    def __getattr__(self, name):
        return getattr(self.sock, name)


class Peer:
    def __init__(self, behaviour, path=None):
        self.behaviour = behaviour if callable(behaviour) else BEHAVIOURS[behaviour]
        self.stopped = threading.Event()
        self.connections = 0
        self.lock = threading.Lock()
        self.lying = False
        self.streams = []  # what each connection has sent, where a behaviour remembers it
        self.last = {}
        self.total = 0
        self.open = []
        self.threads = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(path)
            self.endpoint = "unix:" + path
        else:
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.listener.bind(("127.0.0.1", 0))
            self.endpoint = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.path = path
        self.listener.listen(128)
        self.accepting = threading.Thread(target=self.accept)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if getattr(self.behaviour, "urgent_inline", True):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
            self.open.append(sock)
            thread = threading.Thread(target=self.serve, args=(Connection(sock, self),))
            self.threads.append(thread)
            thread.start()

    def serve(self, conn):
        with conn.sock:
            self.behaviour(conn)

    def stop(self):
        self.stopped.set()
        # close(2) alone does not wake a thread in accept(2).
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        for sock in self.open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        if self.path:
            os.unlink(self.path)


@contextlib.contextmanager
def serve(behaviour, path=None):
    peer = Peer(behaviour, path)
    try:
        yield peer
    finally:
        peer.stop()
