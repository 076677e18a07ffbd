// SPDX-License-Identifier: MIT
// A document and its sections, counted by hand; ouro.h is told of every reference.
//
// A document keeps its sections, and retains them. A section knows its document, and retains it
// too: that is the mistake, since neither count can come to 0 as long as the other stands. (The
// current section is kept without a retain; ouro_weak() says that this is meant.) The cure is to
// make the way up weak as well. document_close() takes the sections out first, which is another
// cure, and easily forgotten.
//
// builds: gcc-O0 gcc-O2 clang-O2
// expect: cycle findings=1 blocks=3 bytes=64
// finding: cycle instances=1 blocks=3 bytes=64 members=3 counts=every_count_is_explained
// finding: cycle type=document refcount=2 held=2 stack=document_create,write_draft,main
#include <stdlib.h>

#include "ouro.h"

enum { SECTIONS = 2 };

struct document;

struct section {
	int count;
	int number;
	struct document *document;
};

struct document {
	int count;
	int sections;
	struct section *section[SECTIONS];
	struct section *current;
};

// Each reference is somebody's: the holder is named, so that a report can say whose was not given
// up.

static struct document *document_ref(struct document *document, const void *holder)
{
	ouro_retain_by(document, holder);
	document->count++;
	return document;
}

static void document_unref(struct document *document, const void *holder);

static struct section *section_ref(struct section *section, const void *holder)
{
	ouro_retain_by(section, holder);
	section->count++;
	return section;
}

static void section_unref(struct section *section, const void *holder)
{
	ouro_release_by(section, holder);
	if (--section->count)
		return;
	document_unref(section->document, section);
	free(section);
}

static void document_unref(struct document *document, const void *holder)
{
	ouro_release_by(document, holder);
	if (--document->count)
		return;
	for (int i = 0; i < document->sections; i++)
		section_unref(document->section[i], document);
	free(document);
}

static struct document *document_create(const void *holder)
{
	struct document *document = calloc(1, sizeof(*document));

	ouro_object(document, sizeof(*document), "document");
	ouro_weak(&document->current);
	return document_ref(document, holder);
}

static void document_append(struct document *document)
{
	struct section *section = calloc(1, sizeof(*section));

	ouro_object(section, sizeof(*section), "section");
	section->number = document->sections;
	section->document = document_ref(document, section);
	document->current = section;
	document->section[document->sections++] = section_ref(section, document);
}

static void document_close(struct document *document, const void *holder)
{
	while (document->sections)
		section_unref(document->section[--document->sections], document);
	document_unref(document, holder);
}

// Who works with documents: a holder without memory of its own has an address all the same.
static const char editor[] = "editor";

__attribute__((noinline)) static struct document *write_draft(void)
{
	struct document *document = document_create(editor);

	for (int i = 0; i < SECTIONS; i++)
		document_append(document);
	return document;
}

__attribute__((noinline)) static void edit(void)
{
	document_close(write_draft(), editor); // as it should be
	document_unref(write_draft(), editor); // and as it should not
}

int main(void)
{
	edit();
	return 0;
}
