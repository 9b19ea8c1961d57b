/*
 * Job scripts: options as sbatch takes them, what is refused, and that what is written reads back.
 * flags: -It -Ifcgi-apps/batchjob
 * link: fcgi-apps/batchjob/ask.c fcgi-apps/batchjob/script.c
 */
#include "script.h"
#include "tap.h"

#include <stdlib.h>

static struct ask ask;
static struct findings found;

static void read_text(struct ctx *ctx, const char *script)
{
	found = (struct findings){ 0 };
	script_read(ctx, script, NULL, &ask, &found);
}

static void read_line(struct ctx *ctx, const char *options)
{
	read_text(ctx, text(ctx->arena, "#!/bin/bash\n#SBATCH %s\n\ntrue\n", options));
}

static const struct { const char *options; enum ask_what what; const char *value; } good[] = {
	{ "--job-name=a.b_c-1", ASK_NAME, "a.b_c-1" }, { "-J x", ASK_NAME, "x" }, { "-Jx", ASK_NAME, "x" }, { "--job-name x", ASK_NAME, "x" },
	{ "-p normal", ASK_PARTITION, "normal" }, { "-A physics", ASK_ACCOUNT, "physics" },
	{ "-t 90", ASK_TIME, "01:30:00" }, { "-t 90:00", ASK_TIME, "01:30:00" }, { "--time=0:30:00", ASK_TIME, "00:30:00" }, { "-t 1-0", ASK_TIME, "1-00:00:00" },
	{ "-t 2-12:30", ASK_TIME, "2-12:30:00" }, { "-t 26:00:00", ASK_TIME, "1-02:00:00" }, { "-t 00:00:01", ASK_TIME, "00:01:00" },
	{ "-N 4", ASK_NODES, "4" }, { "-N4", ASK_NODES, "4" }, { "--nodes=04", ASK_NODES, "4" },
	{ "--ntasks-per-node=2", ASK_TASKS, "2" }, { "-n 8 -N 4", ASK_NTASKS, "8" }, { "--ntasks=3", ASK_NTASKS, "3" },
	{ "-c 16", ASK_CPUS, "16" }, { "--mem=4096", ASK_MEMORY, "4G" }, { "--mem=1500M", ASK_MEMORY, "1500M" }, { "--mem=2T", ASK_MEMORY, "2048G" },
	{ "--mem 4GB", ASK_MEMORY, "4G" }, { "--gpus-per-node=2", ASK_GPUS, "2" }, { "--gres=gpu:2", ASK_GPUS, "2" }, { "--gres gpu", ASK_GPUS, "1" },
	{ "-a 0-9", ASK_ARRAY, "0-9" }, { "--array=1,3,5-9:2%4", ASK_ARRAY, "1,3,5-9:2%4" },
	{ "-d afterok:12:13_4,afterany:5", ASK_DEPENDENCY, "afterok:12:13_4,afterany:5" }, { "--dependency=singleton", ASK_DEPENDENCY, "singleton" },
	{ "--mail-type=fail,begin", ASK_MAIL_TYPE, "BEGIN,FAIL" }, { "--mail-user=a.b+c@example.org", ASK_MAIL_USER, "a.b+c@example.org" },
	{ "-D /home/me", ASK_FOLDER, "/home/me" }, { "--chdir=\"/home/my work\"", ASK_FOLDER, "/home/my work" }, { "-D '/a b'", ASK_FOLDER, "/a b" },
	{ "-D /a\\ b", ASK_FOLDER, "/a b" }, { "-o out-%j.txt", ASK_OUTPUT, "out-%j.txt" }, { "-e err.txt", ASK_ERROR, "err.txt" },
	{ "--hold", ASK_HOLD, "yes" }, { "-H", ASK_HOLD, "yes" }, { "-J x # a comment", ASK_NAME, "x" }, { "-J x -p y", ASK_PARTITION, "y" },
	{ "-J x\r", ASK_NAME, "x" },
	{ "--qos=high", ASK_QOS, "high" }, { "-q high", ASK_QOS, "high" }, { "-C avx2", ASK_CONSTRAINT, "avx2" }, { "--constraint=\"[a|b]&(c*2)\"", ASK_CONSTRAINT, "[a|b]&(c*2)" },
	{ "-N 2-4", ASK_NODES, "2" }, { "-N 2-4", ASK_NODES_MOST, "4" }, { "--nodes=3-3", ASK_NODES_MOST, NULL }, { "-N 2-4 -N 2", ASK_NODES_MOST, NULL },
	{ "--mem-per-cpu=2G", ASK_MEMORY_CPU, "2G" }, { "--gres=gpu:a100:2", ASK_GRES, "gpu:a100:2" }, { "--gres=gpu:a100", ASK_GRES, "gpu:a100:1" },
	{ "--gpus-per-node=a100:4", ASK_GRES, "gpu:a100:4" }, { "--gpus-per-node=2 --gres=gpu:a100:2", ASK_GPUS, NULL }, { "--gres=gpu:a100:2 --gres=gpu:1", ASK_GRES, NULL },
	{ "--exclusive", ASK_EXCLUSIVE, "yes" }, { "--exclusive=user", ASK_EXCLUSIVE, "user" }, { "--nice", ASK_NICE, "100" }, { "--nice=5", ASK_NICE, "5" },
	{ "-b now+1hour", ASK_BEGIN, "now+1hour" }, { "--begin=16:00", ASK_BEGIN, "16:00" }, { "--begin=2030-12-31T23:59:59", ASK_BEGIN, "2030-12-31T23:59:59" },
	{ "--begin=2030-01-01", ASK_BEGIN, "2030-01-01" }, { "--begin=tomorrow", ASK_BEGIN, "tomorrow" }, { "--begin now+60", ASK_BEGIN, "now+60" },
	{ "--requeue", ASK_REQUEUE, "yes" }, { "--signal=USR1@30", ASK_SIGNAL, "USR1@30" }, { "--signal=SIGTERM", ASK_SIGNAL, "TERM@60" }, { "--open-mode=append", ASK_OPEN_MODE, "append" },
	{ "-L matlab:1,ansys", ASK_LICENSES, "matlab:1,ansys" }, { "--reservation=course_1", ASK_RESERVATION, "course_1" }, { "--export=NONE", ASK_EXPORT, "NONE" },
	{ "--export=ALL,A=1,B_2=", ASK_EXPORT, "ALL,A=1,B_2=" }, { "--export=\"A=x y;z\"", ASK_EXPORT, "A=x y;z" },
};

