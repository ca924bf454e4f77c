# SPDX-License-Identifier: ISC
"""The rules of the house: folders include only downwards and files never in a circle, each foreign
interface has one home, every header compiles alone and declares only functions of its own noun,
which the file beside it defines, and no two structs have one name."""

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
    r"jansson\.h": r"measure/(document|report)\.c|server/info\.c",
    r"seccomp\.h": r"server/sandbox\w*\.c",
    r"getopt\.h": r"base/options\.c",
}

# Kinds of endpoints and families of addresses are told apart in transport/ alone: above it a property
# of their row is asked. A pair of connected sockets is no endpoint.
ABOVE_TRANSPORT = ("server", "client", "bench", "measure")
KIND = r"(?<!socketpair\()\b(?:AF_(?!UNSPEC)\w+|IPPROTO_\w+|ADDRESS_MPTCP|%s)\b"

# echo/ knows no socket, no clock and no memory of its own.
ECHO_MAY = {"stdint.h", "stddef.h", "stdbool.h", "assert.h", "string.h"}

# A folder with more .c files wants a folder of its own.
FILES_MAX = 20


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


def plain(text):
    """The text without comments and preprocessor lines."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.M)


def circles(texts):
    """Groups of files that include each other, a file being the .c and the .h of one name; texts
    holds the content of each by its path below src/. Each group is a line of names."""
    below = {name[:-2]: set() for name in texts}
    for name, text in texts.items():
        below[name[:-2]] |= set(re.findall(r'^\s*#\s*include\s*"([^"]+)\.h"', text, re.M))
        below[name[:-2]].discard(name[:-2])

    def reached(file):
        seen, todo = set(), [file]
        while todo:
            new = below.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        return seen

    reach = {file: reached(file) for file in below}
    return sorted({" ".join(sorted(other for other in reach[file] if file in reach.get(other, ())))
                   for file in below if file in reach[file]})


def declared(text):
    """The functions that a header declares or defines."""
    depth, outside = 0, ""
    for character in plain(text):
        depth -= character == "}"
        if depth == 0:
            outside += ";" if character == "}" else character
        depth += character == "{"
    for statement in re.split("[;{]", outside):
        function = re.match(r"(?:[A-Za-z_]\w*[\s*]+)+(\w+)\s*\(", statement.strip())
        if function and not statement.strip().startswith("typedef"):
            yield function.group(1), "inline" in statement


def misplaced(texts):
    """The functions that a header declares though their noun is another's, and those that the .c
    beside it does not define; each by header, as a line of names."""
    foreign, elsewhere = {}, {}
    for name in sorted(texts):
        noun = re.sub("_value$", "", os.path.basename(name)[:-2])
        beside = plain(texts.get(name[:-2] + ".c", ""))
        for function, is_inline in declared(texts[name]) if name.endswith(".h") else ():
            if not re.fullmatch(noun + r"(_\w+)?", function):
                foreign.setdefault(name, []).append(function)
            if not is_inline and not re.search(
                    r"^\w[^;{}=]*\b%s\s*\([^;{}]*\)\s*\{" % function, beside, re.M):
                elsewhere.setdefault(name, []).append(function)
    return ({name: " ".join(names) for name, names in foreign.items()},
            {name: " ".join(names) for name, names in elsewhere.items()})


def doubled_structs(texts):
    """The names of structs that two files define, with the files."""
    homes = {}
    for name in sorted(texts):
        for struct in re.findall(r"\bstruct (\w+)\s*\{", plain(texts[name])):
            homes.setdefault(struct, []).append(name)
    return {struct: " ".join(files) for struct, files in homes.items() if len(files) > 1}


def kinds(header):
    """The expression for what tells kinds and families apart; header is endpoint_value.h."""
    enum = re.search(r"enum endpoint_kind \{(.*?)\}", plain(header), re.S).group(1)
    return KIND % "|".join(re.findall(r"\w+", enum))


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

    def test_rules_of_the_whole_bite(self):
        tree = {"x/a.h": '#include "x/b.h"\nint a_run(void);\n', "x/a.c": "int a_run(void)\n{\n}\n",
                "x/b.h": "struct b { int one; };\nstatic inline int b_get(void)\n{\n}\n",
                "x/b.c": '#include "x/b.h"\n'}
        self.assertEqual((circles(tree), misplaced(tree), doubled_structs(tree)), ([], ({}, {}), {}))

        def with_line(name, line):
            return dict(tree, **{name: tree.get(name, "") + line + "\n"})

        self.assertEqual(circles(with_line("x/b.c", '#include "x/a.h"')), ["x/a x/b"])
        self.assertEqual(circles(with_line("x/b.c", '# include "y/c.h"')), [])
        self.assertEqual(circles(dict(with_line("x/b.h", '#include "y/c.h"'),
                                      **{"y/c.c": '#include "x/a.h"'})), ["x/a x/b y/c"])
        for line in ("int a_stop(int (*done)(void));", "struct b *a_find(void) MUST_CHECK;",
                     "extern\nint a_stop(int, /* now; */\n int);", "int a(void);"):
            function = re.search(r"(a\w*)\(", line).group(1)
            self.assertEqual(misplaced(with_line("x/a.h", line)), ({}, {"x/a.h": function}))
        for line in ("static inline int c_get(void)\n{\n    int one = f();\n}",
                     "static inline int c_get(void)\n{\n}\nstruct c { int (*ready)(void); };"):
            self.assertEqual(misplaced(with_line("x/a.h", line)), ({"x/a.h": "c_get"}, {}))
        self.assertEqual(misplaced(with_line("x/b.h", "int c_get(void);")),
                         ({"x/b.h": "c_get"}, {"x/b.h": "c_get"}))
        self.assertEqual(doubled_structs(with_line("x/a.c", "static struct b {\n} list[3];")),
                         {"b": "x/a.c x/b.h"})

    def test_whole_obeys(self):
        texts = {}
        for name, path in sources():
            with open(path, encoding="utf-8") as file:
                texts[name] = file.read()
        self.assertEqual(circles(texts), [], "files that include each other")
        foreign, elsewhere = misplaced(texts)
        self.assertEqual(foreign, {}, "a header declares another noun's functions")
        self.assertEqual(elsewhere, {}, "declared in a header, not defined in the .c beside it")
        self.assertEqual(doubled_structs(texts), {}, "two structs of one name")

    def test_folders_are_small(self):
        folders = {}
        for name, _ in sources():
            if name.endswith(".c"):
                folders.setdefault(os.path.dirname(name), []).append(name)
        self.assertEqual({folder: len(files) for folder, files in folders.items()
                          if len(files) > FILES_MAX}, {}, "too many files in a folder")

    def test_kinds_stay_in_transport(self):
        with open(os.path.join(SOURCE, "src/transport/endpoint_value.h"), encoding="utf-8") as file:
            kind = kinds(file.read())
        for line in ("if (endpoint->kind == ENDPOINT_TCP)", "case AF_INET6:"):
            self.assertTrue(re.search(kind, line), line)
        found = []
        for name, path in sources():
            with open(path, encoding="utf-8") as file:
                if name.split("/")[0] in ABOVE_TRANSPORT:
                    found += ["%s: %s" % (name, word) for word in re.findall(kind, plain(file.read()))]
        self.assertEqual(found, [], "ask for a property of the row")

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
