# SPDX-License-Identifier: ISC
"""The include rules: folders include only downwards, each foreign interface has one home, and every
header compiles alone."""

import os
import re
import subprocess
import sys
import unittest

SOURCE = os.environ.get("ECHO_SOURCE", os.getcwd())

# What the files of a folder may include, besides the C library: folders, or single headers.
LAYERS = {
    "base": ["base/"],
    "transport": ["transport/", "base/reason.h", "base/text.h", "base/seam.h", "base/clock.h"],
    "echo": ["echo/"],
    "measure": ["measure/", "transport/", "base/"],
    "server/settings": ["server/settings/", "transport/", "base/"],
    "server/process": ["server/process/", "base/"],
    "server": ["server/", "echo/", "transport/", "base/"],
    "client": ["client/", "measure/", "transport/", "base/"],
    "bench/engine": ["bench/engine/", "measure/", "transport/", "base/"],
    "bench": ["bench/", "measure/", "transport/", "base/"],
    "": ["server/", "client/", "bench/", "measure/", "transport/", "base/"],  # the programs
}

# Who may use a foreign interface.
HOMES = {
    r"libconfig\.h": r"server/settings/read\.c",
    r"sys/epoll\.h": r"base/loop\.c|base/seam\.c",
    r"sys/un\.h": r"transport/\w+_unix\.c",
    r"netdb\.h|netinet/.*|arpa/.*": r"transport/(address|\w+_inet)\.c|transport/transport_tcp\.c|transport/sock_diag\.c|client/resolve\w*\.c|client/services\.c",
    r"linux/(netlink|\w+_diag)\.h": r"transport/sock_diag\.c",
    r"syslog\.h": r"base/log\.c",
    r"jansson\.h": r"measure/(document|report)\.c",
    r"seccomp\.h": r"server/sandbox\w*\.c",
    r"getopt\.h": r"base/options\.c",
}

# echo/ knows no socket, no clock and no memory of its own.
ECHO_MAY = {"stdint.h", "stddef.h", "stdbool.h", "assert.h", "string.h"}


def complaints(name, text):
    """What is wrong with a file; name is its path below src/."""
    layer = os.path.dirname(name)
    for quoted, header in re.findall(r'^\s*#\s*include\s*(["<])([^">]+)[">]', text, re.M):
        if header == "config.h":
            continue
        if quoted == '"' and not any(header.startswith(allowed) for allowed in LAYERS[layer]):
            yield "%s includes %s, which is not below %s/" % (name, header, layer)
        if quoted == "<" and layer == "echo" and header not in ECHO_MAY:
            yield "%s includes <%s>, but echo/ is pure" % (name, header)
        for interface, home in HOMES.items():
            if quoted == "<" and re.fullmatch(interface, header) and not re.fullmatch(home, name):
                yield "%s includes <%s>, which belongs to %s" % (name, header, home)


def sources():
    for folder, _, files in os.walk(os.path.join(SOURCE, "src")):
        for file in sorted(files):
            if file.endswith((".c", ".h")):
                path = os.path.join(folder, file)
                yield os.path.relpath(path, os.path.join(SOURCE, "src")), path


class Includes(unittest.TestCase):
    def test_rules_bite(self):
        for name, line in (("base/x.c", '#include "transport/io.h"'),
                           ("transport/x.c", '#include "base/log.h"'),
                           ("bench/x.c", '#include "client/ping.h"'),
                           ("echo/x.c", "#include <time.h>"),
                           ("server/x.c", "#include <sys/un.h>"),
                           ("server/x.c", "#  include <netinet/tcp.h>"),
                           ("server/settings/x.c", '#include "server/listener.h"'),
                           ("server/process/x.c", '#include "server/server.h"'),
                           ("server/x.c", "#include <libconfig.h>")):
            self.assertEqual(len(list(complaints(name, line))), 1, (name, line))

    def test_sources_obey(self):
        found = []
        count = 0
        for name, path in sources():
            count += 1
            with open(path, encoding="utf-8") as file:
                found += complaints(name, file.read())
        self.assertGreater(count, 10)
        self.assertEqual(found, [])

    def test_headers_compile_alone(self):
        headers = [name for name, _ in sources() if name.endswith(".h")]
        for name in headers:
            result = subprocess.run(
                os.environ.get("CC", "cc").split() + ["-std=gnu11", "-D_GNU_SOURCE", "-Wall",
                 "-Werror", "-fsyntax-only", "-x", "c", "-I", os.path.join(SOURCE, "src"), "-"],
                input='#include "%s"\n' % name, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
