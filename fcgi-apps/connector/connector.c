/*
 * connector: speaks to one remote store for one front. Started by the launcher alone, as a uid that is nobody's, with the connection as
 * descriptor 3 and, as descriptor 4, the record of the store (schema/remote.def, its secrets open). Reads no file but the site's
 * certificates, writes none, has no environment and no argument.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/connector.h"
#include "store/why.h"

static bool read_record(struct ctx *c, struct remote *r)
{
	size_t room = 65536, n = 0;
	unsigned char *at = arena_alloc(c->arena, room);
	for (ssize_t k = 1; k > 0 && n < room; n += (size_t)k)
		if ((k = read(4, at + n, room - n)) < 0)
			return fail(c, KIND_INTERNAL, NULL, "no record");
	close(4);
	return record_unpack(c, &remote_record, (struct bytes){ at, n }, r);
}

/* A server that never ends its answer holds the main thread, which then does not see that its front has gone. */
static void *end_with_front(void *none)
{
	struct pollfd p = { .fd = 3, .events = POLLRDHUP };
	(void)none;
	while (poll(&p, 1, -1) != 1)
		;
	sleep(60);
	_exit(0);
}

static void watch_front(void)
{
	pthread_t watcher;
	pthread_attr_t a;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 256 << 10);
	if (pthread_create(&watcher, &a, end_with_front, NULL))
		die("no thread");
	pthread_attr_destroy(&a);
}

int main(void)
{
	program = "connector";
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "naru-connector"); /* started from a descriptor, it would be called by its number */
	signal(SIGPIPE, SIG_IGN);
	umask(0077);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	struct ctx c = { .arena = arena_new(0), .tag = "connector" };
	struct remote r;
	struct connector n = { .socket = 3, .born = clock_ms(), .idle_ms = CONNECTOR_IDLE_MS, .life_ms = CONNECTOR_LIFE_MS };
	if (!read_record(&c, &r))
		die("started by the launcher alone");
	n.driver = same(r.kind, posix_driver.name) ? NULL : store_driver_of(r.kind); /* this machine's files are no remote store */
	why_hide(r.secret);
	watch_front();
	n.read_only = r.read_only;
	n.prefix = r.root;
	n.rights = (unsigned)r.rights;
	if (r.rights && (r.until - now()) * 1000 < n.life_ms)
		n.life_ms = (r.until - now()) * 1000;
	int e = n.driver ? n.driver->open(&r, &n.state) : WIRE_E_CANNOT;
	if (connector_greet(&n, e))
		connector_serve(&n);
	_exit(0); /* there is nothing to tidy up that does not go with it */
}
