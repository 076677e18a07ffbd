#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 400
# The stock python3: json, threads, subprocess, a cycle of its own kind, exceptions.
. "$TOP/tests/lib/real.sh"

# The order of hashes is drawn anew for each run.
export PYTHONHASHSEED=0

prepare() {
	cat >script.py <<'END'
import gc, json, os, re, subprocess, sys, threading

data = {"list": list(range(1000)), "text": "\u00e9" * 100, "none": None}
print(len(json.dumps(data)), json.loads(json.dumps(data)) == data)

results = []
def work(n):
    results.append(sum(len(str(i)) for i in range(n)))
threads = [threading.Thread(target=work, args=(2000 + i,)) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(results))

out = subprocess.run(["/bin/echo", "from a child"], capture_output=True, text=True)
print(out.stdout.strip(), out.returncode)
print("LD_PRELOAD" in os.environ, "OURO_OPTIONS" in os.environ)

class Node: pass
a, b = Node(), Node()
a.other, b.other = b, a
del a, b
print(gc.collect() > 0, re.sub(r"(\w)\1", "x", "aabbccd"))
try:
    {}["missing"]
except KeyError as e:
    print("caught", e, file=sys.stderr)
sys.exit(9)
END
}
agrees script /usr/bin/python3 script.py
export PYTHONMALLOC=malloc
agrees plain_malloc /usr/bin/python3 -c 'print(sum(i * i for i in range(10000)))'
finish
