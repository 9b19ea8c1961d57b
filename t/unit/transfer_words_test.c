/* Transfers in words: how far, how long still, what state, what was chosen. */
#include "mover.h"
#include "state_site.h"
#include "tap.h"
#include "transfer_words.h"

static struct ctx *c;

static void test_percent(void)
{
	struct transfer t = { .state = TRANSFER_RUNNING, .files = 10, .files_done = 1, .bytes = 1000, .bytes_done = 500 };
	is_int(transfer_percent(&t), -1, "nothing is told while it is still being looked");
	t.planned = true;
	is_int(transfer_percent(&t), 50, "by bytes");
	t.files_skipped = 4;
	is_int(transfer_percent(&t), 50, "by files, when some were left out");
	t.files_skipped = 0;
	t.bytes_done = 2000;
	is_int(transfer_percent(&t), 100, "never more than all");
	t.bytes = t.bytes_done = t.files = t.files_done = 0;
	is_int(transfer_percent(&t), 100, "all of nothing");
	t.ended = 5;
	is_int(transfer_percent(&t), -1, "nothing at its end");
}

static void test_left(void)
{
	static const struct { int64_t left; const char *says; } cases[] = {
		{ 0, "less than a minute left" }, { 59, "less than a minute left" }, { 60, "about 1 min left" }, { 300, "about 5 min left" }, { 3600, "about 60 min left" },
		{ 7200, "about 2 h left" }, { 86400, "about 24 h left" }, { 864000, "about 10 days left" },
	};
	struct transfer t = { .state = TRANSFER_RUNNING, .planned = true, .speed = 1000 };
	for (size_t i = 0; i < COUNT(cases); i++) {
		t.bytes = cases[i].left * 1000;
		is(transfer_left_says(c, &t), cases[i].says, "%lld s", (long long)cases[i].left);
	}
	t.speed = 0;
	ok(!transfer_left_says(c, &t), "at no speed nothing is known");
	t.speed = 10;
	t.planned = false;
	ok(!transfer_left_says(c, &t), "nor before all is found");
}

static void test_states(void)
{
	static const struct { struct transfer t; const char *says, *css; bool changing; } cases[] = {
		{ { .state = TRANSFER_QUEUED }, "In the queue", "waiting", true },
		{ { .state = TRANSFER_RUNNING }, "Running", "running", true },
		{ { .state = TRANSFER_RUNNING, .dry = true }, "Trial running", "running", true },
		{ { .state = TRANSFER_WAITING, .next_try = INT64_MAX }, "Waiting for its time", "waiting", false },
		{ { .state = TRANSFER_WAITING, .code = 2001, .next_try = 1 }, "Waiting to try again", "waiting", true },
		{ { .state = TRANSFER_PAUSED }, "Paused", "held", false },
		{ { .state = TRANSFER_DONE }, "Finished", "done", false },
		{ { .state = TRANSFER_DONE, .files_failed = 1 }, "Finished, but not all of it", "failed", false },
		{ { .state = TRANSFER_FAILED, .code = 2001 }, "Stopped by an error", "failed", false },
		{ { .state = TRANSFER_CANCELLED }, "Cancelled", "held", false },
		{ { .state = "of a newer mover" }, "", "held", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		is(transfer_state_says(c, &cases[i].t), cases[i].says, "“%s”", cases[i].says);
		is(transfer_css(&cases[i].t), cases[i].css, "its colour");
		is_int(transfer_changing(&cases[i].t), cases[i].changing, "changes soon, or not");
	}
	ok(!transfer_why(c, &cases[6].t), "nothing to add to a finished one");
	ok(!empty(transfer_why(c, &cases[8].t)) && !empty(transfer_why(c, &cases[7].t)), "a reason for what went wrong");
	ok(!transfer_why(c, &cases[3].t), "none for what waits for its time");
}

static void test_what(void)
{
	static const struct known_place place[] = { { "home", "Home", false } };
	static const char *const names[] = { "a\xff", "b" };
	const struct known_places known = { place, 1 };
	is(selection_says(c, &known, "home", "", (struct texts){ 0 }), "Home", "a place");
	is(selection_says(c, &known, "home", "x/y", (struct texts){ 0 }), "Home/x/y", "a folder");
	is(selection_says(c, &known, "home", NULL, (struct texts){ names, 1 }), "“a?” of Home", "one entry");
	is(selection_says(c, &known, "store-gone", "x", (struct texts){ names, 2 }), "2 entries of store-gone/x", "several, of a place that is gone");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", NULL }, "");
	c = &ctx;
	test_percent();
	test_left();
	test_states();
	test_what();
	arena_free(ctx.arena);
	return done_testing();
}
