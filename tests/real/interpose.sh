#!/bin/bash
# SPDX-License-Identifier: MIT
# A counted library of our own, built as ever, named by --retain and --release: in an executable, in
# a plugin, by pointers, in ways that a thunk could break; lazily bound and at once.
. "$TOP/tests/lib/real.sh"

programs=$TOP/tests/real/programs
cd "$WORK" || exit 1
g++ -g -fPIC -shared "$programs/counted.cc" -o libcounted.so || fail "the library does not compile"
gcc -g -DPLUGIN -fPIC -shared "$programs/counted_use.c" -o plugin.so || fail "the plugin does not compile"
# The library comes with the plugin alone.
gcc -g -DPLUGIN -fPIC -shared "$programs/counted_use.c" -o whole.so -L. -lcounted -Wl,-rpath,"$WORK" ||
	fail "the other plugin does not compile"
gcc -g "$programs/counted_load.c" -o load || fail "load does not compile"
g++ -g "$programs/counted_throw.cc" -o throw -L. -lcounted -Wl,-rpath,"$WORK" || fail "throw does not compile"
link() {
	gcc -g "$@" "$programs/counted_use.c" -o use -L. -lcounted -Wl,-rpath,"$WORK" ||
		fail "use does not compile"
}

rules=(--retain thing_ref:arg0 --retain thing_new:ret --retain thing_share --retain thing_keep:arg1:by=arg0
	--release thing_unref:arg0 --release thing_drop:arg1:by=arg0)
# ruled NAME COMMAND...: same, with the rules.
ruled() {
	local name=$1
	shift
	OURO_OPTIONS="retain='thing_ref:arg0,thing_new:ret,thing_share,thing_keep:arg1:by=arg0,thing_jump:ret,thing_throw:ret,nosuch':release='thing_unref:arg0,thing_drop:arg1:by=arg0'" \
		same "$name" "$@"
}
unmatched='.findings[] | .retains[] | select(.held < .count) | .stack[0].function'

for flags in "-Wl,-z,lazy" "-Wl,-z,now" "-no-pie -fno-pic"; do
	# shellcheck disable=SC2086
	link $flags
	ruled "use$flags" "$WORK/use" "$WORK/plugin.so"
	expect "use$flags" '[.findings[].class] | sort | join(" ")' 'cycle over-retained over-retained'
	expect "use$flags" "[$unmatched] | sort | join(\" \")" 'forget plugin_run'
	expect "use$flags" '.findings[] | select(.class == "cycle") | [.members[].refcount] | join(" ")' '1 1'
	expect "use$flags" '.coverage.notes | join(",")' '--retain thing_throw: no module calls a function of that name,--retain nosuch: no module calls a function of that name'
done
ruled load "$WORK/load" "$WORK/whole.so"
expect load '[.findings[].class] | join(" ")' 'over-retained'
expect load "[$unmatched] | unique[]" plugin_run
ruled throw "$WORK/throw"
expect throw .verdict clean
# As options of the command.
in_fresh "$OURO" run --error-exitcode 0 --format json -o "$WORK/options.json" "${rules[@]}" \
	-- "$WORK/use" >"$WORK/options.out"
expect options "[$unmatched] | join(\" \")" forget
finish
