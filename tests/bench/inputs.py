# SPDX-License-Identifier: MIT
"""What the real programs read: made here, the same on every machine and each time."""

import pathlib
import random
import shutil
import subprocess

LETTERS = "abcdefghijklmnoprstuvwz"
VOCABULARY = 4096


class Words:
    """Texts of words from one vocabulary, as a seed orders them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.words = ["".join(self.random.choices(LETTERS, k=self.random.randint(2, 9)))
                      for _ in range(VOCABULARY)]

    def text(self, count):
        return " ".join(self.random.choices(self.words, k=count))


def write_json(path, records):
    words = Words(1)
    with open(path, "w", encoding="ascii") as f:
        f.write("[")
        for i in range(records):
            x, y = words.random.random(), words.random.random()
            f.write(f'{"," if i else ""}{{"id":{i},"name":"{words.text(2)}","tags":["{words.text(1)}",'
                    f'"{words.text(1)}"],"at":{{"x":{x:.6f},"y":{y:.6f}}}}}\n')
        f.write("]")


def write_xml(path, size):
    """Records of about 110 bytes, until the file has `size`."""
    words, i, written = Words(2), 0, 0
    with open(path, "w", encoding="ascii") as f:
        f.write("<records>")
        while written < size:
            written += f.write(f'<record id="{i}" kind="{words.text(1)}"><name>{words.text(2)}</name>'
                               f"<text>{words.text(6)}</text></record>\n")
            i += 1
        f.write("</records>")


def write_repository(path, commits):
    """A history of edits to a few files, by git's own import stream."""
    words = Words(3)
    files = [[words.text(8) for _ in range(200)] for _ in range(8)]
    stream = []
    for i in range(commits):
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + i} +0000\n"
                      f"data 6\nchange\n")
        for n in words.random.sample(range(len(files)), 3):
            for _ in range(6):
                files[n][words.random.randrange(len(files[n]))] = words.text(8)
            text = "\n".join(files[n]) + "\n"
            stream.append(f"M 100644 inline file{n}\ndata {len(text)}\n{text}\n")
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True,
                   env=git_environment(path))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, check=True, text=True,
                   input="".join(stream), env=git_environment(path))


def git_environment(home):
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


C_FUNCTION = """
struct record_{n} {{ int key, {a}; double {b}[4]; struct record_{n} *next; }};

static int {a}_{n}(struct record_{n} *r, int limit)
{{
	int sum = {k};

	for (; r; r = r->next) {{
		switch (r->key % {m}) {{
		case 0: sum += r->{a}; break;
		case 1: sum ^= r->key << {s}; break;
		case 2: for (int i = 0; i < 4; i++) r->{b}[i] *= {k}.5 + sum; break;
		default: if (sum > limit) return sum - r->{a}; sum = sum * 31 + {k};
		}}
	}}
	return sum + {previous};
}}

int {b}_{n}(void *list, const char *text)
{{
	unsigned char seen[{m}] = {{ 0 }};
	int count = {a}_{n}(list, {k});

	while (*text) {{
		if (!seen[(unsigned char)*text % {m}]++)
			count += *text * {s};
		text++;
	}}
	return count;
}}
"""


def write_c(path, functions):
    """A translation unit without a header: declarations, loops, switches and calls."""
    words, previous = Words(4), "0"
    with open(path, "w", encoding="ascii") as f:
        for n in range(functions):
            # The letters before the words keep them from being keywords.
            a, b = "a" + words.text(1), "b" + words.text(1)
            rng = words.random
            f.write(C_FUNCTION.format(n=n, a=a, b=b, previous=previous, k=rng.randint(2, 999),
                                      m=rng.randint(3, 17), s=rng.randint(1, 9)))
            previous = f'{b}_{n}(r, "{a}")'


class Store:
    """Where inputs are kept from one run to the next, by name and size."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, name, write, count):
        path = self.folder / f"{count}-{name}"
        if not path.exists():
            unfinished = self.folder / f"unfinished-{name}"
            write(unfinished, count)
            unfinished.rename(path)
        return str(path)
