# SPDX-License-Identifier: ISC
"""systemd:, systemd:NAME and fd:N: sockets that whoever starts the server has open already."""

import json
import os
import re
import signal
import socket
import subprocess
import unittest

import echotest
import holder


class InheritedSockets(holder.TestCase):
    def test_all_and_by_name(self):
        one, two, three = self.unix("1"), self.tcp(), self.unix("3")
        for endpoints in (("systemd:",), ("systemd:a", "systemd:b"), ("fd:3", "fd:4", "fd:5"),
                          ("systemd:", "systemd:b"), ("fd:5", "systemd:b", "systemd:"),
                          ("systemd:a", "fd:4", "127.0.0.1:0")):
            with self.subTest(endpoints=endpoints):
                server = self.start((one, two, three), "-w", "2", *endpoints,
                                    LISTEN_FDNAMES="a:b:a")
                for sock in (one, two, three):
                    self.assertIn(self.endpoint(sock), server.endpoints)
                    self.echo(sock)
                self.assertEqual(server.stop(), 0)

    def test_by_number_alone(self):
        """Without a service manager."""
        sock = self.tcp()
        server = self.start((sock,), "fd:3", LISTEN_FDS="0")
        self.echo(sock)
        with open("/proc/%d/fdinfo/3" % server.pid, encoding="ascii") as file:
            flags = int(re.search(r"flags:\s+([0-7]+)", file.read()).group(1), 8)
        self.assertTrue(flags & os.O_CLOEXEC and flags & os.O_NONBLOCK, oct(flags))

    def test_standard_streams(self):
        """As inetd's wait services have them: whatever the server tells goes nowhere."""
        sock = self.tcp()
        process = subprocess.Popen([echotest.SERVER, "fd:0"], stdin=sock, stdout=sock, stderr=sock)
        self.addCleanup(process.wait, echotest.PATIENCE)
        self.addCleanup(process.terminate)
        self.echo(sock)

    def test_served_as_root(self):
        """Whoever passes a socket has decided who may reach it."""
        self.start((self.listening(socket.AF_INET, ("0.0.0.0", 0)),), "systemd:")

    def test_made_blocking_by_another(self):
        """The flag belongs to all that have the socket. No accept waits, so the worker goes on."""
        for sock in (self.unix(), self.tcp()):
            with self.subTest(family=sock.family):
                self.start((sock,), "-w", "1", "systemd:")
                for _ in range(2):
                    os.set_blocking(sock.fileno(), True)
                    with self.client(self.endpoint(sock)) as client:
                        client.sendall(b"x")
                        self.assertEqual(echotest.receive_exactly(client, 1), b"x")

    def test_shared_with_another(self):
        """Two servers accept from it at the same time: each client has one of them."""
        sock = self.unix()
        for _ in range(2):
            self.start((sock,), "-w", "2", "systemd:")
        clients = [self.client(self.endpoint(sock)) for _ in range(200)]
        for client in clients:
            client.sendall(b"x")
        for client in clients:
            self.assertEqual(echotest.receive_exactly(client, 1), b"x")

    def test_urgent_bytes(self):
        sock = self.tcp()
        self.start((sock,), "systemd:")
        with echotest.connect(self.endpoint(sock)) as client:
            client.send(b"!", socket.MSG_OOB)
            self.assertEqual(echotest.receive_exactly(client, 1), b"!")

    def test_hostile(self):
        """A clean start or a clean refusal, whatever the variables are."""
        unix, tcp = self.unix(), self.tcp()
        own = "unix:" + self.path("own")
        bound = socket.socket()
        self.addCleanup(bound.close)
        connected, other = socket.socketpair()
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader, writer = os.pipe()
        records = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        records.bind(self.path("records"))
        records.listen()
        for sock in (connected, other, datagrams, records):
            self.addCleanup(sock.close)
        for fd in (reader, writer):
            self.addCleanup(os.close, fd)
        starts = (((unix,), {"LISTEN_PID": "1"}),
                  ((unix,), {"LISTEN_PID": "2147483647"}),
                  ((unix,), {"LISTEN_FDS": "0"}),
                  ((), {"LISTEN_FDNAMES": "a:b"}),
                  ((), {"LISTEN_FDS": "0", "LISTEN_FDNAMES": ""}))
        for passed, environment in starts:
            with self.subTest(environment=environment):
                server = self.start(passed, own, **environment)
                self.assertEqual(server.endpoints, [own])
                self.assertEqual(server.stop(), 0)
        refused = (((unix,), {"LISTEN_PID": ""}, "LISTEN_PID=: expected"),
                   ((unix,), {"LISTEN_PID": "self"}, "LISTEN_PID=self: expected"),
                   ((unix,), {"LISTEN_PID": "-1"}, "LISTEN_PID=-1: expected"),
                   ((unix,), {"LISTEN_PID": "9" * 40}, "LISTEN_PID=99"),
                   ((unix,), {"LISTEN_FDS": ""}, "LISTEN_FDS=: expected"),
                   ((unix,), {"LISTEN_FDS": "-1"}, "LISTEN_FDS=-1: expected"),
                   ((unix,), {"LISTEN_FDS": "99999"}, "LISTEN_FDS=99999: expected"),
                   ((unix,), {"LISTEN_FDS": "1\n"}, "LISTEN_FDS=1\\x0a: expected"),
                   ((unix,), {"LISTEN_FDS": "2"}, "descriptor 4: this descriptor is not open"),
                   ((reader,), {}, "descriptor 3: this descriptor is not a socket"),
                   ((bound,), {}, "descriptor 3: this socket does not listen"),
                   ((connected,), {}, "descriptor 3: this socket does not listen"),
                   ((unix, datagrams), {}, "descriptor 4: a SOCK_DGRAM is not supported"),
                   ((records,), {}, "descriptor 3: a SOCK_SEQPACKET is not supported"),
                   ((unix, tcp), {"LISTEN_FDNAMES": "a"}, "LISTEN_FDNAMES=a: expected a name for"),
                   ((unix,), {"LISTEN_FDNAMES": "a:b"}, "LISTEN_FDNAMES=a:b: expected"),
                   ((unix,), {"LISTEN_FDNAMES": "x" * 256}, "names of at most 255 bytes"))
        for passed, environment, sentence in refused:
            with self.subTest(environment=environment, sentence=sentence):
                self.refuse(passed, sentence, "systemd:", **environment)
        self.assertEqual(echotest.run(self.launcher, "-V", env=dict(
            os.environ, PASSED="", LISTEN_FDS="x"))[0], 0)

    def test_claims(self):
        unix, tcp = self.unix(), self.tcp()
        self.refuse((unix, tcp), 'descriptor 4, name "b") belongs to no listener; add the endpoint '
                    "systemd:b", "systemd:a", LISTEN_FDNAMES="a:b")
        self.refuse((unix,), "belongs to no listener", "127.0.0.1:0")
        self.refuse((unix,), "systemd:c: no inherited socket has this name", "systemd:c", "fd:3")
        self.refuse((unix,), "systemd:: no socket was inherited", "systemd:", "fd:3")
        self.refuse((), "systemd:: no socket was inherited", "systemd:")
        self.refuse((), "fd:9: this descriptor is not open", "fd:9")
        self.refuse((tcp,), "already has the address", "systemd:", self.endpoint(tcp))
        unix_again = os.dup(unix.fileno())
        self.addCleanup(os.close, unix_again)
        self.refuse((unix, unix_again), "already has the address", "fd:3", "fd:4")

    def test_dual_stack(self):
        """An IPv4 client of it is told as one, and so is an address of IPv4 that it is bound to."""
        self.need("IPv6")
        conf = self.write("conf", 'listeners = ({ endpoint = "systemd:"; service = "info"; });')
        for host in ("::", "::ffff:127.0.0.1"):
            with self.subTest(host=host):
                sock = socket.create_server((host, 0), family=socket.AF_INET6, dualstack_ipv6=True)
                self.addCleanup(sock.close)
                server = self.start((sock,), "-v", "-c", conf)
                local = "127.0.0.1:%d" % sock.getsockname()[1]
                with self.client(local) as client:
                    peer = "%s:%d" % client.getsockname()
                    with client.makefile("rb") as lines:
                        told = json.loads(lines.readline())
                self.assertEqual((told["local"], told["peer"]), (local, peer))
                server.wait_log("accept .*peer=%s\n" % re.escape(peer))
                self.assertEqual(server.endpoint, "[::]" + local[9:] if host == "::" else local)

    def test_descriptors_in_use(self):
        """What the server writes to is no socket that it serves."""
        sock = self.unix()
        self.refuse((sock,), "--ready-fd 3: this descriptor is a listening socket", "systemd:",
                    "--ready-fd=3")
        for number in ("1", "2"):
            self.refuse((sock,), "pass the socket as another descriptor", "fd:" + number)

    def test_passed_twice(self):
        sock = self.tcp()
        server = self.start((sock, sock), "systemd:")
        for _ in range(10):
            self.echo(sock)
        self.assertEqual(server.stop(), 0)
        self.refuse((sock, sock), "already has the address", "systemd:a", "systemd:",
                    LISTEN_FDNAMES="a:b")

    def test_odd_names(self):
        """Whatever is between the colons is a name, nothing as well."""
        unix, tcp = self.unix(), self.tcp()
        for names, *endpoints in ((":", "systemd:"), ("a b:\xff", "systemd:a b", "systemd:"),
                                  ("systemd=:@x", "systemd:@x", "systemd:systemd=")):
            with self.subTest(names=names):
                server = self.start((unix, tcp), *endpoints, LISTEN_FDNAMES=names)
                self.echo(unix)
                self.echo(tcp)
                self.assertEqual(server.stop(), 0)
        self.refuse((unix, tcp), 'descriptor 3, name "") belongs to no listener', "fd:4",
                    LISTEN_FDNAMES=":")

    def test_unknown_kind(self):
        """Refused as a whole, where an address that the machine lacks would be skipped."""
        self.need("AF_VSOCK")
        other = self.listening(socket.AF_VSOCK, (socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
        sentence = "systemd:: sockets of the address family 40 and the protocol 0 are not supported"
        self.refuse((self.tcp(), other), sentence, "systemd:")
        self.refuse((other,), sentence, "systemd:", "127.0.0.1:0")

    def test_settings(self):
        for setting, owner in (("backlog = 5", "sockets that are not inherited"),
                               ('mode = "0600"', "Unix socket paths"), ("nodelay = false", "TCP")):
            conf = self.write("conf", 'listeners = ({ endpoint = "systemd:"; %s; });' % setting)
            self.refuse((self.unix(setting[:4]),), "it is for " + owner, "-c", conf)

    def test_check(self):
        sock = self.tcp()
        os.set_inheritable(sock.fileno(), True)
        for endpoints, status in ((("systemd:",), 0), (("fd:3",), 0), (("127.0.0.1:0",), 2)):
            got, _, errors = echotest.run(
                self.launcher, "-t", *endpoints, pass_fds=[sock.fileno()],
                env=dict(os.environ, PASSED=str(sock.fileno()), LISTEN_FDS="1"))
            self.assertEqual(got, status, errors)

    def test_check_elsewhere(self):
        """A check of the settings has no sockets where no service manager starts it."""
        conf = self.write("conf", 'listeners = ({ endpoint = "systemd:web"; });')
        for arguments in (("-c", conf), ("systemd:", "fd:99")):
            status, _, errors = echotest.run(echotest.SERVER, "-t", *arguments)
            self.assertEqual(status, 0, errors)
            self.assertIn(": not checked: no such socket is passed to this check", errors)
        status, text, errors = echotest.run(echotest.SERVER, "-T", "-c", conf)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn('endpoint = "systemd:web";', text)
        again = echotest.run(echotest.SERVER, "-T", "-c", self.write("again", text))
        self.assertEqual(again, (0, text, ""))

    def test_next_server_serves_who_waits(self):
        """The socket is not shut down, and its path stays."""
        for sock in (self.unix(), self.tcp()):
            server = self.start((sock,), "systemd:")
            self.echo(sock)
            self.assertEqual(server.stop(), 0)
            waiting = [self.client(self.endpoint(sock)) for _ in range(3)]
            self.start((sock,), "systemd:")
            for client in waiting:
                with client:
                    client.sendall(b"still there?")
                    self.assertEqual(echotest.receive_exactly(client, 12), b"still there?")

    def queued(self, sock):
        """Clients that a server whose only place is taken does not accept."""
        clients = [self.client(self.endpoint(sock)) for _ in range(2)]
        for client in clients:
            client.sendall(b"still here")
        return clients

    def serve_queued(self, sock, clients):
        """The next server has them, and no other had."""
        server = self.start((sock,), "systemd:")
        for client in clients:
            self.assertEqual(echotest.receive_exactly(client, 10), b"still here")
            client.close()
        server.send_signal(signal.SIGUSR1)
        self.assertEqual(server.wait_log(r"statistics listener=systemd: accepted=(\d+)"),
                         [str(len(clients))])
        self.assertEqual(server.stop(), 0)

    def test_drain_leaves_the_socket(self):
        """No shutdown and no last accept: who is queued, or comes now, waits for the next server."""
        conf = self.write("conf", 'listeners = ({ endpoint = "systemd:"; });'
                          'limits = { connections = 1; }; shutdown = { grace = "5m"; };')
        for sock in (self.unix(), self.tcp()):
            with self.subTest(family=sock.family):
                server = self.start((sock,), "-c", conf)
                with self.client(self.endpoint(sock)) as first:
                    first.sendall(b"x")
                    echotest.receive_exactly(first, 1)
                    waiting = self.queued(sock)
                    server.send_signal(signal.SIGTERM)
                    server.wait_log("draining connections=1 queued=0 ")
                    waiting += self.queued(sock)
                self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
                self.assertIn("drained finished=1 cut=0", server.log())
                self.serve_queued(sock, waiting)
        self.assertTrue(os.path.exists(self.path()))

    def test_reload_leaves_the_socket(self):
        """The same when a reload removes the listener, with room for all or not."""
        text = 'listeners = (%s{ endpoint = "127.0.0.1:0"; }); limits = { connections = %d; };'
        for places, sock in ((1, self.unix()), (1, self.tcp()), (9, self.unix("2"))):
            with self.subTest(places=places, family=sock.family):
                conf = self.write("conf", text % ('{ endpoint = "systemd:"; }, ', places))
                server = self.start((sock,), "-c", conf)
                with self.client(self.endpoint(sock)) as first:
                    first.sendall(b"x")
                    echotest.receive_exactly(first, 1)
                    waiting = self.queued(sock) if places == 1 else []
                    self.write("conf", text % ("", places))
                    server.send_signal(signal.SIGHUP)
                    server.wait_log("reloaded listeners=1")
                    waiting += self.queued(sock)
                    first.sendall(b"y")  # who is served stays so
                    self.assertEqual(echotest.receive_exactly(first, 1), b"y")
                self.assertEqual(echotest.exchange(server.endpoints[1], b"z"), b"z")
                self.serve_queued(sock, waiting)
                self.assertNotIn("listener-broken", server.log())
        self.assertTrue(os.path.exists(self.path()))

    def test_reload(self):
        unix, tcp = self.unix(), self.tcp()
        both = 'listeners = ({ endpoint = "systemd:a"; }, { endpoint = "systemd:b"; });'
        one = 'listeners = ({ endpoint = "systemd:b"; });'
        server = self.start((unix, tcp), "-c", self.write("conf", both), LISTEN_FDNAMES="a:b")
        for number, (text, event) in enumerate((
                (both, "reloaded "), (one, "reloaded "),
                (both, "reload-refused .*this inherited socket was closed when a reload"),
                (one.replace("systemd:b", "systemd:"), "reload-refused .*closed when a reload"),
                (one.replace("systemd:b", "fd:77"), "reload-refused .*fd:77: "),
                (one.replace("systemd:b", "fd:4"), "reloaded "))):
            self.write("conf", text)
            server.send_signal(signal.SIGHUP)
            server.wait_log("reload(?:ed|-refused) ", number + 1)
            self.assertRegex(server.log().splitlines()[-1], event)
            self.echo(tcp)
        with self.assertRaises(ConnectionRefusedError):
            unix.close()
            echotest.connect("unix:" + self.path())
        self.assertTrue(os.path.exists(self.path()))

    def test_reload_names_it_anew(self):
        """The socket goes from listener to listener, and nobody is cut or refused."""
        sock = self.tcp()
        text = 'listeners = ({ endpoint = "%s"; });'
        names = ("systemd:", "fd:3", "systemd:", "systemd:a", "fd:3", "systemd:a")
        server = self.start((sock,), "-c", self.write("conf", text % names[-1]), LISTEN_FDNAMES="a")
        with self.client(self.endpoint(sock)) as client:
            for number, name in enumerate(names):
                self.write("conf", text % name)
                server.send_signal(signal.SIGHUP)
                server.wait_log("reloaded listeners=1", number + 1)
                client.sendall(b"x")
                self.assertEqual(echotest.receive_exactly(client, 1), b"x")
                self.echo(sock)

    def test_reload_gives_it_to_another_kind(self):
        """A listener that names the address has the socket, which is still only left at the end."""
        text = 'listeners = ({ endpoint = "%s"; });'
        for sock in (self.unix(), self.tcp()):
            with self.subTest(family=sock.family):
                conf = self.write("conf", text % "systemd:")
                server = self.start((sock,), "-w", "1", "-c", conf)
                self.write("conf", text % self.endpoint(sock))
                server.send_signal(signal.SIGHUP)
                server.wait_log("reloaded listeners=1")
                os.set_blocking(sock.fileno(), True)
                self.echo(sock)
                self.echo(sock)
                self.assertEqual(server.stop(), 0)
                self.assertTrue(os.path.exists(self.path()))
                self.serve_queued(sock, self.queued(sock))

    def test_reload_takes_no_other_number(self):
        """Even where no socket is the server's own: the number is anybody's by then."""
        sock = self.tcp()
        text = 'listeners = ({ endpoint = "fd:%d"; });'
        conf = self.write("conf", text % 3)
        server = self.start((sock, self.unix()), "-c", conf, LISTEN_FDS="0")
        self.write("conf", text % 4)
        server.send_signal(signal.SIGHUP)
        server.wait_log("reload-refused .*fd:4: a socket can be inherited at the start only")
        self.echo(sock)

    def test_socket_activate(self):
        self.need("systemd-socket-activate")
        # It takes no port 0. The address is this process's own, so no other test has it.
        pid = os.getpid()
        tcp = "127.%d.%d.%d:7777" % (1 + (pid >> 16), pid >> 8 & 255, pid & 255)
        process = subprocess.Popen(
            ["systemd-socket-activate", "-l", self.path(), "-l", tcp, "--fdname=a:b",
             echotest.SERVER, "systemd:b", "systemd:a"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, echotest.PATIENCE)
        self.addCleanup(process.terminate)
        echotest.wait_for(lambda: os.path.exists(self.path()))
        with self.client("unix:" + self.path()) as first:
            self.assertEqual([process.stdout.readline().rstrip() for _ in range(3)],
                             ["listening " + tcp, "listening unix:" + self.path(), "ready"])
            first.sendall(b"hello")
            self.assertEqual(echotest.receive_exactly(first, 5), b"hello")
            data = echotest.block(100000)
            self.assertTrue(echotest.exchange(tcp, data) == data)
        process.terminate()
        self.assertEqual(process.wait(echotest.PATIENCE), 0)
        self.assertTrue(os.path.exists(self.path()))


if __name__ == "__main__":
    unittest.main()