static void test_good(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		read_line(ctx, good[i].options);
		is(ask.value[good[i].what], good[i].value, "%s", good[i].options);
		is_int(found.n, 0, "%s: nothing to say", good[i].options);
	}
}

static const struct { const char *options, *says; } bad[] = {
	{ "--job-name=a;id", "--job-name" }, { "--job-name=$(id)", "--job-name" }, { "--job-name=-x", "--job-name" }, { "--job-name", "needs a value" },
	{ "-J \"a\nb\"", "" }, { "--job-name=0123456789012345678901234567890123456789012345678901234567890123456789", "--job-name" },
	{ "-p a,b", "-p" }, { "-A ;id", "-A" }, { "-t 0", "-t" }, { "-t 1h", "-t" }, { "-t -5", "-t" }, { "-t 1-2-3", "-t" }, { "-t 99999999:00:00", "-t" },
	{ "-N 0", "-N" }, { "-N 4-2", "smaller" }, { "-N 2-", "-N" }, { "-N -4", "-N" }, { "-N 2-4-6", "-N" }, { "-N x", "-N" }, { "-n 0", "-n" }, { "--mem=0", "--mem" }, { "--mem=4X", "--mem" },
	{ "--mem=999999999999999999999", "--mem" }, { "--gres=gpu:a100:0", "gpu:TYPE" }, { "--gres=gpu:a100:65", "gpu:TYPE" }, { "--gres=gpu:", "--gres" }, { "--gpus-per-node=a;b", "gpu:TYPE" }, { "--gres=lustre:1", "gpu:NUMBER" }, { "--gpus-per-node=65", "--gpus-per-node" },
	{ "-a 9-0", "-a" }, { "-a 0-9%0", "-a" }, { "-a 1,", "-a" }, { "-a 1..9", "-a" }, { "-d afterok", "-d" }, { "-d afterok:0", "-d" }, { "-d afterok:1;id", "-d" },
	{ "--mail-type=SOMETIMES", "--mail-type" }, { "--mail-user=a", "--mail-user" }, { "--mail-user=a@b,c@d", "--mail-user" }, { "--mail-user=-a@b", "--mail-user" },
	{ "-D relative", "-D" }, { "-D /a$HOME", "-D" }, { "-o `id`", "-o" }, { "-D \"/a", "not closed" }, { "--wckey=x", "cannot be handed on" },
	{ "--comment=naru:1", "--comment: The comment is how" }, { "--comment \"a b\"", "--comment: The comment" }, { "-w n1", "-w: The batch system's interface takes no lists" },
	{ "--nodelist=n1", "--nodelist: The batch" }, { "-x n1", "no lists of nodes" }, { "--no-requeue", "SLURM_RESTART_COUNT" }, { "-G 2", "--gpus-per-node" },
	{ "--qos=a,b", "--qos" }, { "--qos", "needs a value" }, { "-C ;id", "-C" }, { "-C a$b", "-C" }, { "--mem=1G --mem-per-cpu=1G", "exclude each other" },
	{ "--mem-per-cpu=1X", "--mem-per-cpu" }, { "--exclusive=all", "--exclusive" }, { "--exclusive user", "not an option" }, { "--nice=-5", "--nice" }, { "--nice 5", "not an option" },
	{ "--begin=soon", "--begin" }, { "--begin=2030-13-01", "--begin" }, { "--begin=25:00", "--begin" }, { "--begin=2030-01-01T24:00", "--begin" }, { "--begin=now-1hour", "--begin" },
	{ "--begin=2030-01-00", "--begin" }, { "--begin=now+1fortnight", "--begin" }, { "--signal=B:USR1@60", "B: and R:" }, { "--signal=NONSENSE", "--signal" },
	{ "--open-mode=x", "append or truncate" }, { "-L a:0", "-L" }, { "-L a;b", "-L" }, { "--reservation=a,b", "--reservation" }, { "--export=HOME", "needs its value" },
	{ "--export=A=$B", "--export" }, { "--export=NONE,A=1", "--export" }, { "--export=1A=2", "--export" }, { "--frobnicate=1", "not an option" }, { "--frobnicate 1", "not an option" },
	{ "-Z", "not an option" }, { "word", "not an option" }, { "--hold=yes", "" }, { "--", "not an option" }, { "-", "not an option" },
};

