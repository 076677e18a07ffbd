/* SPDX-License-Identifier: MIT */
/* The text report, to the letter: what leaks, what is clean, what was killed, several at once. */
#include "report_fixture.h"

static const char leaks[] =
	"ouro: pid 4711: build/family --size 3\n"
	"\n"
	"1. 3 cycles alike: 264 bytes in 6 blocks, holding 1,500 bytes in 3 blocks more\n"
	"   ROOT CYCLE: <0x5581d0c0> [48]\n"
	"      +0x18 --> <0x5581d100> [40]\n"
	"         +0x8 --> CYCLE BACK TO <0x5581d0c0> [48]\n"
	"   to break it, make +0x8 of <0x5581d100> weak:\n"
	"      the way back\n"
	"   made by (<0x5581d0c0>)\n"
	"      #0  std::make_unique<Parent>()  bits/unique_ptr.h:962 (inlined)\n"
	"      #1  make_parent()               src/parent.cc:12\n"
	"      #2  raise_family(int)           src/parent.cc:30\n"
	"      #3  main                        src/parent.cc:40\n"
	"   made by (<0x5581d100>)\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      ... 2 more, as above\n"
	"\n"
	"2. lost: 16 bytes in 1 block, holding 144 bytes in 9 blocks more\n"
	"   made by\n"
	"      #0  list_new\\x1b[31m  liblist.so.2\n"
	"      #1  ?                 liblist.so.2+0x610\n"
	"      #2  main              src/parent.cc:44\n"
	"\n"
	"--- possible, not counted: held only by pointers into their middle\n"
	"\n"
	"3. possible: 2,097,152 bytes (2.0 MiB) in 1 block\n"
	"   made by\n"
	"      (no stack: none was taken)\n"
	"\n"
	"suppressed: 1 finding, 5 bytes in 1 block\n"
	"\n"
	"note: 1 stack is cut short\n"
	"note: no names for /opt/liblist.so.2: the file could not be opened\n"
	"ouro: leaks: 1,924 bytes in 19 blocks (3 cycles, 1 lost); 12,345 blocks tracked; 1 "
	"possible, 1 suppressed\n";

static const char counted[] =
	"ouro: pid 4712: build/family --size 3\n"
	"\n"
	"1. over-retained: Image, 64 bytes in 1 block, holding 1,024 bytes in 2 blocks more\n"
	"   <Image 0x5581f000> [64]: count 5, held 2: 3 releases missing\n"
	"   never matched: 2 of 3 retains (no pointer is left)\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      #1  raise_family(int)    src/parent.cc:30\n"
	"      #2  main                 src/parent.cc:40\n"
	"   never matched: 1 retain by <Window\\x1b[31m 0x5581f100> (its holder was freed)\n"
	"      #0  list_new\\x1b[31m  liblist.so.2\n"
	"      #1  ?                 liblist.so.2+0x610\n"
	"      #2  main              src/parent.cc:44\n"
	"   also released: 2 releases that named nobody (set off against a retain that named its "
	"holder)\n"
	"      (no stack: none was taken)\n"
	"   held: 1 hold\n"
	"      #0  std::make_unique<Parent>()  bits/unique_ptr.h:962 (inlined)\n"
	"      #1  make_parent()               src/parent.cc:12\n"
	"      ... 2 more, as above\n"
	"   made by\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      ... 2 more, as above\n"
	"\n"
	"2. over-released: 16 bytes in 1 block\n"
	"   <0x5581e000> [16]\n"
	"   released below zero: 2 releases\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      #1  raise_family(int)    src/parent.cc:30\n"
	"      #2  main                 src/parent.cc:40\n"
	"   its count reached 0 here\n"
	"      #0  list_new\\x1b[31m  liblist.so.2\n"
	"      #1  ?                 liblist.so.2+0x610\n"
	"      #2  main              src/parent.cc:44\n"
	"   made by\n"
	"      #0  list_new\\x1b[31m  liblist.so.2\n"
	"      #1  ?                 liblist.so.2+0x610\n"
	"      #2  main              src/parent.cc:44\n"
	"\n"
	"3. cycle: 88 bytes in 2 blocks\n"
	"   ROOT CYCLE: <Parent 0x55820000> [48]\n"
	"      +0x10 --> <Child 0x55820040> [40]\n"
	"         retains --> CYCLE BACK TO <Parent 0x55820000> [48]\n"
	"   to break it, let <Child 0x55820040> not retain <Parent 0x55820000>:\n"
	"      the way back\n"
	"   counts: Child has a count of 2, but 1 reference to it was found\n"
	"      <Parent 0x55820000>: count 1, held 1\n"
	"         1 retain by <Child 0x55820040> in make_parent(), src/parent.cc:12, from "
	"raise_family(int):30\n"
	"      <Child 0x55820040>: count 2, held 1: 1 release missing\n"
	"         1 retain by <Parent 0x55820000> in make_child(Parent&), src/parent.cc:19, from "
	"raise_family(int):30\n"
	"   never matched of <Child 0x55820040>: 1 unseen retain (no pointer is left)\n"
	"   made by\n"
	"      #0  std::make_unique<Parent>()  bits/unique_ptr.h:962 (inlined)\n"
	"      #1  make_parent()               src/parent.cc:12\n"
	"      #2  raise_family(int)           src/parent.cc:30\n"
	"      #3  main                        src/parent.cc:40\n"
	"\n"
	"--- the counts and the memory disagree: not counted\n"
	"\n"
	"4. disagreement: Cache, 3 objects: the counts say unreachable, memory says reachable\n"
	"   <Cache 0x55830000> [128]: a pointer that retains nothing keeps it: a global variable\n"
	"   made by\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      #1  raise_family(int)    src/parent.cc:30\n"
	"      #2  main                 src/parent.cc:40\n"
	"\n"
	"ouro: leaks: 1,176 bytes in 5 blocks (1 cycle, 1 over-retained, 1 over-released); 50 "
	"blocks tracked; 1 disagreement\n";

