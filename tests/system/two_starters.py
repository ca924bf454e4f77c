# SPDX-License-Identifier: ISC
"""Two servers that start on one path at the same time: exactly one serves, whatever was there."""

import os
import signal
import socket
import struct
import subprocess
import unittest

import echotest

TURNS = 200


class Starter:
    """A server that may lose."""

    def __init__(self, endpoint):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [echotest.SERVER, "-w", "1", "--ready-fd", str(writer), endpoint],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            pass_fds=[writer])
        os.close(writer)
        self.reader = reader

    def ready(self):
        text = echotest.read_to_end(self.reader)
        os.close(self.reader)
        return text.endswith(b"ready\n")


class TwoStarters(echotest.TestCase):
    def test_exactly_one(self):
        endpoint = "unix:" + self.path()
        for turn in range(TURNS):
            starters = [Starter(endpoint), Starter(endpoint)]
            winners = [starter for starter in starters if starter.ready()]
            self.assertEqual(len(winners), 1, turn)
            with echotest.connect(endpoint) as sock:
                credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                self.assertEqual(struct.unpack("3i", credentials)[0], winners[0].process.pid)
                sock.sendall(b"who?")
                self.assertEqual(echotest.receive_exactly(sock, 4), b"who?")
            for starter in starters:
                # Every other time the path is left behind, dead; else it is free.
                if starter is winners[0]:
                    starter.process.send_signal(signal.SIGTERM if turn % 2 else signal.SIGKILL)
                text = starter.process.communicate(timeout=echotest.PATIENCE)[1].decode()
                if starter is not winners[0]:
                    self.assertEqual(starter.process.returncode, 2, text)
                    self.assertIn("another server, pid %d, answers there" % winners[0].process.pid,
                                  text)
                    self.assertEqual(text.count("\n"), 1, text)
            self.assertEqual(os.path.exists(self.path()), turn % 2 == 0)


if __name__ == "__main__":
    unittest.main()
