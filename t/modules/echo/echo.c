/*
 * echo: a module for tests of the frame: one route for each thing that the frame does. What it changes is a line at the end of $ECHO_STATE,
 * so a test sees whether a request did something.
 */
#include "app.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL_echo(X) X(text, said) X(text, user) X(text, part) X(text, rest) X(integer, pid) X(form, form)
MODEL(echo);
#define MODEL_SELF struct echo
MODEL_TABLE(echo);

static handler hello, me, admins, parts, form_page, form_post, open_page, open_post, upload, file, slow, crash, full, header, doubled, large;

static const struct route routes[] = {
	{ GET,  "/",              hello,     .role = ROLE_PUBLIC, .help = "Greets" },
	{ GET,  "/me",            me,        .role = ROLE_USER },
	{ GET,  "/expired",       me,        .role = ROLE_EXPIRED },
	{ GET,  "/admin",         admins,    .role = ROLE_ADMIN },
	{ GET,  "/parts/new",     hello,     .role = ROLE_USER },
	{ GET,  "/parts/:a",      parts,     .role = ROLE_USER },
	{ GET,  "/parts/:a/*rest", parts,    .role = ROLE_USER },
	{ GET,  "/form",          form_page, .role = ROLE_USER },
	{ POST, "/form",          form_post, .role = ROLE_USER, .scope = "jobs" },
	{ POST, "/small",         form_post, .role = ROLE_USER, .limit = 1024 },
	{ GET,  "/open",          open_page, .role = ROLE_PUBLIC },
	{ POST, "/open",          open_post, .role = ROLE_PUBLIC, .anyone = true },
	{ POST, "/closed",        open_post, .role = ROLE_PUBLIC },
	{ POST, "/upload",        upload,    .role = ROLE_USER, .scope = "files", .upload = true },
	{ GET,  "/file",          file,      .role = ROLE_USER },
	{ GET,  "/slow",          slow,      .role = ROLE_PUBLIC },
	{ GET,  "/crash",         crash,     .role = ROLE_PUBLIC },
	{ GET,  "/full",          full,      .role = ROLE_PUBLIC },
	{ GET,  "/header",        header,    .role = ROLE_PUBLIC },
	{ GET,  "/doubled",       doubled,   .role = ROLE_PUBLIC },
	{ GET,  "/large",         large,     .role = ROLE_PUBLIC },
};

static const struct choice colours[] = { { "red", "Red" }, { "blue", "Blue" } };

static const struct field rows[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = "Name", .required = true, .max = 64, .grammar = "[A-Za-z][A-Za-z0-9-]*", .grammar_says = "Letters" },
	{ .name = "nodes", .kind = FIELD_INTEGER, .label = "Nodes", .required = true, .min = 1, .max = 64, .preset = "1" },
	{ .name = "colour", .kind = FIELD_CHOICE, .label = "Colour", .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "text", .kind = FIELD_MULTILINE, .label = "Text", .max = 200000 },
};
FORM(echo_form, rows);

static void html(struct out *o, const void *model)
{
	const struct echo *m = model;
	put_raw(o, "<p>", 3);
	put_html(o, m->said);
	put_raw(o, "</p>", 4);
	if (!m->form)
		return;
	static const char begin[] = "<form method=\"post\">", end[] = "</form>";
	put_raw(o, begin, sizeof begin - 1);
	put_hidden(o);
	put_form(o, m->form);
	put_raw(o, end, sizeof end - 1);
}

static const struct view echo_view = { "echo", html, &echo_model };

static struct echo *model(struct req *r, const char *said)
{
	struct echo *m = NEW(r->ctx->arena, struct echo);
	m->said = said;
	m->user = r->who.user;
	m->part = req_part(r, "a");
	m->rest = req_part(r, "rest");
	m->pid = getpid();
	r->title = "Echo";
	return m;
}

/* One write, so that lines of several workers never mix. */
static void note(struct req *r, const char *what)
{
	const char *path = getenv("ECHO_STATE"), *line = text(r->ctx->arena, "%s\n", what);
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die("no state");
	close(fd);
}

static struct reply hello(struct req *r) { return reply_page(r, &echo_view, model(r, "hello")); }
static struct reply me(struct req *r) { return reply_page(r, &echo_view, model(r, r->who.name)); }
static struct reply admins(struct req *r) { return reply_page(r, &echo_view, model(r, "admins")); }
static struct reply parts(struct req *r) { return reply_page(r, &echo_view, model(r, r->path)); }

