#!/bin/sh
# SPDX-License-Identifier: MIT
# Work for git in an empty folder: commits, packs, differences, a merge, a search. Everything that it
# prints depends on its own input alone.
set -eu
export HOME="$PWD" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C TZ=UTC
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=c
export GIT_COMMITTER_EMAIL=c@example.org
git init -q -b main repository
cd repository
git config gc.auto 0
day=1
while [ "$day" -le 12 ]; do
    GIT_AUTHOR_DATE="2001-01-$day 12:00:00 +0000"
    GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
    export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
    awk -v day="$day" 'BEGIN {
        for (file = 0; file < 120; file++) {
            name = "file" file % 120 ".txt"
            for (line = 0; line < 60 + file; line++) {
                print line, (line * 7919 + file * (line % day == 0 ? day : 1)) % 10007 > name
            }
            close(name)
        }
    }'
    git add .
    git commit -q -m "Day $day"
    [ "$day" -ne 6 ] || git branch side
    day=$((day + 1))
done
git log --stat -p --format='%H %s' -M -C
git checkout -q side
echo other > other.txt
git add .
git commit -q -m "Aside"
git merge -q -m "Together" main
git repack -q -a -d -f --depth=20 --window=20
git fsck --strict
git grep -c 77 main~3 | head -n 5
git blame -s file7.txt | head -n 5
git rev-parse HEAD HEAD^2 HEAD~5
git clone -q --no-local . ../copy
git -C ../copy rev-list --objects --all | sort
