// SPDX-License-Identifier: MIT
// A folder keeps its notes, and a note keeps its folder: two GObjects that hold each other.
#include <gio/gio.h>

G_DECLARE_FINAL_TYPE(DemoNote, demo_note, DEMO, NOTE, GObject)
G_DECLARE_FINAL_TYPE(DemoFolder, demo_folder, DEMO, FOLDER, GObject)

struct _DemoNote {
	GObject parent;
	DemoFolder *folder;
};

struct _DemoFolder {
	GObject parent;
	DemoNote *note;
	DemoNote *seen; // weak
};

G_DEFINE_TYPE(DemoNote, demo_note, G_TYPE_OBJECT)
G_DEFINE_TYPE(DemoFolder, demo_folder, G_TYPE_OBJECT)

static void demo_note_dispose(GObject *object)
{
	g_clear_object(&DEMO_NOTE(object)->folder);
	G_OBJECT_CLASS(demo_note_parent_class)->dispose(object);
}

static void demo_note_class_init(DemoNoteClass *class)
{
	G_OBJECT_CLASS(class)->dispose = demo_note_dispose;
}

static void demo_note_init(DemoNote *note)
{
	(void)note;
}

static void demo_folder_dispose(GObject *object)
{
	DemoFolder *folder = DEMO_FOLDER(object);
	g_clear_object(&folder->note);
	g_clear_weak_pointer(&folder->seen);
	G_OBJECT_CLASS(demo_folder_parent_class)->dispose(object);
}

static void demo_folder_class_init(DemoFolderClass *class)
{
	G_OBJECT_CLASS(class)->dispose = demo_folder_dispose;
}

static void demo_folder_init(DemoFolder *folder)
{
	(void)folder;
}

static __attribute__((noinline)) DemoFolder *make(gboolean up)
{
	DemoFolder *folder = g_object_new(demo_folder_get_type(), NULL);
	folder->note = g_object_new(demo_note_get_type(), NULL);
	if (up)
		folder->note->folder = g_object_ref(folder);
	g_set_weak_pointer(&folder->seen, folder->note);
	return folder;
}

int main(void)
{
	DemoFolder *good = make(FALSE), *bad = make(TRUE);
	g_object_unref(good);
	g_object_unref(bad);
	good = bad = NULL;
	g_print("done\n");
	return 0;
}
