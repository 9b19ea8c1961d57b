/*
 * What networks do to a store in use: with a real launcher, a real connector, a real server, and t/modules/proxy between the two. t/store_faults.t
 * runs it with each kind of server. Whatever happens: an answer comes in time, what was there is as it was or whole and new, no unfinished
 * name is seen, and the next request works. Run as root, with the variables of store_contract_test.c and
 *
 * STORE_TARGET: the address where the server is; STORE_HOST is where the proxy stands; STORE_PORTS: what it passes on, beside STORE_PORT.
 */
#include "store_contract_site.h"

#define OLD 700001
#define FRESH 3000017
#define WAIT_MS 2500  /* of a request; its connector is asked again once when it ended */

static FILE *orders, *answers;

/* ---- the proxy ---- */

static void proxy_start(const char *argv0)
{
	int to[2], from[2];
	char line[64], *port = text(site_arena, "%lld", (long long)good.port);
	if (pipe(to) || pipe(from))
		die("no pipes");
	if (fork() == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		const char *path = site_program(argv0, "../t/proxy");
		execl(path, "proxy", good.host, variable("STORE_TARGET", "127.0.0.1"), port, getenv("STORE_PORTS"), (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	orders = fdopen(to[1], "w");
	answers = fdopen(from[0], "r");
	if (!orders || !answers || !fgets(line, sizeof line, answers) || !starts_with(line, "ready"))
		die("no proxy");
}

static unsigned well_after; /* seconds: the network is well again by itself; 0: not */
static volatile sig_atomic_t unheard; /* answers to orders that nobody waited for */

static void order(const char *line)
{
	char said[100] = "";
	alarm(0);
	fprintf(orders, "%s\n", line);
	fflush(orders);
	for (; unheard >= 0; unheard--)
		if (!fgets(said, sizeof said, answers) || !starts_with(said, "ok"))
			die("the proxy did not take \"%s\": %s", line, said);
	unheard = 0;
}

static void all_well(int signal)
{
	(void)signal;
	unheard += write(fileno(orders), "plain\n", 6) == 6;
}

/* ---- what is done while the network fails ---- */

static bool look(void)
{
	struct store_page p;
	return store_list(c, s, &(struct store_query){ .path = folder, .order = STORE_BY_NAME, .limit = 100 }, &p) && p.n == 2;
}

/* The reason of a content that ends early is what store_read_end() says. */
static bool get(void)
{
	struct store_file f;
	if (!store_read(c, s, in("kept"), &f))
		return false;
	bool right = is_content(f.fd, 0, OLD), ended = store_read_end(c, s, &f);
	close(f.fd);
	if (right != ended)
		diag("the content is %s, and its end says %s", right ? "whole" : "not whole", ended ? "well" : "not");
	return right && ended;
}

static bool replace(void)
{
	return make_file(in("changed"), FRESH, FRESH, true);
}

static bool add(void)
{
	return make_file(in("added"), FRESH, -1, false);
}

static bool rename_it(void)
{
	return store_rename(c, s, in("kept"), in("renamed"));
}

/* ---- and what must be so afterwards ---- */

static bool whole(const char *name, int64_t size)
{
	struct entry e;
	bool is = store_stat(c, s, in(name), &e) && e.size == size && has_content(in(name), size);
	if (!is)
		forget(c);
	return is;
}

static bool names_are(int n)
{
	int found = count(folder);
	if (found != n)
		diag("%d names", found);
	return found == n;
}

/* Puts everything back for the next case; false: something was not as it may be. */
static bool nothing_is_lost(bool done)
{
	if (there(in("renamed")) && !store_rename(c, s, in("renamed"), in("kept")))
		return false;
	bool kept = whole("kept", OLD), added = there(in("added"));
	bool well = kept && (whole("changed", FRESH) || whole("changed", OLD)) && (!added || whole("added", FRESH)) && names_are(2 + added);
	if (added && !store_remove(c, s, in("added"), false))
		return false;
	if (done && whole("changed", FRESH))
		well = well && make_file(in("changed"), OLD, OLD, true);
	return well;
}

struct work { const char *what; bool (*run)(void); long ends[5]; /* bytes at which it is struck, up then down; -1: no more */ bool up; };

/* Does it with a connector of its own that is struck; *ms: how long it took. */
static bool struck(const char *fault, const char *way, long at, const struct work *w, int64_t *ms)
{
	drop_connectors();
	site_done(c);
	c = site_ctx();
	c->deadline = clock_ms() + WAIT_MS;
	order(text(c->arena, "%s %s %ld", fault, way, at));
	alarm(well_after);
	*ms = clock_ms();
	s = site_open(c, "alice", PLACE);
	bool well = s && w->run();
	*ms = clock_ms() - *ms;
	return well;
}

static void strike(const char *fault, const char *way, long at, const struct work *w, int64_t most_ms)
{
	int64_t ms;
	bool well = struck(fault, way, at, w, &ms);
	const char *says = well ? "done" : c->error.message ? c->error.message : "";
	diag("%s: %s %s %ld: %lld ms, %s", w->what, fault, way, at, (long long)ms, says);
	ok(ms < most_ms, "%s, %s %s at %ld: an answer within %lld ms (%lld)", w->what, fault, way, at, (long long)most_ms, (long long)ms);
	ok(well || (*says && c->error.kind != KIND_INTERNAL), "%s, %s %s at %ld: done, or told why not (kind %d, %s)", w->what, fault, way, at, (int)c->error.kind, says);
	order("plain");
	drop_connectors();
	again();
	ok(nothing_is_lost(true), "%s, %s %s at %ld: nothing is lost, nothing half there", w->what, fault, way, at);
}

static const struct work works[] = {
	{ "list", look, { 0, 300, 2000, -1 }, false },
	{ "read", get, { 100, 5000, 300000, -1 }, false },
	{ "replace", replace, { 100, 3000, 1000000, 2990000, -1 }, true },
	{ "add", add, { 2000, 2000000, -1 }, true },
	{ "rename", rename_it, { 400, 2500, -1 }, true },
};

static void strikes(void)
{
	static const char *const faults[] = { "cut", "reset", "garble" };
	bool open = same(good.security, "none"); /* nothing would tell that bytes were changed on the way */
	for (size_t f = 0; f < COUNT(faults) - (open ? 1 : 0); f++)
		for (size_t i = 0; i < COUNT(works); i++)
			for (const long *at = works[i].ends; *at >= 0; at++)
				strike(faults[f], works[i].up ? "up" : "down", *at, &works[i], 15000);
}

/* The servers' answers to changes that were made: whether it was done is not known, and neither is it lost. */
static void answers_lost(void)
{
	for (size_t i = 2; i < COUNT(works); i++)
		for (long at = 1500; at < 7000; at += 1800)
			strike("cut", "down", at, &works[i], 15000);
}

static void held(void)
{
	for (size_t i = 0; i < COUNT(works); i++)
		if (works[i].run == look || works[i].run == rename_it)
			for (const long *at = works[i].ends; *at >= 0; at++)
				strike("stall", "down", *at, &works[i], 3 * WAIT_MS);
	/* Content may be silent for half a minute; what is begun again then finds the network well. */
	bool up = same(good.kind, "sftp") || same(good.kind, "webdav");
	signal(SIGALRM, all_well);
	well_after = 34;
	strike("stall", up ? "up" : "down", up ? 1500000 : 400000, &works[up ? 2 : 1], 45000);
	well_after = 0;
}

static void far_and_slow(void)
{
	diag("far and slow");
	order("delay 20");
	drop_connectors();
	again();
	int64_t before = clock_ms();
	ok(make_file(in("added"), FRESH, FRESH, false) && has_content(in("added"), FRESH), "20 ms away: written and read in %lld ms", (long long)(clock_ms() - before));
	order("plain");
	order("rate 400000");
	ok(has_content(in("kept"), OLD), "400 kB/s: read");
	order("plain");
	ok(nothing_is_lost(false), "all is there");
	order("refuse");
	drop_connectors();
	site_done(c);
	c = site_ctx();
	ok(!site_open(c, "alice", PLACE) && c->error.kind == KIND_UNAVAILABLE, "away: %s", c->error.message);
	order("plain");
	again();
	ok(nothing_is_lost(false), "and back");
}

static void prepare(void)
{
	again();
	can = store_can(s);
	folder = text(site_arena, "faults %lld", (long long)clock_ms());
	if (!store_make_folder(c, s, folder) || !make_file(in("kept"), OLD, OLD, false) || !make_file(in("changed"), OLD, OLD, false))
		die("nothing can be prepared: %s", c->error.detail);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0)
		die("must run as root: it starts a launcher");
	site_start(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	read_record();
	proxy_start(argv[0]);
	site_remote(&good);
	prepare();
	strikes();
	answers_lost();
	held();
	far_and_slow();
	ok(store_remove(c, s, folder, true), "the end");
	site_done(c);
	site_stop();
	return done_testing();
}
