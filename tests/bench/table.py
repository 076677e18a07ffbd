# SPDX-License-Identifier: MIT
"""The results as a table for people.  It prints what the JSON file holds, and nothing else."""

import results

TOO_SHORT = 0.01  # CPU seconds below which a ratio says little


def number(value, width, digits=2):
    return f"{'-':>{width}}" if value is None else f"{value:{width}.{digits}f}"


def spread(value):
    return "".join(number(value[name], 7) for name in ("min", "median", "max"))


def print_head(got):
    machine = got["machine"]
    print(f"{got['date']}: {machine['cpu']}, {machine['processors']} processors, Linux "
          f"{machine['kernel']}, load {machine['load']:.1f}")
    print(", ".join(f"{name} {version}" for name, version in got["versions"].items() if version))
    size = "small inputs" if got["quick"] else "full inputs"
    print(f"{got['rounds']} rounds, {size}; CPU and memory of all processes, reports included")
    for what, names in got["missing"].items():
        if names:
            print(f"{what} not installed: {', '.join(names)} (make bench-deps)")
    if "lsan" in got["measured"]:
        print("LeakSanitizer is preloaded after a malloc in a constructor, without which it crashes "
              "in git, sqlite3 and perl")


def worst_first(entry):
    """The key: ouro's median CPU ratio, those too short for one at the end."""
    runs = {run["tool"]: run for run in reversed(entry["runs"])}
    bare, ouro = runs["bare"]["cpu_s"]["median"], runs.get("ouro", runs["bare"])
    return bare is None or bare < TOO_SHORT, -(ouro["cpu_ratio"]["median"] or 0)


def print_programs(got):
    print(f"\n{'':27}{'median':>9}{'CPU ratio to bare':>21}{'wall ratio to bare':>21}{'peak':>8}"
          f"{'':7}{'exit to':>9}{'':9}\n{'program':15}{'under':12}{'CPU s':>9}" +
          f"{'min':>7}{'median':>7}{'max':>7}" * 2 +
          f"{'MiB':>8}{'ratio':>7}{'end ms':>9}{'check ms':>9}")
    for entry in sorted(got["programs"], key=worst_first):
        print_program(entry, got["quick"])


def print_program(entry, quick):
    name = entry["name"]
    for run in entry["runs"]:
        what = [entry["about"]] if name else []
        what += ["small input"] if run["small_input"] and run["tool"] == "bare" and not quick else []
        what += [run["remark"]] if run["remark"] else []
        line = f"{name:15}{run['tool']:12}{number(run['cpu_s']['median'], 9, 3)}"
        if run["tool"] == "bare":
            line += f"{'':42}"
        else:
            line += spread(run["cpu_ratio"]) + spread(run["wall_ratio"])
        peak = run["peak_kib"] and run["peak_kib"] / results.KIB
        line += number(peak, 8, 1) + number(run["peak_ratio"], 7) + number(run["exit_ms"]["median"], 9)
        line += number(run["check_ms"]["median"], 9)
        print(f"{line}  {', '.join(what)}".rstrip())
        name = ""


def print_sessions(got):
    print(f"\n{'':15}{'live':>10}{'session':>10}{'bytes a':>9}{'pause':>9}{'mark':>9}{'snapshot':>10}"
          f"{'marked':>12}\n{'program':15}{'blocks':>10}{'KiB':>10}{'block':>9}{'ms':>9}{'ms':>9}"
          f"{'ms':>10}{'million/s':>12}")
    for entry in got["programs"]:
        said = entry["session"]
        if said["problem"]:
            print(f"{entry['name']:15} {said['problem']}")
            continue
        speed = said["marked_a_second"] and said["marked_a_second"] / 1e6
        print(f"{entry['name']:15}{said['live_blocks']:10}{said['bytes'] / results.KIB:10.0f}" +
              number(said["bytes_a_block"], 9, 1) + number(said["pause_ms"], 9) +
              number(said["mark_ms"], 9) + number(said["snapshot_ms"], 10) + number(speed, 12))


def print_bars(bars, quick):
    if quick:
        print("\nbars (they are meant for full inputs)")
    print(f"\n{'bar':15}{'asked':42}{'limit':>9}{'aim':>8}{'measured':>10}")
    for bar in bars:
        met = {True: "met", False: "MISSED", None: "not measured"}[bar["met"]]
        print(f"{bar['work']:15}{bar['asked']:42}" + number(bar["limit"], 9) + number(bar["aim"], 8) +
              number(bar["measured"], 10) + f"  {met}")
    counted = [bar["met"] for bar in bars]
    print(f"{counted.count(True)} met, {counted.count(False)} missed, {counted.count(None)} not measured")
