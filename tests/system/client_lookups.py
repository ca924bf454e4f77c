# SPDX-License-Identifier: ISC
"""--resolve and --services: what a beginner asks about addresses and ports."""

import grp
import json
import os
import pwd
import socket
import unittest

import badpeers
import echotest


class Lookups(echotest.TestCase):
    def run_client(self, *arguments):
        return echotest.run(echotest.CLIENT, *arguments)

    def fields(self, *arguments):
        """The fields of each address, as pairs in their order."""
        status, output, errors = self.run_client("--resolve", *arguments)
        self.assertEqual((status, errors), (0, ""))
        return [[tuple(part.strip() for part in (line[:15], line[16:]))
                 for line in block.splitlines()] for block in output.split("\n\n")]

    def test_literals(self):
        self.assertEqual(self.fields("127.0.0.1:80"), [[
            ("family", "AF_INET"), ("type", "SOCK_STREAM"), ("protocol", "IPPROTO_TCP"),
            ("canonical name", "127.0.0.1"), ("socket address", "127.0.0.1:80")]])
        self.assertEqual(self.fields("[::1]:80"), [[
            ("family", "AF_INET6"), ("type", "SOCK_STREAM"), ("protocol", "IPPROTO_TCP"),
            ("canonical name", "::1"), ("socket address", "[::1]:80")]])

    def test_every_address_of_a_name(self):
        expected = []
        for family, _, _, _, address in socket.getaddrinfo("localhost", 7, type=socket.SOCK_STREAM):
            expected.append(("127.0.0.1:7" if family == socket.AF_INET else "[%s]:7" % address[0]))
        found = [dict(block)["socket address"] for block in self.fields("localhost:7")]
        self.assertEqual(found, expected)

    def test_one_family(self):
        for block in self.fields("-4", "localhost:7"):
            self.assertEqual(dict(block)["family"], "AF_INET")

    def test_unix(self):
        owner = "%s:%s (%d:%d)" % (pwd.getpwuid(os.getuid()).pw_name,
                                   grp.getgrgid(os.getgid()).gr_name, os.getuid(), os.getgid())
        common = [("family", "AF_UNIX"), ("type", "SOCK_STREAM"), ("protocol", "0"),
                  ("canonical name", "-"), ("socket address", "unix:" + self.path()),
                  ("path", self.path())]
        self.assertEqual(self.fields(self.path()), [
            common + [("exists", "no"),
                      ("answers", "no, NOENT: there is no such socket in " + self.directory)]])
        old = os.umask(0o117)
        try:
            with badpeers.serve("exact", self.path()):
                self.assertEqual(self.fields(self.path()), [
                    common + [("exists", "yes"), ("socket", "yes"), ("mode", "0660"),
                              ("owner", owner), ("answers", "yes")]])
        finally:
            os.umask(old)
        self.write("echo.sock", "")
        os.chmod(self.path(), 0o600)
        self.assertEqual(self.fields(self.path())[0][6:], [
            ("exists", "yes"), ("socket", "no"), ("mode", "0600"), ("owner", owner),
            ("answers", "no, REFUSED: a regular file is at this path, not a socket")])

    def test_abstract(self):
        block = self.fields("@nobody-" + os.path.basename(self.directory))[0]
        self.assertEqual(block[-1], ("answers", "no, REFUSED: nothing is listening on this name"))

    def test_unknown_host(self):
        status, output, errors = self.run_client("--resolve", "no-such-host.invalid:7")
        self.assertEqual((status, output), (3, ""))
        self.assertIn(": DNS: ", errors)

    def test_resolve_json(self):
        _, output, _ = self.run_client("--resolve", "-j", self.path())
        result = json.loads(output)
        self.assertEqual((result["type"], result["family"], result["exists"], result["answers"],
                          result["error"]["word"]), ("address", "AF_UNIX", False, False, "NOENT"))

    def services(self):
        """/etc/services as a list of (port, protocol, name, aliases)."""
        rows = []
        with open("/etc/services", encoding="utf-8") as file:
            for line in file:
                fields = line.split("#")[0].split()
                if fields:
                    port, protocol = fields[1].split("/")
                    rows.append((int(port), protocol, fields[0], fields[2:]))
        return rows

    @staticmethod
    def parse(output):
        rows = [line.split() for line in output.splitlines()]
        return [(int(row[0]), row[1], row[2], row[3:]) for row in rows]

    def test_services(self):
        self.need("/etc/services")
        known = self.services()
        rows = (
            ((), lambda row: row[0] <= 1023),
            (("0-65535",), lambda row: True),
            (("20-25",), lambda row: 20 <= row[0] <= 25),
            (("80",), lambda row: row[0] == 80),
            (("www",), lambda row: "www" in (row[2], *row[3])),
            (("ssh",), lambda row: row[2] == "ssh"),
        )
        for arguments, wanted in rows:
            with self.subTest(arguments):
                status, output, errors = self.run_client("--services", *arguments)
                self.assertEqual((status, errors), (0, ""))
                found = self.parse(output)
                self.assertCountEqual(found, [row for row in known if wanted(row)])
                self.assertEqual([row[0] for row in found], sorted(row[0] for row in found))

    def test_services_json(self):
        self.need("/etc/services")
        status, output, _ = self.run_client("--services", "-j", "80")
        result = json.loads(output.splitlines()[0])
        self.assertEqual((status, result["type"], result["port"], result["name"]),
                         (0, "service", 80, "http"))

    def test_unknown_services(self):
        for name in ("no-such-service", "64999", ""):
            status, output, errors = self.run_client("--services", name)
            self.assertEqual((status, output), (3 if name else 2, ""))
            self.assertIn("SERVICE: " if name else "USAGE: ", errors)

    def test_bad_ranges(self):
        for operand in ("80-20", "0-65536", "65536", "1-", "1-2-3", "01-2", "+1", "1.5", " 1",
                        "1 -2"):
            with self.subTest(operand):
                status, output, errors = self.run_client("--services", operand)
                self.assertEqual((status, output, errors.count("\n")), (2, "", 1), errors)
                self.assertIn("USAGE: ", errors)


if __name__ == "__main__":
    unittest.main()