static const char killed[] =
	"ouro: pid 4712: build/family --size 3\n"
	"\n"
	"--- live, by stack: whether it was lost is not known\n"
	"\n"
	"1. live: 4,000 bytes in 20 blocks\n"
	"   made by\n"
	"      #0  make_child(Parent&)  src/parent.cc:19\n"
	"      #1  raise_family(int)    src/parent.cc:30\n"
	"      #2  main                 src/parent.cc:40\n"
	"\n"
	"... and 11 more: 43,934 bytes in 154 blocks\n"
	"\n"
	"ouro: unchecked: killed before a snapshot; 174 blocks, 46.8 KiB were live\n";

static const char several[] =
	"ouro: pid 4712: build/family --size 3\n"
	"ouro: unchecked: killed before a snapshot\n"
	"\n"
	"ouro: clean: 1 block tracked, none lost (pid 4712: build/family --size 3)\n"
	"\n"
	"ouro: unchecked: 2 processes: 1 unchecked, 1 clean\n";

static const struct render_options plain = { .max_findings = 0 };

static struct report_process process_clean(void)
{
	struct report_process p = fixture_process();
	p.pid = 4712;
	p.verdict = VERDICT_CLEAN;
	p.finding_count = 0;
	p.coverage = (struct report_coverage){ .blocks_tracked = 1 };
	p.suppressed = (struct report_total){ 0 };
	memset(p.totals, 0, sizeof(p.totals));
	return p;
}

static struct report_process process_killed(void)
{
	static struct report_finding live[12];
	struct report_process p = process_clean();
	for (size_t i = 0; i < 12; i++)
		live[i] = (struct report_finding){ .class = REPORT_REACHABLE,
						   .blocks = 20 - i,
						   .bytes = 4000 - i,
						   .stack = FIXTURE_STACK(fixture_child),
						   .cut = -1 };
	p.verdict = VERDICT_UNCHECKED;
	p.reason = "killed before a snapshot";
	p.killed = true;
	p.findings = live;
	p.finding_count = 12;
	p.live = (struct report_total){ 12, 174, 47934 };
	return p;
}

/* Long lists are cut, unless all is asked for. */
static void many_retains_test(void)
{
	enum { RETAINS = 9 };
	struct report_retain retains[2 * RETAINS];
	struct report_disagreement others[12];
	for (size_t i = 0; i < RETAINS; i++) {
		retains[i] = (struct report_retain){ .count = 10 + i, .held = i, .why = "it is" };
		retains[RETAINS + i] = (struct report_retain){ .count = 1, .held = 1 };
	}
	for (size_t i = 0; i < 12; i++)
		others[i] = fixture_disagreements[0];
	struct report_process p = fixture_counted_process();
	struct report_finding finding = fixture_counted[0];
	finding.retains = retains;
	finding.retain_count = 2 * RETAINS;
	p.findings = &finding;
	p.finding_count = 1;
	p.disagreements = others;
	p.disagreement_count = 12;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "   never matched: 10 of 15 retains (it is)\n   ... and 30 more\n"));
	CHECK(strstr(text, "   held: 1 retain\n   ... and 3 more\n"));
	CHECK(strstr(text, "\n11. disagreement: ") && strstr(text, "\n... and 2 more\n"));
	free(text);
	text = fixture_render("text", &p, 1, &(struct render_options){ .verbose = true });
	CHECK(strstr(text, "   never matched: 10 of 18 retains (it is)\n   held: 1 retain\n"));
	CHECK(strstr(text, "\n13. disagreement: ") && !strstr(text, "more\n   "));
	free(text);
}

