#!/bin/bash
# SPDX-License-Identifier: MIT
# sqlite3, jq, xmllint, openssl: parsers and tables.
. "$TOP/tests/lib/real.sh"

prepare() {
	echo '<a><b id="1">x</b><b id="2">y</b></a>' >doc.xml
	echo '<a><b></a>' >bad.xml
	echo '{"a":[1,2,{"b":"c"}]}' >doc.json
	printf 'create table t(a,b);\nwith recursive n(i) as (select 1 union all select i+1 from n where i<500) insert into t select i,i*i from n;\ncreate index x on t(b);\nselect count(*),sum(b) from t where b>100;\nselect nothing from nowhere;\n' >script.sql
}

agrees sqlite3 /usr/bin/sqlite3 -batch test.db '.read script.sql'
agrees jq /usr/bin/jq '.a[2].b, (.a | length)' doc.json
agrees jq_error /usr/bin/jq '.a | error("no")' doc.json
agrees xmllint /usr/bin/xmllint --xpath '//b[@id=2]/text()' doc.xml
agrees xmllint_error /usr/bin/xmllint bad.xml
agrees openssl_digest /usr/bin/openssl dgst -sha256 doc.xml
agrees openssl_key /usr/bin/openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -S 0011223344556677 -in doc.xml -a
finish
