#!/bin/bash
# SPDX-License-Identifier: MIT
# A GLib program of ours: hash tables, strings, lists, a main loop, a thread pool; nothing leaks but
# the one list that is dropped.
. "$TOP/tests/lib/real.sh"

# GLib's slices put many objects in one block of malloc's, but not under Valgrind.
export G_SLICE=always-malloc

cat >"$WORK/prog.c" <<'END'
#include <glib.h>

static gboolean tick(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static void work(gpointer data, gpointer sum)
{
	g_atomic_int_add((gint *)sum, GPOINTER_TO_INT(data));
}

static __attribute__((noinline)) void drop(void)
{
	GList *list = NULL;
	for (int i = 0; i < 5; i++)
		list = g_list_prepend(list, g_strdup_printf("item %d", i));
	g_print("%u items\n", g_list_length(list));
}

int main(void)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	gint sum = 0;
	GThreadPool *pool = g_thread_pool_new(work, &sum, 3, TRUE, NULL);

	for (int i = 0; i < 1000; i++)
		g_hash_table_insert(table, g_strdup_printf("%d", i), g_strdup("value"));
	for (int i = 1; i <= 100; i++)
		g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
	g_thread_pool_free(pool, FALSE, TRUE);
	g_timeout_add(1, tick, loop);
	g_main_loop_run(loop);
	g_print("%u %d\n", g_hash_table_size(table), sum);
	drop();
	g_main_loop_unref(loop);
	g_hash_table_destroy(table);
	return 0;
}
END
gcc -g -O1 "$WORK/prog.c" -o "$WORK/prog" $(pkg-config --cflags --libs glib-2.0) || fail "does not compile"

agrees glib "$WORK/prog"
expect glib '.totals | "\(.lost.blocks) \(.indirect.blocks) \(.cycle.blocks) \(.possible.blocks)"' '0 5 5 0'
finish