/* Freed while it was retained; nothing but a release too many; a cycle in full. */
static void counted_test(void)
{
	struct report_process p = fixture_counted_process();
	struct report_event freed = { .what = "it was freed here, while its count was 5",
				      .stack = FIXTURE_STACK(fixture_list) };
	struct report_finding finding = fixture_counted[0];
	struct report_retain retain = { .count = 1, .holder = "block" };
	finding.events = &freed;
	finding.event_count = 1;
	p.findings = &finding;
	p.finding_count = 1;
	p.disagreement_count = 0;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "count 5, held 2: 3 releases missing\n"
			   "   it was freed here, while its count was 5\n"
			   "      #0  list_new\\x1b[31m"));
	free(text);
	finding.instances = 3;
	finding.retains = &retain;
	finding.retain_count = 1;
	text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "\n1. over-retained, 3 alike: Image, "));
	CHECK(strstr(text, "\n   one of them: <Image 0x5581f000> [64]: count 5"));
	CHECK(strstr(text, "\n   never matched: 1 retain by somebody who is gone\n"));
	free(text);
	retain = (struct report_retain){ .count = 1, .holder_address = 0x404080 };
	text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "\n   never matched: 1 retain by <outside of the heap 0x404080>\n"));
	free(text);
	struct report_member idle = fixture_list_member[0];
	struct report_finding lost = fixture_findings[1];
	lost.members = &idle;
	idle.refcount = 0;
	p.findings = &lost;
	text = fixture_render("text", &p, 1, &plain);
	CHECK(!strstr(text, "count"));
	free(text);
	p.findings = &fixture_counted[1];
	memset(p.totals, 0, sizeof(p.totals));
	p.totals[REPORT_OVER_RELEASED] = (struct report_total){ 1, 1, 16 };
	text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "\nouro: leaks: 1 over-released; 50 blocks tracked\n"));
	free(text);
	p.findings = &fixture_counted[2];
	text = fixture_render("text", &p, 1, &(struct render_options){ .verbose = true });
	CHECK(strstr(text, "   held of <Child 0x55820040>: 1 retain by <Parent 0x55820000>\n"
			   "      #0  make_child(Parent&)  "));
	free(text);
	p.killed = true; /* judged by the counts alone */
	p.finding_count = 1;
	text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "\n1. cycle: 88 bytes"));
	free(text);
}

/* What the cycle itself explains is said in one line, unless all is asked for. */
static void explained_test(void)
{
	struct report_process p = fixture_counted_process();
	struct report_member members[2] = { fixture_couple[0], fixture_couple[1] };
	struct report_finding finding = fixture_counted[2];
	finding.members = members;
	p.findings = &finding;
	p.finding_count = 1;
	members[0].is_explained = true;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(!strstr(text, "<Parent 0x55820000>: count 1"));
	CHECK(strstr(text, "was found\n      <Child 0x55820040>: count 2, held 1: 1 release"));
	free(text);
	members[1].is_explained = true;
	finding.counts_say = "all is well";
	finding.retain_count = 2;
	text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "   counts: all is well\n   made by\n"));
	free(text);
	text = fixture_render("text", &p, 1, &(struct render_options){ .verbose = true });
	CHECK(strstr(text, "   counts: all is well\n      <Parent 0x55820000>: count 1, held 1\n"));
	free(text);
}

/* References between the same two, some of them weak: which is said, and only the others are to
 * become weak. */
static void parallel_test(void)
{
	struct report_process p = fixture_counted_process();
	struct report_finding finding = fixture_counted[2];
	struct report_edge edges[] = {
		{ .from = 0, .to = 1, .offset = 16, .kind = REPORT_EDGE_WEAK },
		{ .from = 0, .to = 1, .offset = 24 },
		{ .from = 1, .to = 0, .offset = 8, .kind = REPORT_EDGE_WEAK },
		{ .from = 1, .to = 0, .offset = 16, .kind = REPORT_EDGE_WEAK },
	};
	finding.edges = edges;
	finding.edge_count = 4;
	finding.cut = 1;
	p.findings = &finding;
	p.finding_count = 1;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "      +0x10 (weak), +0x18 --> <Child 0x55820040> [40]\n"));
	CHECK(strstr(text, "+0x8, +0x10 --> CYCLE BACK TO <Parent 0x55820000> [48]  (weak)\n"));
	CHECK(strstr(text, "to break it, make +0x18 of <Parent 0x55820000> weak:\n"));
	free(text);
}

