#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manuals say what the programs do, and nothing else: every option, key, exit status, class and
exported function stands in its page, nothing stands there that does not exist, and the pages render
without a warning."""

import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import LIBRARY, OURO, TOP, equal, fail, finish, output, problems, skip  # noqa: E402

OPTION = r"(?<![\w-])--[a-z][a-z-]+"
# ouro's own words without a row among the options, and other programs' that are spoken of.
NO_ROW = {"--version"}


def page(name):
    """A page as its reader sees it, without font changes and macros."""
    text = (TOP / "man" / name).read_text()
    text = re.sub(r"\\f[A-Z]", "", text).replace("\\-", "-")
    return text


def section(text, title):
    """What stands under .SH or .SS title."""
    found = re.search(rf'^\.(S[HS]) "?{re.escape(title)}"?\n(.*?)(?=^\.SH|^\.\1|\Z)', text,
                      re.M | re.S)
    if not found:
        fail(f"no section {title}")
    return found[2] if found else ""


def terms(text):
    """The first words of each .TP's tag: macros and quotes left out."""
    return [re.sub(r"^\.[BIR]+ ", "", tag).replace('"', "").replace(" ,  ", " ")
            for tag in re.findall(r"^\.TP\n(.*)$", text, re.M)]


manual, library, scale = page("ouro.1"), page("libouro.3"), page("ouro_scale.7")
readme = (TOP / "README.md").read_text()
rows = [line.split("\t") for line in output(OURO, "help", "options").splitlines()]
if len(rows) < 20:
    fail("ouro help options lists next to nothing")

# Options: the page's tags, --help, and the table.
of_command = {command: {option for who, option, _ in rows
                        if command in who.split() and option != "-"}
              for command in ("run", "report")}
options = of_command["run"] | of_command["report"]
described = set()
for tag in terms(section(manual, "OPTIONS")):
    described |= set(re.findall(OPTION, tag))
equal("ouro.1, OPTIONS", options, described)
for command, wanted in of_command.items():
    equal(f"ouro {command} --help", wanted,
          re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)", output(OURO, command, "--help"), re.M))
for title in ("run and report", "run only"):
    here = set()
    for heading in re.findall(rf"^\.SS (.*\({title}\))$", manual, re.M):
        here |= set(re.findall(OPTION, section(manual, heading)))
    both = of_command["run"] & of_command["report"]
    for option in sorted(here - (both if title == "run and report" else of_command["run"])):
        fail(f"ouro.1: {option} is not an option of {title}")
for where, text in (("ouro.1", manual), ("libouro.3", library), ("ouro_scale.7", scale),
                    ("README.md", readme)):
    prose = "\n".join(line for line in text.splitlines() if not re.search(r"\bapt(-get)?\b", line))
    for option in sorted(set(re.findall(OPTION, prose)) - options - NO_ROW):
        fail(f"{where} has {option}, which ouro has not")

# Keys: an option's is its name with underscores, or named in the page; the library's are described.
environment = section(manual, "ENVIRONMENT")
for _, option, key in rows:
    if option != "-" and key != "-" and key != option[2:].replace("-", "_") and \
            not re.search(rf"\b{key}\b", environment):
        fail(f"ouro.1 does not say that {option} has the key {key}")
shim_rows = re.findall(r'^\t\{ "(\w+)", OPTION_\w+, (true|false), ',
                       (TOP / "shim/options.c").read_text(), re.M)
described = re.findall(r"^\.BI (\w+)= ", library, re.M)
internal = {"launched"}  # how the launcher says that it is there
equal("libouro.3's keys against shim/options.c", {key for key, _ in shim_rows} - internal,
      described)
equal("options.def's keys of the library against shim/options.c",
      {key for key, _ in shim_rows} - internal,
      {key for who, _, key in rows if "preload" in who.split()})
lsan = re.search(r"^Only the keys.*\n(.*)$", library, re.M)
equal("libouro.3's keys in LeakSanitizer's syntax",
      {key for key, also in shim_rows if also == "true"},
      re.findall(r"\w+_?\w+", lsan[1].replace(".BR", "")) if lsan else ())

# Exit statuses: each of util.h, with its option where it has one.
statuses = dict(re.findall(r"^\tEXIT_(\w+) = (\d+),", (TOP / "analyzer/util.h").read_text(), re.M))
equal("exit statuses",
      {"CLEAN", "LEAKS", "UNCHECKED", "FAILED", "CANNOT_RUN", "NOT_FOUND"}, statuses)
tags = " ".join(terms(section(manual, "EXIT STATUS")))
for name, value in statuses.items():
    if name != "CLEAN" and not re.search(rf"\b{value}\b", tags):
        fail(f"ouro.1, EXIT STATUS: {value} ({name.lower()}) is missing")
    if name != "CLEAN" and not re.search(rf"^\|.*\b{value}\b.*\|", readme, re.M):
        fail(f"README.md: the status {value} ({name.lower()}) is missing")
if "128+" not in tags or "128+n" not in readme:
    fail("128+N is missing")

# What a report is made of.
names = re.findall(r'\[(?:REPORT|VERDICT)_\w+\] = "([a-z-]+)"',
                   (TOP / "analyzer/report.c").read_text())