static void test_bad(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		read_line(ctx, bad[i].options);
		if (strchr(bad[i].options, '\n') || same(bad[i].options, "--hold=yes")) {
			ok(find_errors(&found) || !strstr(ask.value[ASK_NAME] ? ask.value[ASK_NAME] : "", "\n"), "%.20s", bad[i].options);
			continue;
		}
		ok(find_errors(&found), "refused: %s", bad[i].options);
		ok(found.n > 0 && strstr(found.at[0].says, bad[i].says), "with a word: %s", found.n ? found.at[0].says : "-");
		is_int(found.n ? found.at[0].line : 0, 2, "and the line");
	}
}

/* ---- lines ---- */

static void test_lines(struct ctx *ctx)
{
	read_text(ctx, "#!/bin/sh\n# hello\n\n   # more\n##SBATCH -J no\n#SBATCHx -J no\n #SBATCH -J no\n#SBATCH\n#SBATCH -J yes\ntrue\n#SBATCH -J late\n");
	is(ask.value[ASK_NAME], "yes", "only lines of the head that begin with #SBATCH");
	is_int(found.n, 1, "one warning");
	ok(!find_errors(&found) && found.at[0].line == 11, "for the late line, with its number");
	read_text(ctx, "#!/bin/sh\n#SBATCH -J one\n#SBATCH -J two\n");
	is(ask.value[ASK_NAME], "two", "the last one counts");
	ok(found.n == 1 && !found.at[0].error && found.at[0].line == 3, "and is mentioned");
	read_text(ctx, "#!/bin/sh\n#SBATCH -N 2\n#SBATCH -n 4");
	is(ask.value[ASK_NTASKS], "4", "no line end at the end, --ntasks after --nodes");
	read_text(ctx, "");
	is_int(found.n, 0, "nothing");
	struct buf b = { 0 };
	buf_in(&b, ctx->arena);
	for (int i = 0; i < 50000; i++)
		buf_text(&b, "#SBATCH -a 1,2,3,4,5,6\n");
	int64_t begin = clock_ms();
	read_text(ctx, buf_cstr(&b));
	ok(find_errors(&found) && clock_ms() - begin < 2000, "50,000 option lines are refused, soon");
}