/* Colour adds escape sequences, and nothing else. */
static void colour_test(struct report_process p, const char *wanted)
{
	char *text = fixture_render("text", &p, 1, &(struct render_options){ .color = true });
	char *to = text;
	CHECK(strstr(text, "\033[1;31mleaks\033[0m"));
	for (char *at = text; *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			*to++ = *at;
	}
	*to = '\0';
	fixture_check("the text without its colour", text, wanted);
}

/* A ring of n blocks, each of which also refers to itself: 2n references. */
static void long_cycle_test(void)
{
	enum { RING = 40 };
	struct report_member members[RING];
	struct report_edge edges[2 * RING];
	for (uint32_t i = 0; i < RING; i++) {
		members[i] = (struct report_member){ .address = 0x1000 + i * 16, .size = 16 };
		edges[2 * i] = (struct report_edge){ .from = i, .to = i, .offset = 0 };
		edges[2 * i + 1] = (struct report_edge){ i, (i + 1) % RING, 8, NULL, 0 };
	}
	struct report_finding ring = { .class = REPORT_CYCLE,
				       .instances = 1,
				       .blocks = RING,
				       .bytes = RING * 16,
				       .members = members,
				       .member_count = RING,
				       .member_total = RING,
				       .edges = edges,
				       .edge_count = 2 * RING,
				       .cut = -1 };
	struct report_process p = fixture_process();
	p.findings = &ring;
	p.finding_count = 1;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "ROOT CYCLE: <0x1000> [16]\n"));
	CHECK(strstr(text, "... 60 more references ...\n"));
	CHECK(strstr(text, "+0x8 --> CYCLE BACK TO <0x1000> [16]\n"));
	free(text);
	text = fixture_render("text", &p, 1, &(struct render_options){ .verbose = true });
	size_t lines = 0;
	for (const char *at = text; (at = strstr(at, " --> ")); at++)
		lines++;
	CHECK_EQUAL(lines, 2 * RING);
	free(text);
}

static void name_test(const char *name, const char *shown)
{
	const struct report_frame frame = { .function = name, .module = "/x" };
	struct report_finding finding = { .class = REPORT_LOST,
					  .stack = { .frames = &frame, .count = 1 },
					  .cut = -1 };
	struct report_process p = fixture_process();
	p.findings = &finding;
	p.finding_count = 1;
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, shown));
	free(text);
}

int main(void)
{
	struct report_process p = fixture_process();
	struct report_process both[] = { process_killed(), process_clean() };
	both[0].finding_count = 0;
	fixture_check("the report of leaks", fixture_render("text", &p, 1, &plain), leaks);
	p = process_clean();
	fixture_check("the clean report", fixture_render("text", &p, 1, &plain),
		      "ouro: clean: 1 block tracked, none lost\n");
	p = process_killed();
	fixture_check("the report of a killed process",
		      fixture_render("text", &p, 1, &(struct render_options){ .max_findings = 1 }),
		      killed);
	char *text = fixture_render("text", &p, 1, &plain);
	CHECK(strstr(text, "\n10. live") &&
	      strstr(text, "\n... and 2 more: 7,979 bytes in 19 blocks"));
	free(text);
	fixture_check("the report of several", fixture_render("text", both, 2, &plain), several);
	p = fixture_counted_process();
	fixture_check("the report of counts", fixture_render("text", &p, 1, &plain), counted);
	counted_test();
	explained_test();
	parallel_test();
	many_retains_test();
	colour_test(fixture_process(), leaks);
	colour_test(fixture_counted_process(), counted);
	long_cycle_test();
	name_test("short<int>(int)", "#0  short<int>(int)  x\n");
	name_test("std::vector<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
		  "std::allocator<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa> >::operator<< <int>(int)",
		  "#0  std::vector<...>::operator<< <...>(int)  x\n");
	name_test(
		"a name<with brackets that do not pair, and so long that it would have to be made "
		"shorter somehow",
		"#0  a name<with brackets that do not pair, and so long that it would have to be "
		"made shorter somehow  x\n");
	return check_status();
}
