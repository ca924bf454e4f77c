# SPDX-License-Identifier: ISC
"""A reload takes effect as a whole: listeners come, go and stay, limits change."""

import json
import os
import select
import signal
import socket
import unittest

import echotest
import load


class ReloadSettings(echotest.TestCase):
    def start(self, listeners, more="", **options):
        self.reloads = 0
        self.settings(listeners, more)
        return self.server("-c", self.path("conf"), **options)

    def settings(self, listeners, more=""):
        self.write("conf", "listeners = (%s);\n%s" % (
            ", ".join('{ endpoint = "%s"; %s}' % listener if isinstance(listener, tuple)
                      else '{ endpoint = "%s"; }' % listener for listener in listeners), more))

    def reload(self, server, listeners, more=""):
        self.settings(listeners, more)
        self.reloads += 1
        server.send_signal(signal.SIGHUP)
        server.wait_log(" reloaded ", self.reloads)

    def talk(self, *clients):
        for client in clients:
            client.sendall(b"hello")
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")

    def test_a_limit_costs_no_memory(self):
        """The table of those who are counted fills when they come, not while everybody waits for
        the reload."""
        server = self.start(["127.0.0.1:0"])
        self.talk(self.client(server.endpoint))
        before = server.anonymous_memory()
        self.reload(server, ["127.0.0.1:0"], "limits = { per_source = 2; };")
        if not echotest.SANITIZED:
            self.assertLess(server.anonymous_memory() - before, 1 << 20)
        clients = [self.client(server.endpoint) for _ in range(2)]
        self.talk(*clients)
        self.assertEqual(self.client(server.endpoint).recv(1), b"")
        # A larger table, with those in it that are here.
        self.reload(server, ["127.0.0.1:0"],
                    "limits = { connections = 1000000; per_source = 2; };")
        self.talk(*clients)
        self.assertEqual(self.client(server.endpoint).recv(1), b"")

    def test_listeners_come_and_go(self):
        first, second, third = ("unix:" + self.path(name) for name in ("a", "b", "c"))
        server = self.start(self.endpoints(first, second, "127.0.0.1:0", "[::1]:0"))
        inode = os.stat(self.path("a")).st_ino
        clients = [self.client(endpoint) for endpoint in server.endpoints]
        self.talk(*clients)

        self.reload(server, [third, "127.0.0.1:0", (first, 'name = "one"; backlog = 77; ')])
        self.assertEqual(sorted(os.listdir(self.directory)), ["a", "c", "conf"])
        self.assertEqual(os.stat(self.path("a")).st_ino, inode)
        self.talk(*clients)  # also those of the listeners that are gone
        for endpoint in server.endpoints[1:2] + server.endpoints[3:]:
            with self.assertRaises((ConnectionRefusedError, FileNotFoundError)):
                echotest.connect(endpoint)
        self.talk(self.client(first), self.client(third), self.client(server.endpoints[2]))
        server.send_signal(signal.SIGUSR1)
        server.wait_log("statistics listener=one accepted=2 active=")
        server.wait_log("statistics listener=total accepted=%d " % (len(clients) + 3))

        # The endpoint comes back while clients of its first life are still there.
        self.reload(server, [first, second])
        self.talk(*clients, self.client(second))
        clients[1].close()
        self.reload(server, [first, second])
        self.reload(server, [first, second])
        server.send_signal(signal.SIGUSR1)
        server.wait_log("statistics listener=total accepted=%d " % (len(clients) + 4))

    def test_who_is_queued_at_a_removed_listener_is_served(self):
        first, second = ("unix:" + self.path(name) for name in ("a", "b"))
        server = self.start([first, second, "127.0.0.1:0"], "limits = { connections = 1; };")
        held = self.client(first)
        self.talk(held)
        waiting = [self.client(endpoint) for endpoint in server.endpoints[1:] for _ in range(5)]
        self.assertEqual(select.select(waiting, [], [], 0.02)[0], [])
        self.reload(server, [first], "limits = { connections = 1; };")
        self.talk(held, *waiting)

    def listening(self, server):
        """The inodes of the sockets that the server listens on."""
        ours = {target[8:-1] for target in server.descriptors().values()
                if target.startswith("socket:")}
        return ours & echotest.listening_sockets(server.pid)

    def test_another_spelling_keeps_the_socket(self):
        """The same address written in another way: clients that wait there are served."""
        os.mkdir(self.path("real"))
        os.symlink(self.path("real"), self.path("link"))
        limit = "limits = { connections = 1; };"
        server = self.start(["unix:" + self.path("real/s"), "127.0.0.1:0"], limit,
                            preexec=lambda: os.chdir(self.directory))
        held = self.client(server.endpoint)
        self.talk(held)
        waiting = [self.client(endpoint) for endpoint in server.endpoints]
        sockets = self.listening(server)
        inode = os.stat(self.path("real/s")).st_ino
        port = server.endpoints[1].rsplit(":", 1)[1]
        for unix, tcp in (("unix:" + self.path("link/s"), "tcp4:localhost:" + port),
                          ("unix:./real/../link/s", "127.0.0.1:" + port),
                          ("unix:" + self.path("real/../link/s"), "tcp4:localhost:" + port),
                          ("unix:" + self.path("real/s"), "127.0.0.1:" + port)):
            self.reload(server, [(unix, "backlog = 77; "), tcp], limit)
            self.assertEqual(self.listening(server), sockets)
            self.assertEqual(os.stat(self.path("real/s")).st_ino, inode)
        self.reload(server, [unix, tcp], 'shutdown = { grace = "0"; linger = "0"; };')
        self.talk(held, *waiting, *(self.client(endpoint) for endpoint in server.endpoints))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(os.listdir(self.path("real")), [])

    def test_another_spelling_under_load(self):
        server = self.start(["unix:" + self.path(), "localhost:0"])
        inode = os.stat(self.path()).st_ino
        port = server.endpoints[1].rsplit(":", 1)[1]
        clients = load.Load(["unix:" + self.path(), "127.0.0.1:" + port], streams=20, rate=500,
                            size=(1, 2000))
        for number in range(40):
            unix = self.path() if number % 2 else os.path.join(self.directory, ".", "echo.sock")
            self.reload(server, ["unix:" + unix,
                                 ("127.0.0.1:", "localhost:")[number % 2] + port])
        clients.end()
        counts = clients.result()
        self.assertEqual(set(counts), {"exact", "messages", "connects"}, counts)
        self.assertEqual(os.stat(self.path()).st_ino, inode)

    def test_lost_path(self):
        """Somebody has removed it: USR1 says so, a reload binds it again."""
        endpoint = "unix:" + self.path()
        at_once = 'shutdown = { grace = "0"; linger = "0"; };'
        server = self.start([(endpoint, 'name = "lost"; '), "127.0.0.1:0"], at_once)
        client, waiting = self.client(endpoint), self.client(server.endpoints[1])
        self.talk(client, waiting)
        os.unlink(self.path())
        server.send_signal(signal.SIGUSR1)
        server.wait_log("path-lost listener=lost why=.*removed or replaced; reload")
        self.reload(server, [(endpoint, 'name = "lost"; mode = "0600"; '), "127.0.0.1:0"], at_once)
        server.wait_log("path-lost listener=lost why=.*removed or replaced; binding it again")
        self.assertEqual(os.stat(self.path()).st_mode & 0o777, 0o600)
        self.talk(client, waiting, self.client(endpoint))

        # It is somewhere else, and its clients find it there.
        os.rename(self.path(), self.path("moved"))
        os.symlink(self.path("moved"), self.path())
        server.send_signal(signal.SIGUSR1)
        server.wait_log("statistics listener=total", 2)
        self.reload(server, [(endpoint, 'name = "lost"; mode = "0600"; '), "127.0.0.1:0"], at_once)
        self.assertTrue(os.path.islink(self.path()))
        self.talk(client, self.client(endpoint))

        # Something else is there now.
        os.unlink(self.path())
        self.write("echo.sock", "precious")
        server.send_signal(signal.SIGHUP)
        server.wait_log("reload-refused why=.*a regular file")
        os.unlink(self.path())
        other = self.server(endpoint)
        server.send_signal(signal.SIGHUP)
        server.wait_log("reload-refused why=.*another server, pid %d, answers" % other.pid)
        self.talk(client, self.client(endpoint))
        self.assertEqual(len(server.wait_log("path-lost")), 4)
        self.assertEqual(server.stop(), 0)
        self.talk(self.client(endpoint))

    def test_lost_path_of_a_listener_that_is_optional(self):
        """It serves on, whoever has its path now."""
        endpoint = "unix:" + self.path()
        server = self.start([(endpoint, "optional = true; "), "127.0.0.1:0"])
        client = self.client(endpoint)
        self.talk(client)
        os.unlink(self.path())
        self.write("echo.sock", "precious")
        self.reload(server, [(endpoint, "optional = true; "), "127.0.0.1:0"])
        server.wait_log("listener-skipped")
        os.unlink(self.path())
        self.reload(server, [(endpoint, "optional = true; "), "127.0.0.1:0"])
        self.talk(client, self.client(endpoint))

    def test_limits(self):
        endpoint = "unix:" + self.path()
        server = self.start([endpoint, "127.0.0.1:0"], "limits = { connections = 3; };")
        served = [self.client(endpoint) for _ in range(3)]
        self.talk(*served)
        waiting = [self.client(one) for one in server.endpoints for _ in range(2)]
        for client in waiting:
            client.sendall(b"hello")
        server.wait_log(" full ")
        # Fewer places: who is in stays, who leaves makes no room yet.
        self.reload(server, [endpoint, "127.0.0.1:0"], "limits = { connections = 1; };")
        served.pop().close()
        self.talk(*served)
        self.assertEqual(select.select(waiting, [], [], 0.05)[0], [])
        # More places: all that wait come in at once.
        self.reload(server, [endpoint, "127.0.0.1:0"], "limits = { connections = 100; };")
        for client in waiting:
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        # Sources and users are counted from now on.
        self.reload(server, [endpoint, "127.0.0.1:0"], "limits = { per_source = 2; };")
        clients = [self.client(server.endpoints[1]) for _ in range(4)]
        ends = echotest.wait_for(
            lambda: len(ready := select.select(clients, [], [], 0)[0]) == 2 and ready)
        for client in ends:
            self.assertEqual(client.recv(1), b"")
        # Who waits is turned away once that is the rule.
        self.reload(server, [endpoint, "127.0.0.1:0"], "limits = { connections = 1; };")
        waiting = [self.client(one) for one in server.endpoints for _ in range(2)]
        self.assertEqual(select.select(waiting, [], [], 0.05)[0], [])
        self.reload(server, [endpoint, "127.0.0.1:0"],
                    'limits = { connections = 1; on_full = "close"; };')
        for client in waiting:
            self.assertEqual(client.recv(1), b"")
        # Silence gets a limit, and loses it again.
        self.reload(server, [endpoint, "127.0.0.1:0"], 'limits = { idle_timeout = "100ms"; };')
        for client in served:
            self.assertEqual(client.recv(1), b"")
        self.reload(server, [endpoint, "127.0.0.1:0"])
        client = self.client(endpoint)
        self.assertEqual(select.select([client], [], [], 0.3)[0], [])
        self.talk(client)

    def ends(self, *clients):
        """At least one of them is ended."""
        ready, _, _ = select.select(clients, [], [], echotest.PATIENCE)
        self.assertEqual([client.recv(1) for client in ready[:1]], [b""])

    def test_limits_of_time_and_rate(self):
        one = 'workers = 1; log = { level = "info"; };'
        listeners = ["unix:" + self.path(), "127.0.0.1:0"]
        server = self.start(listeners, one)
        self.reload(server, listeners, one + 'limits = { lifetime = "100ms"; };')
        self.ends(self.client(listeners[0]))
        self.reload(server, listeners, one + 'limits = { write_timeout = "100ms"; };'
                                             'shutdown = { linger = "0"; };')
        stream = self.client(listeners[0])
        echotest.fill(stream, echotest.block(8 << 20))
        server.wait_log("closed .*reason=reset-after-linger")
        self.reload(server, listeners, one + "limits = { per_user = 1; };")
        self.ends(self.client(listeners[0]), self.client(listeners[0]))
        self.reload(server, listeners, one + "limits = { accept_rate = 1; };")
        self.ends(*[self.client(server.endpoints[1]) for _ in range(5)])

    def test_server_name(self):
        listeners = [("unix:" + self.path(), 'service = "info"; ')]
        server = self.start(listeners)
        for name in ("one", "another"):
            self.reload(server, listeners, 'server_name = "%s";' % name)
            line = self.client(server.endpoint).makefile("r").readline()
            self.assertEqual(json.loads(line)["name"], name)

    def test_busy_poll(self):
        listeners = ["unix:" + self.path()]
        server = self.start(listeners, "workers = 1;")
        self.reload(server, listeners, 'workers = 1; busy_poll = "200ms";')
        client = self.client(listeners[0])
        self.talk(client)
        before = server.switches("voluntary")
        for _ in range(100):
            self.talk(client)
        self.assertLess(server.switches("voluntary") - before, 50)

    def test_limit_above_the_descriptors(self):
        endpoint = "unix:" + self.path()
        server = self.start([endpoint], "limits = { connections = 20; };",
                            preexec=echotest.limit_descriptors(200))
        self.assertNotIn("connections-lowered", server.log())
        self.reload(server, [endpoint], "limits = { connections = 1000; };")
        server.wait_log("connections-lowered from=1000 to=[0-9]+ why=\"descriptor limit\"")

    def test_buffer_log_and_shutdown(self):
        endpoint = "unix:" + self.path()
        server = self.start([endpoint], 'buffer = "4KiB";')
        stream = self.client(endpoint)
        data = echotest.block(64 << 20)
        sent = echotest.fill(stream, data)
        for buffer in ("1MiB", "5000", "64KiB"):
            self.reload(server, [endpoint], 'buffer = "%s";' % buffer)
            self.assertTrue(echotest.exchange(endpoint, data[:1 << 20]) == data[:1 << 20])
        stream.shutdown(socket.SHUT_WR)
        self.assertTrue(echotest.receive_to_end(stream) == data[:sent])
        self.assertNotIn(" accept ", server.log())
        self.reload(server, [endpoint], 'log = { level = "info"; };'
                                        'shutdown = { grace = "0"; linger = "0"; };')
        self.talk(self.client(endpoint))
        server.wait_log(" accept ")
        self.assertEqual(server.stop(), 0)

    def test_optional_listener_comes_later(self):
        endpoint = "unix:" + self.path()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            other = "127.0.0.1:%d" % taken.getsockname()[1]
            server = self.start([endpoint, (other, "optional = true; ")])
            self.assertEqual(server.endpoints, [endpoint])
            self.reload(server, [endpoint, (other, "optional = true; ")])
            server.wait_log("listener-skipped listener=%s" % other, 2)
            server.wait_log(" reloaded listeners=1\n")  # those that are open
        self.reload(server, [endpoint, (other, "optional = true; ")])
        server.wait_log(" reloaded listeners=2\n")
        self.talk(self.client(other), self.client(endpoint))

    def test_size_of_the_file(self):
        """None, and as much as there may be."""
        endpoint, new = "unix:" + self.path(), "unix:" + self.path("new")
        server = self.server("-c", self.write("conf", ""), endpoint)
        server.send_signal(signal.SIGHUP)
        server.wait_log(" reloaded listeners=1\n")
        self.assertEqual(server.stop(), 0)
        server = self.start([endpoint])
        self.settings([endpoint, new])
        with open(self.path("conf"), encoding="ascii") as file:
            text = file.read()
        for length in (4798, 4799, 4800, 9598, 1 << 20):
            self.write("conf", text.rjust(length - 1, "\n") + "\n")
            self.assertEqual(os.stat(self.path("conf")).st_size, length)
            server.send_signal(signal.SIGHUP)
            self.reloads += 1
            server.wait_log(" reloaded listeners=2\n", self.reloads)
            self.talk(self.client(new))

    def test_without_a_file(self):
        """The command line again: all goes on, and a path that is lost is bound again."""
        server = self.server("unix:echo.sock", "localhost:0", "--mode", "0600",
                             preexec=lambda: os.chdir(self.directory))
        endpoint = server.endpoint
        clients = [self.client(one) for one in server.endpoints]
        self.talk(*clients)
        before = server.descriptors()
        server.send_signal(signal.SIGHUP)
        server.wait_log(" reloaded listeners=2")
        self.talk(*clients)
        self.assertEqual(server.descriptors(), before)
        os.unlink(self.path())
        server.send_signal(signal.SIGUSR1)
        server.wait_log("path-lost listener=unix:.* why=.*; reload to bind it again")
        server.send_signal(signal.SIGHUP)
        server.wait_log("path-lost listener=unix:.* why=.*; binding it again")
        server.wait_log(" reloaded listeners=2", 2)
        self.assertEqual(os.stat(self.path()).st_mode & 0o777, 0o600)
        self.talk(*clients, *map(self.client, [endpoint, *server.endpoints[1:]]))


if __name__ == "__main__":
    unittest.main()
