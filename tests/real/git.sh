#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# git: the commands of a day, in a small repository.  git blame truly leaks.
. "$TOP/tests/lib/real.sh"

export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
export GIT_CONFIG_NOSYSTEM=1 HOME=$WORK

repository() {
	git -c init.defaultBranch=main init -q .
	for i in 1 2 3 4 5; do
		printf 'line %s\n' $(seq 1 $((i * 10))) >file
		echo "$i" >"other$i"
		git add .
		git commit -q -m "commit $i"
	done
	echo more >>file
}

agrees init /usr/bin/git -c init.defaultBranch=main init .
prepare() { repository; }
agrees status /usr/bin/git status
agrees commit /usr/bin/git commit -a -m "one more"
agrees log /usr/bin/git --no-pager log -p
agrees blame /usr/bin/git --no-pager blame HEAD -- file
expect blame .verdict leaks
expect blame '.totals | .lost.blocks + .cycle.blocks + .indirect.blocks' 3
agrees diff /usr/bin/git --no-pager diff
agrees repack /usr/bin/git repack -a -d -q
finish