words = section(manual, "VERDICT") + section(manual, "CLASSES")
if len(names) < 11:
    fail(f"report.c has only the names {names}")
for name in names:
    if not re.search(rf"(?<![\w-]){name}(?![\w-])", words):
        fail(f"ouro.1 does not explain {name}")
for name in re.findall(r"^  (\w+) ", output(OURO, "run", "--help").split("\nformats:\n")[1], re.M):
    if not re.search(rf"^\.BR? {name}\b", section(manual, "Of the report (run and report)"), re.M):
        fail(f"ouro.1 does not have the format {name}")

# The keys of the JSON report, and the names of kinds that are values of some.
writer, described = (TOP / "analyzer/json.c").read_text(), section(manual, "JSON")
keys = re.findall(r'json_\w+\(&?w, "(\w+)"', writer)
keys += re.findall(r'\[REPORT_(?:EDGE|RETAIN)_\w+\] = "(\w+)"', writer)
if len(set(keys)) < 60:
    fail(f"json.c writes only {keys}")
for key in sorted(set(keys)):
    if not re.search(rf"\b{key}\b", described):
        fail(f"ouro.1, JSON, does not describe {key}")

# The library's functions, and those that the program may define.
symbols = output("nm", "-D", LIBRARY)
synopsis = section(library, "SYNOPSIS")
equal("libouro.3, SYNOPSIS", set(re.findall(r" [TWw] ((?:__lsan|ouro)_\w+)", symbols)),
      re.findall(r"\b((?:__lsan|ouro)_\w+)\(", synopsis))
header = re.sub(r"/\*.*?\*/|OURO_AT\(\d\)\s+", "", (TOP / "include/ouro.h").read_text(), flags=re.S)
prototypes = re.findall(r"^OURO_INLINE ([^;{]*?)(ouro_\w+)(\([^)]*\))\n\{", header, re.M)
equal("libouro.3, SYNOPSIS, against ouro.h",
      {" ".join("".join(parts).split()) for parts in prototypes if parts[1] != "ouro_library"},
      re.findall(r"^\.B (.*\bouro_\w+\(.*\));$", synopsis, re.M))
twins = re.findall(r"^(\S+)\t(ouro_\w+)\t.", section(library, "The gc module"), re.M)
module = [name for _, name, _ in prototypes]
module = module[module.index("ouro_collect"):module.index("ouro_scope_begin")]
equal("libouro.3, beside CPython's", module, [name for _, name in twins])
for name in re.findall(r"\b((?:__lsan|ouro)_\w+)\(", synopsis):
    if name + " ()" not in library.replace('"', "").split("\n.SH DESCRIPTION\n")[1]:
        fail(f"libouro.3 does not describe {name}")

# The limits, as the sources have them.


def constant(path, name):
    """The value of `NAME = NUMBER` or `NAME = NUMBER << NUMBER` there."""
    found = re.search(rf"\b{name} = (\w+)(?: << (\d+))?", (TOP / path).read_text())
    return int(found[1], 0) << int(found[2] or 0) if found else fail(f"{path} has no {name}") or 0


limits = [
    constant("include/ouro_session.h", "OUROS_NODE_MAX"),
    0x80000000 - constant("include/ouro_session.h", "OUROS_MARK_PARENT") - 1,
    constant("shim/freeze.c", "FREEZE_CHUNK") * constant("shim/freeze.c", "FREEZE_CHUNKS"),
    constant("shim/sys.c", "SYS_RANGES") * constant("shim/sys.c", "SYS_RANGE_BLOCKS"),
    (1 << constant("include/ouro_session.h", "OUROS_BLOCK_GEN_BITS")) - 1,
    constant("analyzer/symbols.c", "SYMBOLS_BUDGET"),
]
seconds = [constant("shim/snapshot.c", "SNAPSHOT_DEADLINE_MS") // 1000,
           constant("shim/snapshot_clone.h", "SNAPSHOT_TABLES_MS") // 1000]
for words in [f"{limit:,}" for limit in limits] + [f"{seconds[0]} seconds", f"{seconds[1]} s"]:
    if not re.search(rf"\b{words}\b", section(scale, "LIMITS")):
        fail(f"ouro_scale.7, LIMITS, does not have {words}")

if not shutil.which("groff") and not problems:
    skip("no groff here: the pages are not rendered")
for path in sorted((TOP / "man").glob("*.[0-9]")):
    # preconv, tbl, troff with every warning: what a page says to them is said on standard error.
    rendered = output("sh", "-c", f"groff -k -t -man -ww -Tutf8 -rLL=80n '{path}' 2>&1 >/dev/null")
    if rendered:
        fail(f"{path.name} does not render quietly: {rendered[:500]}")
    for begin, end in ((r"\.TS", r"\.TE"), (r".*T\{", r"T\}")):  # tbl says nothing of these
        if len(re.findall(rf"^{begin}", path.read_text(), re.M)) != \
                len(re.findall(rf"^{end}", path.read_text(), re.M)):
            fail(f"{path.name}: a table or one of its cells does not end")
    for name, number in re.findall(r"^\.BR (\w+) \((\d)\)", path.read_text(), re.M):
        if name.startswith(("ouro", "libouro")) and not (TOP / "man" / f"{name}.{number}").exists():
            fail(f"{path.name} refers to {name}({number}), which is not here")
finish()
