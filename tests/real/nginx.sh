#!/bin/bash
# SPDX-License-Identifier: MIT
# nginx -t reads its configuration and leaves; it drops some blocks, Valgrind says which.
. "$TOP/tests/lib/real.sh"

prepare() {
	mkdir logs
	echo 'error_log stderr; pid nginx.pid; events {} http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; server { listen 127.0.0.1:18080; location / { return 200 "ok"; } } }' >nginx.conf
}

agrees nginx /usr/sbin/nginx -p "$WORK/dir" -c nginx.conf -t
expect nginx .verdict leaks
finish
