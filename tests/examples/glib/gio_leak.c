// SPDX-License-Identifier: MIT
// Lists, files and streams of GIO.  peek() forgets that g_list_model_get_item() gives a reference
// of its own, once; and one reference is kept by nobody, of an object that others still use.
#include <gio/gio.h>

static GListStore *store;

static __attribute__((noinline)) gboolean peek(guint position)
{
	GObject *item = g_list_model_get_item(G_LIST_MODEL(store), position);
	return G_IS_MEMORY_OUTPUT_STREAM(item);
}

static __attribute__((noinline)) void forget(void)
{
	g_object_ref(store);
}

static void fill(void)
{
	for (int i = 0; i < 4; i++) {
		GOutputStream *stream = g_memory_output_stream_new_resizable();
		g_output_stream_printf(stream, NULL, NULL, NULL, "stream %d", i);
		g_list_store_append(store, stream);
		g_object_unref(stream);
	}
}

static void files(void)
{
	GFile *root = g_file_new_for_path("/");
	GFile *child = g_file_get_child(root, "child");
	GFile *parent = g_file_get_parent(child);
	g_print("%d\n", g_file_equal(root, parent));
	g_object_unref(parent);
	g_object_unref(child);
	g_object_unref(root);
}

static void values(void)
{
	GValue value = G_VALUE_INIT;
	GSimpleAction *action = g_simple_action_new("act", NULL);
	GWeakRef weak;
	g_value_init(&value, G_TYPE_SIMPLE_ACTION);
	g_value_take_object(&value, action);
	g_weak_ref_init(&weak, action);
	GObject *again = g_weak_ref_get(&weak);
	g_object_unref(again);
	g_value_unset(&value);
	g_print("%d\n", g_weak_ref_get(&weak) == NULL);
	g_weak_ref_clear(&weak);
}

int main(void)
{
	store = g_list_store_new(G_TYPE_OUTPUT_STREAM);
	fill();
	files();
	values();
	forget();
	g_print("%d\n", peek(2));
	g_list_store_remove_all(store);
	return 0;
}
