/* headers_test: nothing that a handler passes on can begin another header. */
#include "frame_site.h"
#include "tap.h"

#include <sys/wait.h>
#include <unistd.h>

static struct site s;

/* Exit status of a process that runs fn(arg). */
static int ends_with(void (*fn)(const char *), const char *arg)
{
	int status = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		fclose(stderr);
		close(STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void value(const char *v) { reply_header(&s.r, "X-Test", v); }
static void name(const char *n) { reply_header(&s.r, n, "v"); }
static void cookie(const char *v) { reply_cookie(&s.r, "__Host-x", v, 0); }
static void cookie_name(const char *n) { reply_cookie(&s.r, n, "v", 0); }

/* However the answer is wanted, it never leads to another site. */
static void test_locations(struct arena *arena)
{
	static const char *const foreign[] = { "//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a b", "/a\nb" };
	for (size_t i = 0; i < COUNT(foreign); i++) {
		site_begin(&s, arena, "A=b");
		s.r.json = true;
		struct reply reply = reply_go(&s.r, foreign[i], "Done");
		is(arena_copy(arena, (const char *)reply.state->memory.at, reply.state->memory.n), "{\"message\":\"Done\",\"location\":\"/\"}\n", "foreign %zu in JSON", i);
		ok(starts_with(buf_cstr(&s.state.headers), "Location: /\r\n"), "and in the header");
	}
	site_begin(&s, arena, "A=b");
	reply_go(&s.r, "/jobs?page=2", NULL);
	is(buf_cstr(&s.state.headers), "Location: /jobs?page=2\r\n", "a path of this site");
}

int main(void)
{
	struct arena *arena = arena_new(0);
	static const char *const bad[] = { "a\nb", "a\r\nSet-Cookie: x=y", "\r", "a\tb", "\x1b[0m", "\x7f", "\x01" };
	static const char *const bad_names[] = { "", "a:b", "a\r\nb", "X\n" };
	static const char *const bad_cookies[] = { "a b", "a;b", "a,b", "a\"b", "a\\b", "a\nb", "\xc3\xa9" };
	static const char *const bad_cookie_names[] = { "naru", "__Secure-x", "__host-x" };
	site_begin(&s, arena, "A=b");
	for (size_t i = 0; i < COUNT(bad); i++)
		is_int(ends_with(value, bad[i]), 70, "bad value %zu", i);
	for (size_t i = 0; i < COUNT(bad_names); i++)
		is_int(ends_with(name, bad_names[i]), 70, "bad name %zu", i);
	for (size_t i = 0; i < COUNT(bad_cookies); i++)
		is_int(ends_with(cookie, bad_cookies[i]), 70, "bad cookie %zu", i);
	for (size_t i = 0; i < COUNT(bad_cookie_names); i++)
		is_int(ends_with(cookie_name, bad_cookie_names[i]), 70, "bad name of a cookie %zu", i);
	is_int(ends_with(value, "plain ~ 한"), 0, "a plain value");
	value("one");
	cookie("v-1_.~");
	reply_cookie(&s.r, "__Host-y", "kept", 60);
	reply_cookie(&s.r, "__Host-z", "gone", -1);
	is(buf_cstr(&s.state.headers),
		"X-Test: one\r\n"
		"Set-Cookie: __Host-x=v-1_.~; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
		"Set-Cookie: __Host-y=kept; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60\r\n"
		"Set-Cookie: __Host-z=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0\r\n", "headers as they are sent");
	test_locations(arena);
	arena_free(arena);
	return done_testing();
}
