# SPDX-License-Identifier: ISC
"""Whatever others put into names, a line of the log is one line of printable ASCII."""

import json
import os
import re
import signal
import socket
import unittest

import echotest

LINE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|notice|info|debug) "
                  r"[a-z-]+( [a-z_-]+=(\"[ -~]*\"|[!-~]*))*")


class LogLines(echotest.TestCase):
    def hostile_names(self):
        """Names that a client of a Unix socket may give itself: all 256 byte values."""
        names = [b"\0" + self.directory.encode() + bytes(range(start, start + 32))
                 for start in range(0, 256, 32)]
        names += [os.path.join(self.directory, "a\nerror forged line\r\x1b[31m").encode()]
        return names

    def hostile_clients(self, endpoint):
        names = self.hostile_names()
        for name in names:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(echotest.PATIENCE)
                sock.bind(name)
                sock.connect(endpoint)
                sock.sendall(b"hello\nworld")
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(echotest.receive_to_end(sock), b"hello\nworld")
        return len(names)

    def test_refused(self):
        """Also those that are refused, whose names the server might want to tell."""
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; });\n'
                                  'limits = { connections = 1; on_full = "close"; };\n'
                          % self.path())
        server = self.server("-c", file)
        kept = self.client(server.endpoint)
        kept.sendall(b"x")
        self.assertEqual(kept.recv(1), b"x")
        names = self.hostile_names()
        for name in names:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(echotest.PATIENCE)
                sock.bind(name)
                sock.connect(self.path())
                self.assertEqual(sock.recv(1), b"")
        kept.close()
        self.assertEqual(server.stop(), 0)
        lines = server.log().split("\n")[:-1]
        refused = [line for line in lines if " refused " in line]
        self.assertEqual(len(refused), len(names))
        for line in refused:
            self.assertRegex(line, "peer=uid:%d,gid:%d,pid:%d reason=over-limit$"
                             % (os.getuid(), os.getgid(), os.getpid()))
        for line in lines:
            self.assertTrue(LINE.fullmatch(line), line)

    def start(self, log_format):
        """Listeners whose names have every byte that a path, and that an abstract name can have."""
        path = os.path.join(self.directory.encode(), bytes(range(0x80, 0x100, 2)) + b" = \" \\")
        listeners = ['{ endpoint = "unix:%s"; }' % "".join("\\x%02x" % byte for byte in path)]
        for start in range(0, 256, 64):
            listeners.append('{ endpoint = "unix:@%s%s"; }' % (
                self.directory,
                "".join("\\\\x%02x" % byte for byte in range(start, start + 64))))
        file = self.write("conf", 'listeners = (%s);\nlog = { level = "info"; format = "%s"; };\n'
                          % (",\n".join(listeners), log_format))
        server = self.server("-c", file)
        for start in range(0, 256, 64):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(b"\0" + self.directory.encode() + bytes(range(start, start + 64)))
                sock.sendall(b"x")
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(echotest.receive_to_end(sock), b"x")
        return server, self.hostile_clients(path)

    def test_text(self):
        server, count = self.start("text")
        server.send_signal(signal.SIGUSR1)
        server.wait_log("statistics listener=total")
        self.assertEqual(server.stop(), 0)
        lines = server.log().split("\n")
        self.assertEqual(lines.pop(), "")
        for line in lines:
            self.assertTrue(LINE.fullmatch(line), line)
        for event in (" accept ", " closed "):
            self.assertEqual(sum(event in line for line in lines), count + 4, event)
        self.assertNotIn("hello", server.log())
        self.assertEqual(len([line for line in lines if " error " in line]), 0)

    def test_json(self):
        server, count = self.start("json")
        server.send_signal(signal.SIGUSR1)
        server.wait_log('"listener":"total"')
        self.assertEqual(server.stop(), 0)
        lines = server.log().split("\n")
        self.assertEqual(lines.pop(), "")
        self.assertTrue(server.log().replace("\n", "").isprintable())
        self.assertTrue(server.log().isascii())
        records = [json.loads(line) for line in lines]
        self.assertTrue(all(isinstance(record, dict) for record in records))
        closed = [record for record in records if record["event"] == "closed"]
        self.assertEqual(len(closed), count + 4)
        for record in closed:
            self.assertIn((record["received"], record["returned"]), ((11, 11), (1, 1)))
            self.assertEqual(record["reason"], "client-closed")
            self.assertGreater(record["duration_ns"], 0)
        total = [record for record in records if record.get("listener") == "total"][0]
        self.assertEqual((total["accepted"], total["received"]), (count + 4, 11 * count + 4))


if __name__ == "__main__":
    unittest.main()
