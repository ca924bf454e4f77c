# SPDX-License-Identifier: ISC
"""Clients that are refused by the thousand write no more lines than the limit, and all are counted."""

import re
import socket
import time
import unittest

import echotest

COUNT = 5000
RATE, BURST = 20, 100  # lines a second and class, after so many at once


class LogFlood(echotest.TestCase):
    def test_refused(self):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; });\n'
                                  'limits = { per_user = 1; };\n' % self.path())
        server = self.server("-c", file)
        kept = self.client(server.endpoint)
        kept.sendall(b"x")
        self.assertEqual(kept.recv(1), b"x")
        began = time.monotonic()
        for _ in range(COUNT):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(echotest.PATIENCE)
                sock.connect(self.path())
                self.assertEqual(sock.recv(1), b"")
        took = time.monotonic() - began
        kept.sendall(b"y")
        self.assertEqual(kept.recv(1), b"y")
        kept.close()
        self.assertEqual(server.stop(), 0)
        lines = re.findall(" warning refused .*reason=over-limit", server.log())
        suppressed = sum(map(int, re.findall("refused suppressed=([0-9]+)", server.log())))
        print("%d refused clients in %.1f s: %d lines" % (COUNT, took, len(lines)))
        self.assertEqual(len(lines) + suppressed, COUNT)
        self.assertLessEqual(len(lines), BURST + RATE * took + 1)


if __name__ == "__main__":
    unittest.main()
