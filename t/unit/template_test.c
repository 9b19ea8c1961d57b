/*
 * Templates: the ones that come with Naru, labels in two languages, limits, bodies, and what is refused.
 * flags: -It -Ifcgi-apps/batchjob
 * link: fcgi-apps/batchjob/ask.c fcgi-apps/batchjob/template.c
 */
#include "tap.h"
#include "template.h"

static struct template t;

static bool parse(struct ctx *ctx, const char *content)
{
	forget(ctx);
	return template_parse(ctx, "x", content, &t);
}

static void test_own(struct ctx *ctx)
{
	static const char *const names[] = { "serial", "mpi", "gpu", "array" };
	for (size_t i = 0; i < COUNT(names); i++) {
		struct bytes content;
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			ctx->lang = (enum lang)lang;
			if (!file_read(ctx, text(ctx->arena, "fcgi-apps/batchjob/templates/%s.conf", names[i]), 65536, &content))
				die("%s", names[i]);
			ok(parse(ctx, arena_copy(ctx->arena, content.at, content.n)), "%s in %s: %s", names[i], lang_code(ctx->lang), ctx->error.detail ? ctx->error.detail : "good");
			ok(!empty(t.title) && !empty(t.hint) && !empty(t.body), "has a title, a hint and a body");
			ok(strstr(t.body, "@command@") != NULL, "and runs the command");
			for (int f = 0; f < ASK_COUNT; f++)
				if (t.fields[f].preset && t.fields[f].kind != FIELD_CHOICE)
					ok(!ask_wrong(ctx, &t.fields[f], (enum ask_what)f, t.fields[f].preset), "preset of %s is good", t.fields[f].name);
		}
	}
	ctx->lang = LANG_EN;
}

static void test_parse(struct ctx *ctx)
{
	ok(parse(ctx, "# comment\n[template]\ntitle = A\ntitle.ko = 가\nfirst-line = #!/bin/sh\norder = 3\n[field nodes]\nmin = 2\nmax=4\nvalue=2\nlabel.ko = 노드들\n"
		"[field gpus]\nshow = no\nvalue = 0\n[body]\n[ -f x ] && @command@ @parameters@\n# end = 1\n"), "a template");
	is(t.title, "A", "title");
	is(t.first_line, "#!/bin/sh", "first line");
	is_int(t.order, 3, "order");
	is_int(t.fields[ASK_NODES].max, 4, "a narrower limit");
	is(t.fields[ASK_NODES].label, "Nodes", "a label of another language is not taken");
	ok(!t.shown[ASK_GPUS] && t.shown[ASK_NODES], "a field that is not shown");
	is(t.body, "[ -f x ] && @command@ @parameters@\n# end = 1\n", "the body is the rest as it is");
	const struct form_table *table = template_table(ctx, &t);
	is_int(table->n, T_COUNT - 1, "one field less in the form");
	int hidden = 0;
	for (size_t i = 0; i < table->n; i++)
		hidden += table->fields[i].kind == FIELD_HIDDEN;
	is_int(hidden, ASK_COUNT - ASK_RARE, "what only scripts have is carried along, unseen");
	ctx->lang = LANG_KO;
	ok(parse(ctx, "[template]\ntitle.ko = 가\ntitle = A\n[field nodes]\nlabel = B\nlabel.ko = 나\n[body]\n"), "in Korean");
	is(t.title, "가", "its own title wins wherever it stands");
	is(t.fields[ASK_NODES].label, "나", "and label");
	ctx->lang = LANG_EN;
}

static void test_refused(struct ctx *ctx)
{
	static const char *const bad[] = { "", "[template]\ntitle = A\n", "[body]\nx\n", "[template]\ntitle = A\nnonsense = 1\n[body]\n", "[nonsense]\n", "[field nonsense]\n",
		"[template]\ntitle = A\nno equals sign\n[body]\n", "[template]\ntitle=A\n[field nodes]\nmax = 999999999\n[body]\n", "[template]\ntitle=A\n[field name]\nmax = 3\n[body]\n",
		"[template]\ntitle=A\n[field nodes]\nshow = maybe\n[body]\n", "[template]\ntitle=A\norder=x\n[body]\n", "[template]\ntitle=A\nfirst-line=/bin/sh\n[body]\n" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!parse(ctx, bad[i]), "refused %zu", i);
		ok(ctx->error.detail && strstr(ctx->error.detail, "x.conf, line"), "with file and line: %s", ctx->error.detail ? ctx->error.detail : "-");
	}
	forget(ctx);
}

static void test_body(struct ctx *ctx)
{
	struct template b = { .body = "@setup@\nsrun @command@ @parameters@\nend $@command\n" };
	is(template_body(ctx->arena, &b, "", "a.out", ""), "srun a.out\nend $@command\n", "empty marks leave no trace");
	is(template_body(ctx->arena, &b, "module load x\nexport A=1", "a.out", "-n 1"), "module load x\nexport A=1\nsrun a.out -n 1\nend $@command\n", "all three");
	is(template_body(ctx->arena, &b, "@command@", "@setup@", ""), "@command@\nsrun @setup@\nend $@command\n", "what is put in is not looked at again");
	const char *values[] = { "a=1", "ab=2", "c=" };
	struct texts v = { values, 3 };
	is(value_in(v, "a", "x"), "1", "value");
	is(value_in(v, "c", "x"), "", "empty value");
	is(value_in(v, "b", "x"), "x", "preset");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	test_own(&ctx);
	test_parse(&ctx);
	test_refused(&ctx);
	test_body(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
