# SPDX-License-Identifier: ISC
"""A log that nobody reads, that is full or gone never holds up the service; lines that were lost
are counted."""

import fcntl
import os
import re
import signal
import threading
import time
import unittest

import echotest

F_SETPIPE_SZ = 1031
LINE = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|notice|info|debug) "
                  rb"[a-z-]+( [a-z_-]+=(\"[ -~]*\"|[!-~]*))*")


class LogBlocked(echotest.TestCase):
    def start(self, stderr, name="x" * 511):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; name = "%s"; });\n'
                                  'log = { level = "info"; };\n' % (self.path(), name))
        return self.server("-c", file, stderr=stderr)

    def exchanges(self, server, count=300):
        began = time.monotonic()
        for number in range(count):
            data = echotest.block(1000, seed=number)
            self.assertEqual(echotest.exchange(server.endpoint, data), data)
        return time.monotonic() - began

    def test_pipe_that_nobody_reads(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        os.write(writer, b"#" * 4095 + b"\n")  # full from the start
        server = self.start(writer)
        os.close(writer)
        took = self.exchanges(server)
        print("300 exchanges with a blocked log: %.3f s" % took)
        self.assertLess(took, 30)
        # More than the ring holds, in classes of their own so that no rate limit is in the way.
        for _ in range(300):
            server.send_signal(signal.SIGUSR1)
            self.assertEqual(echotest.exchange(server.endpoint, b"hello"), b"hello")

        data = []
        thread = threading.Thread(target=lambda: data.append(echotest.read_to_end(reader)))
        thread.start()
        server.stop()
        thread.join()
        os.close(reader)
        lines = data[0].split(b"\n")[1:-1]
        for line in lines:
            self.assertTrue(LINE.fullmatch(line), line)
        dropped = re.findall(rb"log-dropped.* lines=(\d+)", data[0])
        self.assertTrue(dropped)
        # What can be known of the number of lines: accepted and closed connections.
        for event in (b"accept", b"closed"):
            written = sum(b" info %s " % event in line and b" id=" in line for line in lines)
            suppressed = sum(map(int, re.findall(rb" %s suppressed=(\d+)" % event, data[0])))
            self.assertLessEqual(written + suppressed, 600)
            self.assertGreaterEqual(written + suppressed + sum(map(int, dropped)), 600)

    def test_stopped_without_a_reader(self):
        """The end does not wait for ever for a log that nobody reads."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        os.write(writer, b"#" * 4096)
        server = self.start(writer)
        os.close(writer)
        self.exchanges(server, 10)
        self.assertEqual(server.stop(), 0)
        os.close(reader)

    def test_syslog(self):
        """Whether somebody takes the log or not, the server serves; when not, it says so once."""
        server = self.server("unix:" + self.path(), "--log-target", "syslog", "-v")
        self.exchanges(server, 10)
        self.assertEqual(server.stop(), 0)
        missing = not os.access("/dev/log", os.W_OK)
        self.assertEqual(server.log().count("warning syslog-missing socket=/dev/log"), missing)
        self.assertEqual(server.log().count("\n"), missing)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            server = self.start(full)
        self.exchanges(server)
        self.assertEqual(server.stop(), 0)

    def test_dead_reader(self):
        reader, writer = os.pipe()
        server = self.start(writer)
        os.close(writer)
        self.exchanges(server, 10)
        os.close(reader)
        self.exchanges(server)
        self.assertEqual(server.stop(), 0)

    def test_disk_that_has_room_again(self):
        """The lines that were lost meanwhile are counted in the first one that is not."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        os.set_blocking(writer, False)  # somebody else has done so: it may fail, not block
        server = self.start(writer)
        os.close(writer)
        self.exchanges(server, 100)
        os.set_blocking(reader, True)
        text = b""
        while b" statistics " not in text:
            server.send_signal(signal.SIGUSR1)
            text += os.read(reader, 65536)
        self.assertEqual(text.split(b"\n")[0].count(b"\0"), 0)
        server.send_signal(signal.SIGTERM)
        text += echotest.read_to_end(reader)
        os.close(reader)
        for line in text.split(b"\n")[:-1]:
            self.assertTrue(LINE.fullmatch(line), line)


if __name__ == "__main__":
    unittest.main()
