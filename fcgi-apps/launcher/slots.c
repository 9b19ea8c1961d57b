#include "slots.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base.h"

struct slot { bool taken; pid_t pid; uid_t peer; _Atomic(int64_t) user; /* -1: not known yet */ _Atomic(bool) errand; };

static struct slot *slots;
static unsigned total;

void slots_start(unsigned most)
{
	total = most;
	slots = mmap(NULL, most * sizeof *slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		die("mmap: %s", strerror(errno));
}

static unsigned count_peer(uid_t peer)
{
	unsigned n = 0;
	for (unsigned i = 0; i < total; i++)
		n += slots[i].taken && slots[i].peer == peer;
	return n;
}

struct slot *slot_take(uid_t peer)
{
	if (total > 8 && count_peer(peer) >= total / 2)
		return NULL;
	for (unsigned i = 0; i < total; i++)
		if (!slots[i].taken) {
			slots[i].taken = true;
			slots[i].pid = 0;
			slots[i].peer = peer;
			atomic_store(&slots[i].user, -1);
			return &slots[i];
		}
	return NULL;
}

void slot_pid(struct slot *s, pid_t pid)
{
	s->pid = pid;
}

void slot_free(struct slot *s)
{
	s->taken = false;
	atomic_store(&s->user, -1);
}

void slot_end(pid_t pid)
{
	for (unsigned i = 0; i < total; i++)
		if (slots[i].taken && slots[i].pid == pid)
			slot_free(&slots[i]);
}

/* Written first, counted then: of two that come at once, both may be refused, never both let in over the limit. */
bool slot_user(struct slot *s, uid_t uid, bool errand, unsigned most)
{
	unsigned n = 0, errands = 0;
	atomic_store(&s->errand, errand);
	atomic_store(&s->user, (int64_t)uid);
	for (unsigned i = 0; i < total; i++)
		if (atomic_load(&slots[i].user) == (int64_t)uid) {
			n++;
			errands += atomic_load(&slots[i].errand);
		}
	return n <= most && (!errand || errands <= (most + 1) / 2);
}

unsigned slot_number(const struct slot *s)
{
	return (unsigned)(s - slots);
}

void slots_leave(void)
{
	munmap(slots, total * sizeof *slots);
	slots = NULL;
	total = 0;
}
