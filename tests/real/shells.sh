#!/bin/bash
# SPDX-License-Identifier: MIT
# bash and dash: pipelines, subshells, here-documents, traps, job control, exec.
. "$TOP/tests/lib/real.sh"

script='
for i in 1 2 3; do echo "line $i"; done | grep -v 2 | tr a-z A-Z
x=$(echo sub; (echo subsub; exit 4)); echo "$x $?"
f() { echo "f $1"; return 3; }
f one || echo "status $?"
cat <<END
here $x
END
trap "echo trapped" TERM
kill -TERM $$
sleep 0.01 & wait $!; echo "waited $?"
echo bad >&2
exit 6
'
agrees bash /bin/bash -c "$script"
agrees dash /bin/dash -c "$script"
agrees array /bin/bash -c 'declare -A a; for i in {1..200}; do a[$i]=x$i; done; echo ${#a[@]} ${a[17]/x/y}'
finish
