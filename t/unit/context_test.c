/* The first error wins; deadlines; languages; a log line cannot be split by what it says. */
#include <unistd.h>

#include "base.h"
#include "tap.h"

static struct ctx ctx;

static void test_errors(void)
{
	ok(!fail(&ctx, KIND_NOT_FOUND, "first", "detail %d", 1), "fail() is false");
	ok(!fail(&ctx, KIND_INTERNAL, "second", "detail %d", 2), "also again");
	is_int(ctx.error.kind, KIND_NOT_FOUND, "the first kind");
	is(ctx.error.message, "first", "the first message");
	is(ctx.error.detail, "detail 1", "the first detail");
	forget(&ctx);
	is_int(ctx.error.kind, KIND_NONE, "forgotten");
	fail(&ctx, KIND_INVALID, "third", NULL);
	ok(ctx.error.kind == KIND_INVALID && !ctx.error.detail, "no detail is fine");
	forget(&ctx);
}

static void test_deadline(void)
{
	is_int(ctx_left_ms(&ctx, 5000), 5000, "without a deadline: the most");
	ctx.deadline = clock_ms() + 60000;
	is_int(ctx_left_ms(&ctx, 5000), 5000, "a far one: the most");
	ok(ctx_left_ms(&ctx, 100000) <= 60000 && ctx_left_ms(&ctx, 100000) > 50000, "what is left");
	ctx.deadline = clock_ms() - 1000;
	is_int(ctx_left_ms(&ctx, 5000), 1, "past: 1, never 0 or less");
	ctx.deadline = 0;
}

static void test_languages(void)
{
	enum lang lang = LANG_KO;

	ok(lang_parse("en", &lang) && lang == LANG_EN && lang_parse("ko", &lang) && lang == LANG_KO, "known codes");
	ok(!lang_parse("fr", &lang) && !lang_parse("", &lang) && !lang_parse(NULL, &lang) && lang == LANG_KO, "unknown ones change nothing");
	is(lang_code(LANG_KO), "ko", "and back");
}

/* What log_line() writes, by way of a pipe. */
static void logged(const char *said, char *line, size_t room)
{
	int ends[2], err = dup(STDERR_FILENO);

	if (pipe(ends) != 0)
		die("pipe");
	dup2(ends[1], STDERR_FILENO);
	log_line(&ctx, "%s", said);
	dup2(err, STDERR_FILENO);
	close(err);
	close(ends[1]);
	ssize_t n = read(ends[0], line, room - 1);
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
}

static void test_log(void)
{
	char line[8192], longest[8000];

	ctx.tag = "r17";
	program = "naru-test";
	logged("one\ntwo\r\033[31m\x7f", line, sizeof line);
	ok(strstr(line, "one\\x0atwo\\x0d\\x1b[31m\\x7f\n") != NULL, "control bytes are visible");
	ok(strchr(line, '\n') == line + strlen(line) - 1, "one line only");
	ok(strstr(line, " naru-test[") && strstr(line, "] r17 one"), "program and tag");
	memset(longest, 1, sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	logged(longest, line, sizeof line);
	ok(strlen(line) < 4096 && line[strlen(line) - 1] == '\n', "a line has an end");
	ctx.tag = NULL;
}

int main(void)
{
	ctx.arena = arena_new(0);
	test_errors();
	test_deadline();
	test_languages();
	test_log();
	arena_free(ctx.arena);
	return done_testing();
}