static struct reply form_page(struct req *r)
{
	struct echo *m = model(r, "form");
	m->form = form_new(r->ctx, &echo_form);
	return reply_page(r, &echo_view, m);
}

static struct reply form_post(struct req *r)
{
	struct echo *m = model(r, "form");
	struct form *form = form_read(r, &echo_form);
	m->form = form;
	if (!form_good(form))
		return reply_page_status(r, 422, &echo_view, m);
	note(r, text(r->ctx->arena, "%s %s %lld %zu", r->who.user, form_text(form, "name"), (long long)form_integer(form, "nodes"), strlen(form_text(form, "text"))));
	return reply_go(r, "/me", "Done: 완료");
}

static struct reply open_page(struct req *r) { return form_page(r); }

static struct reply open_post(struct req *r)
{
	note(r, "open");
	return reply_go(r, "/", NULL);
}

/* Says field, file name, size and sum of the bytes of each part. */
static struct reply upload(struct req *r)
{
	static char block[64 * 1024];
	struct upload part;
	struct buf said;
	bool more;
	buf_in(&said, r->ctx->arena);
	for (;;) {
		if (!upload_next(r, &part, &more))
			return reply_oops(r);
		if (!more)
			break;
		int64_t size = 0;
		uint32_t sum = 0;
		for (size_t got = 1; got > 0; size += (int64_t)got) {
			if (!upload_read(r, block, sizeof block, &got))
				return reply_oops(r);
			for (size_t i = 0; i < got; i++)
				sum = sum * 31 + (unsigned char)block[i];
		}
		buf_printf(&said, "%s %s %lld %u\n", part.field, part.file_name ? part.file_name : "-", (long long)size, sum);
	}
	note(r, "upload");
	return reply_text(r, "text/plain; charset=utf-8", buf_cstr(&said), said.n);
}

static struct reply file(struct req *r)
{
	struct stat st;
	int64_t offset, length;
	bool partial;
	const char *name = req_query(r, "name"), *path = getenv("ECHO_FILE");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 || fstat(fd, &st) != 0)
		return reply_fail(r, KIND_NOT_FOUND, "no file");
	if (!req_range(r, st.st_size, &offset, &length, &partial)) {
		close(fd);
		return reply_oops(r);
	}
	return reply_file(r, fd, offset, length, st.st_size, "application/octet-stream", name);
}

static struct reply slow(struct req *r)
{
	int64_t ms = 0;
	const char *given = req_query(r, "ms");
	if (given && parse_int(given, 0, 600000, &ms))
		usleep((useconds_t)(ms * 1000));
	return hello(r);
}

static struct reply crash(struct req *r)
{
	(void)r;
	abort();
}

static struct reply full(struct req *r) { return reply_fail(r, KIND_UNAVAILABLE, "The disk is full."); }

static struct reply header(struct req *r)
{
	const char *value = req_query(r, "value");
	reply_header(r, "X-Echo", value ? value : "");
	return hello(r);
}

static struct reply doubled(struct req *r)
{
	const char *value = req_query(r, "a");
	reply_cookie(r, "__Host-echo", "set", 0);
	return reply_text(r, "text/plain", value ? value : "-", value ? strlen(value) : 1);
}

static struct reply large(struct req *r)
{
	int64_t n = 0;
	const char *given = req_query(r, "n");
	if (!given || !parse_int(given, 0, 32 << 20, &n))
		n = 0;
	char *body = arena_alloc(r->ctx->arena, (size_t)n + 1);
	for (int64_t i = 0; i < n; i++)
		body[i] = (char)('a' + i % 26);
	return reply_text(r, "text/plain", body, (size_t)n);
}

static bool tick(struct ctx *ctx)
{
	const char *path = getenv("ECHO_TICK");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	(void)ctx;
	if (fd >= 0 && write(fd, "tick\n", 5) == 5)
		close(fd);
	return true;
}

static bool start(struct ctx *ctx)
{
	return getenv("ECHO_BROKEN") ? fail(ctx, KIND_UNAVAILABLE, "broken", "told to be broken") : true;
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "echo", .routes = routes, .n = COUNT(routes), .start = start, .every = 1, .tick = tick };
	return app_main(&app, argc, argv);
}