static void test_whole(struct ctx *ctx)
{
	static const struct { const char *script; bool good; } scripts[] = {
		{ "#!/bin/bash\ntrue\n", true }, { "#!/usr/bin/python3", true }, { "true\n", false }, { "", false }, { "\n#!/bin/sh\n", false },
		{ "#!/bin/sh\r\ntrue\r\n", false }, { "#!/bin/sh\n\xff\n", false }, { "#!/bin/sh\n\xed\x95\x9c\n", true },
	};
	for (size_t i = 0; i < COUNT(scripts); i++) {
		found = (struct findings){ 0 };
		script_check(ctx, scripts[i].script, &found);
		is_int(find_errors(&found), !scripts[i].good, "script %zu", i);
	}
	found = (struct findings){ 0 };
	script_check(ctx, "#!/bin/sh\nsrun srun hostname\n", &found);
	ok(found.n == 1 && !found.at[0].error && found.at[0].line == 2, "srun in srun is mentioned, with its line");
	char *large = arena_alloc(ctx->arena, SCRIPT_MOST + 10);
	memset(large, 'x', SCRIPT_MOST + 1);
	memcpy(large, "#!", 2);
	script_check(ctx, large, &found);
	ok(find_errors(&found), "more than 1 MiB");
	is(script_lines(ctx->arena, "a\r\nb\r\rc\r\n\r\n"), "a\nb\r\rc\n\n", "CR LF becomes LF, a CR alone stays");
	is(script_typed(ctx->arena, "\r\n\n#!/bin/sh\r\n"), "#!/bin/sh\n", "empty lines before #! go");
	is(script_typed(ctx->arena, "\n\ntrue"), "\n\ntrue", "but only before #!");
}

/* ---- round trip ---- */

static const char *const samples[ASK_COUNT][4] = {
	[ASK_NAME] = { "a", "x.y_z-9" }, [ASK_PARTITION] = { "normal", "gpu_2" }, [ASK_ACCOUNT] = { "physics", "a.b" }, [ASK_TIME] = { "00:01:00", "23:59:00", "7-00:00:00" },
	[ASK_NODES] = { "1", "1000" }, [ASK_TASKS] = { "1", "64" }, [ASK_CPUS] = { "2", "128" }, [ASK_MEMORY] = { "1G", "1500M", "2048G" }, [ASK_GPUS] = { "1", "8" },
	[ASK_ARRAY] = { "0-9", "1,3,5-9:2%4" }, [ASK_DEPENDENCY] = { "afterok:1", "singleton" }, [ASK_MAIL_TYPE] = { "END,FAIL", "ALL" },
	[ASK_MAIL_USER] = { "a@b.org" }, [ASK_FOLDER] = { "/home/a", "/home/a b/#c;d", "/\xed\x95\x9c\xea\xb8\x80" }, [ASK_OUTPUT] = { "o-%j.txt", "/x/a (1) & b.out" },
	[ASK_ERROR] = { "e-%A_%a" }, [ASK_HOLD] = { "yes" },
	[ASK_QOS] = { "high" }, [ASK_CONSTRAINT] = { "avx2", "[a|b]&c" }, [ASK_NODES_MOST] = { "2000" }, [ASK_NTASKS] = { "7" }, [ASK_MEMORY_CPU] = { "300M" },
	[ASK_GRES] = { "gpu:a100:2", "gpu:v.1_x:8" }, [ASK_EXCLUSIVE] = { "yes", "user", "mcs" }, [ASK_BEGIN] = { "now+1hour", "2030-01-31T08:00", "7:30" },
	[ASK_NICE] = { "100", "1" }, [ASK_REQUEUE] = { "yes" }, [ASK_SIGNAL] = { "USR1@60", "TERM@1" }, [ASK_OPEN_MODE] = { "append", "truncate" },
	[ASK_LICENSES] = { "matlab:1,ansys" }, [ASK_RESERVATION] = { "course-1" }, [ASK_EXPORT] = { "NONE", "A=1", "ALL,A=b c#;d,E=", "A=\xed\x95\x9c" },
};

