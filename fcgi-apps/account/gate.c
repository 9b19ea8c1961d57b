#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int gate = -1, gate_places;

void gate_start(int places)
{
	gate = memfd_create("naru-gate", MFD_CLOEXEC);
	if (gate < 0)
		die("memfd_create: %s", strerror(errno));
	gate_places = places;
}

static bool set_lock(short type, off_t place)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1 };

	return fcntl(gate, F_SETLK, &lock) == 0;
}

static void leave(void *arg)
{
	(void)arg;
	for (int i = 0; i < gate_places; i++)
		set_lock(F_UNLCK, i);
}

/* A process serves one request at a time, so all locks it holds are this request's; asking twice in one request is fine. */
bool gate_enter(struct ctx *ctx)
{
	for (int i = 0; i < gate_places; i++) {
		if (set_lock(F_WRLCK, i)) {
			arena_defer(ctx->arena, leave, NULL);
			return true;
		}
	}
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "Many people are signing in at this moment. Please try again in a few seconds."), "all places at the gate are taken");
}
