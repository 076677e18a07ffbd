// SPDX-License-Identifier: MIT
/*
 * sampled_test - reports of what was recorded with fewer stacks: what is an estimate is marked, and
 * what is missing is said, in text and in JSON.
 */
#include "report_fixture.h"

static const struct render_options plain;

static struct report_finding findings[] = {
	{ .id = "00000000000000a1",
	  .class = REPORT_LOST,
	  .instances = 2,
	  .blocks = 2,
	  .bytes = 96,
	  .held_blocks = 7,
	  .held_bytes = 700,
	  .is_sampled = true,
	  .estimated_blocks = 43691,
	  .estimated_bytes = 2097152,
	  .stack = FIXTURE_STACK(fixture_child),
	  .cut = -1 },
	{ .id = "00000000000000a2",
	  .class = REPORT_LOST,
	  .instances = 40000,
	  .blocks = 40000,
	  .bytes = 1000000,
	  .stack = { .bare = true },
	  .cut = -1 },
};

static struct report_held held[] = {
	{ .blocks = 3,
	  .bytes = 144,
	  .estimated_blocks = 32768,
	  .estimated_bytes = 1572864,
	  .stack = { .frames = fixture_child, .count = 1, .truncated = true, .cut = true } },
	{ .blocks = 1,
	  .bytes = 48,
	  .estimated_blocks = 10923,
	  .estimated_bytes = 524288,
	  .stack = { .frames = fixture_child, .count = 1, .truncated = true, .cut = true } },
};

static struct report_process process_sampled(void)
{
	struct report_process p = fixture_process();
	p.coverage = (struct report_coverage){ .blocks_tracked = 12345,
					       .stack_depth = 1,
					       .sample_bytes = 524288 };
	p.findings = findings;
	p.finding_count = 2;
	p.held = held;
	p.held_count = 2;
	p.suppressed = (struct report_total){ 0 };
	return p;
}

static void contains(const char *text, const char *wanted)
{
	if (!strstr(text, wanted)) {
		fprintf(stderr, "not there: %s\nin: %s\n", wanted, text);
		CHECK(!"contained");
	}
}

static void text_shows(void)
{
	struct report_process p = process_sampled();
	char *text = fixture_render("text", &p, 1, &plain);

	contains(text,
		 "\n1. lost: ~2,097,152 bytes (2.0 MiB) in ~43,691 blocks (estimated from 2), "
		 "which hold 700 bytes in 7 blocks\n");
	contains(text, "\n2. lost: 1,000,000 bytes in 40,000 blocks\n   made by\n"
		       "      (no stack: not in the sample)\n");
	contains(text, "\n--- what these hold, by stack, as far as it is in the sample\n"
		       "\n   ~1,572,864 bytes (1.5 MiB) in ~32,768 blocks (estimated from 3) "
		       "made by\n      #0 ");
	contains(text, "\n   ~524,288 bytes in ~10,923 blocks (estimated from 1) made by\n");
	contains(text, "      (cut at 1 frame, as asked)\n");
	free(text);
	text = fixture_render("text", &p, 1, &(struct render_options){ .max_findings = 1 });
	contains(text, "\n... and 1 stack more\n");
	CHECK(!strstr(text, "524,288"));
	free(text);
	p.coverage.no_stacks = true;
	text = fixture_render("text", &p, 1, &plain);
	contains(text, "(no stack: none was recorded, as asked)");
	free(text);
}

static void json_shows(void)
{
	struct report_process p = process_sampled();
	char *text = fixture_render("json", &p, 1, &plain);

	contains(text,
		 "\"stacks\": true,\n    \"stack_depth\": 1,\n    \"sample_bytes\": 524288,\n");
	contains(text, "\"blocks\": 2,\n      \"bytes\": 96,\n      \"held_blocks\": 7,\n"
		       "      \"held_bytes\": 700,\n      \"sampled\": true,\n"
		       "      \"estimated_blocks\": 43691,\n      \"estimated_bytes\": 2097152,\n");
	contains(text, "\"sampled\": false,\n      \"estimated_blocks\": null,\n"
		       "      \"estimated_bytes\": null,\n");
	contains(text, "\"held_stacks\": [\n    {\n      \"blocks\": 3,\n      \"bytes\": 144,\n"
		       "      \"estimated_blocks\": 32768,\n      \"estimated_bytes\": 1572864,\n"
		       "      \"stack\": [\n");
	free(text);
	p.coverage.no_stacks = true;
	p.coverage.stack_depth = p.coverage.sample_bytes = 0;
	text = fixture_render("json", &p, 1, &plain);
	contains(text,
		 "\"stacks\": false,\n    \"stack_depth\": null,\n    \"sample_bytes\": null,\n");
	free(text);
}

int main(void)
{
	text_shows();
	json_shows();
	return check_status();
}