/* Of these only one can be. */
static void clear_rivals(struct ask *want)
{
	if (!want->value[ASK_NODES])
		want->value[ASK_NODES_MOST] = NULL;
	if (want->value[ASK_GRES])
		want->value[ASK_GPUS] = NULL;
	if (want->value[ASK_MEMORY_CPU])
		want->value[ASK_MEMORY] = NULL;
}

static const char *pick(int what)
{
	int n = 0;
	while (n < 4 && samples[what][n])
		n++;
	return rand() % 3 == 0 ? NULL : samples[what][rand() % n];
}

static void test_round_trip(struct ctx *ctx)
{
	int wrong = 0;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct ask want = { 0 };
		for (int i = 0; i < ASK_COUNT; i++)
			want.value[i] = pick(i);
		clear_rivals(&want);
		const char *script = script_write(ctx->arena, "#!/bin/bash", &want, "echo '#SBATCH'\n#SBATCHED\n");
		read_text(ctx, script);
		for (int i = 0; i < ASK_COUNT; i++)
			if (!same(want.value[i], ask.value[i]) && ++wrong < 5)
				diag("%s: %s -> %s", ask_rows[i].field.name, want.value[i] ? want.value[i] : "-", ask.value[i] ? ask.value[i] : "-");
		wrong += found.n != 0;
	}
	is_int(wrong, 0, "2,000 generated scripts read back the same");
}

static void test_rows(struct ctx *ctx)
{
	for (int i = 0; i < ASK_COUNT; i++) {
		const struct field *f = &ask_rows[i].field;
		is_int(ask_find(f->name), i, "row %s", f->name);
		if (f->kind == FIELD_FLAG)
			continue;
		ok(ask_wrong(ctx, f, (enum ask_what)i, "a\nb") != NULL, "%s: no line break", f->name);
		ok(ask_wrong(ctx, f, (enum ask_what)i, "x\n#SBATCH --hold") != NULL, "%s: no second line", f->name);
		ok(i == ASK_OUTPUT || i == ASK_ERROR || ask_wrong(ctx, f, (enum ask_what)i, ";id") != NULL, "%s: no ;id", f->name);
		ok(ask_wrong(ctx, f, (enum ask_what)i, "$(id)") != NULL, "%s: no $(id)", f->name);
		ok(i == ASK_OUTPUT || i == ASK_ERROR || ask_wrong(ctx, f, (enum ask_what)i, "-x") != NULL, "%s: no dash first", f->name);
		char *huge = arena_alloc(ctx->arena, 10241);
		memset(huge, 'a', 10240);
		ok(ask_wrong(ctx, f, (enum ask_what)i, huge) != NULL, "%s: not 10 KiB", f->name);
	}
	is_int(ask_find("nothing"), -1, "no such row");
}

static void test_array(void)
{
	static const struct { const char *value; int64_t n, last; } arrays[] = { { "0-9", 10, 9 }, { "5", 1, 5 }, { "0-9:2", 5, 9 }, { "1,2,7%2", 3, 7 }, { "0-0", 1, 0 },
		{ "", -1, 0 }, { "1-", -1, 0 }, { "a", -1, 0 }, { "1-2-3", -1, 0 }, { "0-9:0", -1, 0 }, { "1%", -1, 0 }, { "1%0", -1, 0 }, { "3-1", -1, 0 } };
	for (size_t i = 0; i < COUNT(arrays); i++) {
		int64_t last;
		is_int(array_size(arrays[i].value, &last), arrays[i].n, "array \"%s\"", arrays[i].value);
		ok(arrays[i].n < 0 || last == arrays[i].last, "its last");
	}
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	test_good(&ctx);
	test_bad(&ctx);
	test_lines(&ctx);
	test_whole(&ctx);
	test_round_trip(&ctx);
	test_rows(&ctx);
	test_array();
	arena_free(ctx.arena);
	return done_testing();
}
