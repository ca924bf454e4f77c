# SPDX-License-Identifier: ISC
"""The JSON of every mode: the manual has every field and no other, and a name has one type."""

import json
import os
import re
import unittest

import badpeers
import echotest

PING_TYPES = ("echo", "outstanding", "failure", "broken", "statistics")
HISTOGRAMS = ("connect", "rtt")


def documented():
    """{type: fields} of the manual's section JSON, and the same for the objects inside."""
    with open(os.path.join(echotest.SOURCE, "man", "echo-client.1"), encoding="utf-8") as file:
        section = re.search(r"^\.Sh JSON$(.*?)^\.Sh ", file.read(), re.M | re.S).group(1)
    lists = []
    for text in re.findall(r"^\.Bl .*?$(.*?)^\.El$", section, re.M | re.S):
        found = {}
        for item in text.split(".It Cm ")[1:]:
            name, rest = item.split("\n", 1)
            words = " ".join(re.findall(r"^\.Cm (.*)$", rest, re.M))
            found[name] = {word for word in re.split(r"[ ,;.]+", words)
                           if word and word not in ("CORRUPT", "EXTRA", "STALLED")}
        lists.append(found)
    objects, inside = lists
    for name in PING_TYPES:
        objects[name].add("time_of_day_ns")
    return objects, inside


class Json(echotest.TestCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.seen = {}    # type: fields
        self.inside = {}  # "verdict", "error", "histogram": fields
        self.types = {}   # name: JSON types

    def note(self, fields, name, value):
        fields.add(name)
        if value is not None:
            kind = "number" if type(value) in (int, float) else type(value).__name__
            self.types.setdefault(name, set()).add(kind)

    def take(self, *arguments, **options):
        """Runs the client and notes what it prints."""
        _, output, _ = echotest.run(echotest.CLIENT, "-j", *arguments, **options)
        self.assertTrue(output, arguments)
        for line in output.splitlines():
            result = json.loads(line)
            fields = self.seen.setdefault(result.pop("type"), set())
            for name, value in result.items():
                self.note(fields, name, value)
                if isinstance(value, dict):
                    inner = "histogram" if name in HISTOGRAMS else name
                    for key, part in value.items():
                        self.note(self.inside.setdefault(inner, set()), key, part)

    def test_fields(self):
        pings = ("--ping", "-c", "2", "-i", "0.02", "-W", "0.2", "-D", "-O")
        with badpeers.serve("exact", self.path("exact")) as peer:
            self.take(peer.endpoint, "hello")
            self.take(peer.endpoint, data=b"hello")
            self.take(peer.endpoint, "--verify", "--size", "1KiB")
            self.take(peer.endpoint, *pings, "--reconnect")
            self.take(peer.endpoint, "--check")
            self.take(peer.endpoint, "--resolve")
            self.take(peer.endpoint, "--selftest", "--silence", "0")
        for name in ("changes-a-byte", "answers-twice", "never-answers", "resets"):
            with badpeers.serve(name, self.path(name)) as peer:
                self.take(peer.endpoint, "--timeout", "0.2", "hello you")
                self.take(peer.endpoint, *pings)
        with badpeers.serve("loses-urgent-data") as peer:
            self.take(peer.endpoint, "--selftest", "--silence", "0")
        os.symlink("loop", self.path("loop"))
        self.take(self.path("loop"), "--resolve")
        self.take("127.0.0.1:7", "--resolve")
        self.take(self.path("nothing"), "--check")
        self.take(self.path("nothing"), "hello")
        if self.has("/etc/services"):
            self.take("--services", "0-65535")
        else:
            self.seen["service"] = documented()[0]["service"]
        objects, inside = documented()
        self.assertEqual(self.seen, objects)
        self.assertEqual(self.inside, inside)
        self.assertEqual({name: kinds for name, kinds in self.types.items() if len(kinds) > 1}, {})

    def test_nothing_measured(self):
        """The latency of nothing is null."""
        with badpeers.serve("never-answers", self.path()) as peer:
            _, output, _ = echotest.run(echotest.CLIENT, "-j", "--ping", "-c", "1", "-W", "0.1",
                                        peer.endpoint)
        rtt = json.loads(output.splitlines()[-1])["rtt"]
        self.assertEqual(rtt.pop("count"), 0)
        self.assertEqual(set(rtt.values()), {None})


if __name__ == "__main__":
    unittest.main()
