#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# tier: full
# Captured stacks equal what libunwind's own cursor gives, frame by frame: over python3, gcc's compiler
# proper, a C++ program and libc-heavy ones, at least 100,000 captures, not one different.  The numbers
# are read from the sessions themselves.
. "$TOP/tests/lib/real.sh"

cat >"$WORK/prog.cc" <<'END'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

struct shape {
	virtual ~shape() = default;
	virtual std::string name() const = 0;
};
struct square : shape {
	std::string name() const override { return "a square with a rather long name"; }
};
static int deep(int n, const std::function<int(int)> &f)
{
	std::vector<int> v(static_cast<size_t>(n) + 1, n);
	return n == 0 ? f(v[0]) : deep(n - 1, [&](int x) { return f(x) + v[0]; });
}
int main()
{
	std::map<std::string, std::unique_ptr<shape>> shapes;
	long sum = 0;
	for (int i = 0; i < 300; i++) {
		std::ostringstream text;
		text << "key " << i << ' ' << 1.5 * i;
		shapes[text.str()] = std::make_unique<square>();
		sum += deep(i % 30, [](int x) { return x + 1; });
		try {
			if (i % 7 == 0)
				throw std::runtime_error(text.str());
		} catch (const std::exception &e) {
			sum += static_cast<long>(std::string(e.what()).size());
		}
	}
	const std::regex re("k(e)y ([0-9]+)( .*)?");
	std::vector<std::string> names;
	for (const auto &s : shapes)
		if (std::regex_match(s.first, re))
			names.push_back(s.second->name() + s.first);
	std::stable_sort(names.begin(), names.end(), std::greater<>());
	std::cout << sum << ' ' << names.size() << '\n';
}
END
g++ -O2 -fomit-frame-pointer "$WORK/prog.cc" -o "$WORK/prog" || fail "does not compile"

cat >"$WORK/work.py" <<'END'
import collections, json, re, socket, threading
def f(n): return [f(n - 1), {"k": str(n)}] if n else None
for i in range(80):
    json.loads(json.dumps(f(20)))
    re.compile("a%d(b|c)*" % i).match("a%dbcbc" % i)
    collections.namedtuple("T%d" % i, "a b c")
ts = [threading.Thread(target=f, args=(30,)) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
socket.getaddrinfo("127.0.0.1", 80)
END
cat >"$WORK/input.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
double f(double x) { return sin(x) * cos(x) + sqrt(x); }
int main(int argc, char **argv)
{
	int *v = malloc(sizeof(*v) * 100);
	for (int i = 0; i < 100; i++)
		v[i] = (i * 7919) % 101;
	qsort(v, 100, sizeof(*v), cmp);
	for (int i = 0; i < argc; i++)
		printf("%s %zu %f\n", argv[i], strlen(argv[i]), f(v[i]));
	free(v);
	return 0;
}
END

total=0
verify() { # NAME COMMAND...
	local name=$1 verified mismatched
	shift
	(cd "$WORK" && "$OURO" run --verify-stacks --error-exitcode 0 --unchecked-exitcode 0 --save "$name.ouro" \
		-o "$name.report" -- "$@") >"$WORK/$name.out" 2>&1 </dev/null || fail "$name: status $?"
	verified=$(python3 "$lib/session.py" "$WORK/$name.ouro" | awk '$1 == "verified" { print $2 }')
	mismatched=$(python3 "$lib/session.py" "$WORK/$name.ouro" | awk '$1 == "mismatched" { print $2 }')
	echo "$name: $verified verified, $mismatched different"
	[ "$mismatched" = 0 ] || fail "$name: $mismatched stacks differ from libunwind's"
	total=$((total + ${verified:-0}))
}

export PYTHONMALLOC=malloc
verify python3 /usr/bin/python3 work.py
verify cc1 "$(gcc -print-prog-name=cc1)" -quiet -imultiarch x86_64-linux-gnu -O2 input.c -o input.s
verify cxx ./prog
verify sqlite3 /usr/bin/sqlite3 :memory: 'create table t(a); with recursive n(i) as (select 1 union all select i+1 from n where i<2000) insert into t select i from n; select count(*) from t group by a%7;'
verify git /usr/bin/git -C "$WORK" --no-pager -c init.defaultBranch=main init -q repository
verify sort /usr/bin/sort input.c
verify bash /bin/bash -c 'for i in {1..300}; do a[$i]=$(echo $i); done; echo ${a[@]}'
echo "all: $total verified"
[ "$total" -ge 100000 ] || fail "only $total captures were compared"
finish
