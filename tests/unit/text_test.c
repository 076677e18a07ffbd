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

/* Colour adds escape sequences, and nothing else. */
static void colour_test(void)
{
	struct report_process p = fixture_process();
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
	fixture_check("the text without its colour", text, leaks);
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
	colour_test();
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
