# SPDX-License-Identifier: ISC
"""SIGUSR1: the numbers of a known traffic are exactly right, per listener and in total."""

import contextlib
import os
import re
import signal
import socket
import struct
import unittest

import echotest


class Statistics(echotest.TestCase):
    def start(self, more=""):
        self.records = 0
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; name = "one"; }, '
                                  '{ endpoint = "127.0.0.1:0"; name = "two"; });\n%s'
                          % (self.path(), more))
        self.served = self.server("-c", file)
        return self.served

    def ask(self):
        """The numbers by listener."""
        self.served.send_signal(signal.SIGUSR1)
        self.records += 1
        self.served.wait_log("statistics listener=total .*\n", self.records)
        record = self.served.log().split("statistics listener=total")[self.records - 1]
        record += "statistics listener=total" + self.served.log().split(
            "statistics listener=total")[self.records].split("\n")[0]
        return {name: {word: int(number) for word, number in re.findall(r"([a-z-]+)=(\d+)", rest)}
                for name, rest in re.findall(r"statistics listener=(\w+) ([^\n]*)", record)}

    def settle(self, **wanted):
        """Asks until the total says so; a close takes a moment."""
        return echotest.wait_for(
            lambda: (numbers := self.ask()) and
            all(numbers["total"][word] == value for word, value in wanted.items()) and numbers,
            self.served.log)

    def check(self, numbers, **wanted):
        """Every word that is not named is 0."""
        for word, value in numbers.items():
            self.assertEqual(value, wanted.get(word.replace("-", "_"), 0), (word, numbers))
        self.assertLessEqual({word.replace("_", "-") for word in wanted}, set(numbers))

    def test_exact_numbers(self):
        self.start()
        one, two = self.served.endpoints
        for name in ("one", "two", "total"):
            self.check(self.ask()[name])
        for _ in range(20):
            self.assertEqual(len(echotest.exchange(one, bytes(1000))), 1000)
        live = [self.client(endpoint) for endpoint in (one, two, two)]
        for client in live:
            client.sendall(bytes(500))
            echotest.receive_exactly(client, 500)
        for _ in range(5):
            with echotest.connect(two) as client:
                client.sendall(b"x")
                client.recv(1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        numbers = self.settle(active=3)
        self.check(numbers["one"], accepted=21, active=1, received=20500, returned=20500,
                   half_closes=20)
        self.check(numbers["two"], accepted=7, active=2, received=1005, returned=1005, resets=5)
        self.check(numbers["total"], accepted=28, active=3, received=21505, returned=21505,
                   half_closes=20, resets=5)
        # A half-close counts when it is seen, and asking changes nothing.
        live[0].shutdown(socket.SHUT_WR)
        self.assertEqual(live[0].recv(1), b"")
        self.settle(active=2)
        self.check(self.ask()["one"], accepted=21, received=20500, returned=20500, half_closes=21)

    def test_asked_at_the_end(self):
        """Who asks again within a second waits for it, but the end comes first."""
        self.start()
        client = self.client(self.served.endpoint)
        self.ask()
        client.sendall(b"hello")
        self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        self.served.send_signal(signal.SIGUSR1)
        client.close()
        self.assertEqual(self.served.stop(), 0)
        self.assertEqual(re.findall(r"listener=total accepted=(\d+) .* returned=(\d+)",
                                    self.served.log()), [("1", "0"), ("1", "5")])

    def test_quiet(self):
        """They were asked for, so no level hides them; that of the other lines stays."""
        for level in ("error", "warning", "debug"):
            self.start('log = { level = "%s"; };' % level)
            self.assertEqual(len(echotest.exchange(self.served.endpoint, bytes(7))), 7)
            numbers = self.settle(active=0)
            self.check(numbers["one"], accepted=1, received=7, returned=7, half_closes=1)
            os.unlink(self.path())
            self.ask()
            self.served.wait_log("path-lost listener=one")
            self.assertEqual(self.served.stop(), 0)
            self.assertEqual("drained" in self.served.log(), level == "debug")

    def test_more_than_the_rate(self):
        """One line for each of the most listeners that there can be, again and again."""
        names = ["unix:@%s.%d" % (self.directory, number) for number in range(256)]
        self.served = self.server(*names, workers=1)
        for records in range(1, 3):
            self.served.send_signal(signal.SIGUSR1)
            self.served.wait_log("statistics listener=total", records)
            for name in names:
                self.assertEqual(self.served.log().count("listener=%s " % name), records)

    def test_held_bytes(self):
        """Received and not yet returned is what the server holds."""
        self.start('buffer = "16KiB";')
        data = echotest.block(64 << 20)
        clients = [self.client(endpoint) for endpoint in self.served.endpoints]
        sent = [echotest.fill(client, data) for client in clients]
        numbers = self.ask()
        for name in ("one", "two"):
            held = numbers[name]["received"] - numbers[name]["returned"]
            self.assertGreater(held, 0)
            self.assertLessEqual(held, 4 * 16384)
            self.assertGreater(numbers[name]["stalls"], 0)
        for client in clients:
            client.shutdown(socket.SHUT_WR)
        for client, length in zip(clients, sent):
            self.assertEqual(len(echotest.receive_to_end(client)), length)
        numbers = self.settle(active=0)
        for name, length in zip(("one", "two", "total"), [*sent, sum(sent)]):
            self.assertEqual(numbers[name]["received"], length)
            self.assertEqual(numbers[name]["returned"], length)

    def test_refused_and_timeouts(self):
        self.start('limits = { per_user = 3; per_source = 3; idle_timeout = "100ms"; };'
                   'shutdown = { linger = "0"; };')
        clients = [self.client(endpoint) for endpoint in self.served.endpoints for _ in range(5)]
        for client in clients:
            self.assertEqual(client.recv(1), b"")
        numbers = self.settle(active=0)
        self.check(numbers["one"], accepted=3, over_limit=2, timeouts=3)
        self.check(numbers["two"], accepted=3, over_limit=2, timeouts=3)
        self.check(numbers["total"], accepted=6, over_limit=4, timeouts=6)

    def test_pauses(self):
        self.start("limits = { connections = 2; };")
        served = [self.client(self.served.endpoint) for _ in range(2)]
        for client in served:
            client.sendall(b"x")
            client.recv(1)
        waiting = self.client(self.served.endpoint)
        self.served.wait_log(" full ")
        for _ in range(3):
            self.check(self.ask()["one"], accepted=2, active=2, received=2, returned=2, pauses=1)
        served[0].close()
        waiting.sendall(b"x")
        self.assertEqual(waiting.recv(1), b"x")
        self.check(self.ask()["one"], accepted=3, active=2, received=3, returned=3, half_closes=1,
                   pauses=1)

    def test_lost_bytes(self):
        self.start('limits = { write_timeout = "100ms"; }; shutdown = { linger = "100ms"; };')
        for endpoint in self.served.endpoints:
            # How much of it is still taken depends on the moment at which the limit strikes.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.client(endpoint).sendall(bytes(32 << 20))
        numbers = self.settle(active=0)
        for name in ("one", "two"):
            self.assertEqual(numbers[name]["reset-after-linger"], 1)


if __name__ == "__main__":
    unittest.main()
