#include "become.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const cap_value_t kept[] = { CAP_SETUID, CAP_SETGID };

/* ---- the launcher ---- */

static void set_caps(const cap_value_t *values, int n)
{
	cap_t c = cap_init();
	if (!c || (n && (cap_set_flag(c, CAP_PERMITTED, n, values, CAP_SET) || cap_set_flag(c, CAP_EFFECTIVE, n, values, CAP_SET))))
		die("capabilities: %s", strerror(errno));
	if (cap_set_proc(c))
		die("capabilities: %s", strerror(errno));
	cap_free(c);
}

/* The bounding set is what a program started from here could get: nothing. */
static void empty_bounding_set(void)
{
	for (cap_value_t v = 0; cap_get_bound(v) >= 0; v++)
		if (cap_get_bound(v) > 0 && cap_drop_bound(v))
			die("bounding set: %s", strerror(errno));
}

void become_launcher(void)
{
	empty_bounding_set();
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED))
		die("secure bits: %s", strerror(errno));
	const struct group *stores = getgrnam("naru-remote"); /* its children look up a store before they become somebody */
	if (setgroups(stores ? 1 : 0, stores ? &stores->gr_gid : NULL))
		die("setgroups: %s", strerror(errno));
	set_caps(kept, COUNT(kept));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0))
		die("prctl: %s", strerror(errno));
}

/* ---- the user ---- */

static void limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit l = { most, most };
	if (setrlimit(what, &l))
		die("setrlimit: %s", strerror(errno));
}

static void limits(rlim_t processes, rlim_t seconds, rlim_t memory)
{
	limit(RLIMIT_NPROC, processes);
	limit(RLIMIT_CPU, seconds);
#if !defined(__SANITIZE_ADDRESS__)
	limit(RLIMIT_AS, memory);
#else
	(void)memory;
#endif
}

static void check_gone(const struct person *p)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;
	if (getresuid(&r, &e, &s) || getresgid(&gr, &ge, &gs))
		die("cannot ask who I am");
	if (r != p->uid || e != p->uid || s != p->uid || gr != p->gid || ge != p->gid || gs != p->gid)
		die("uid or gid is not the user's");
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		die("there is a way back to root");
}

static void become(const struct person *p)
{
	if (setgroups(p->n, p->groups) || setresgid(p->gid, p->gid, p->gid) || setresuid(p->uid, p->uid, p->uid))
		die("cannot become uid %ld: %s", (long)p->uid, strerror(errno));
	set_caps(NULL, 0);
	check_gone(p);
	/* Not traceable and without /proc/PID/fd for the user's other processes; changing the uid has reset it. */
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("prctl: %s", strerror(errno));
	umask(0022);
}

void become_person(const struct person *p)
{
	limits(0, 1800, (rlim_t)256 << 20);
	become(p);
}

void become_nobody(uid_t uid)
{
	limits(64, 7200, (rlim_t)1 << 30);
	become(&(struct person){ .uid = uid, .gid = (gid_t)uid });
}

int become_bare(int keep, int connector)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || (keep != 3 && dup2(keep, 3) < 0))
		die("descriptors: %s", strerror(errno));
	if (connector >= 0 && connector != BECOME_PROGRAM && dup3(connector, BECOME_PROGRAM, O_CLOEXEC) < 0)
		die("descriptors: %s", strerror(errno));
	if (close_range(4, BECOME_PROGRAM - 1, 0) || close_range(BECOME_PROGRAM + (connector >= 0), ~0U, 0))
		die("close_range: %s", strerror(errno));
	clearenv();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 256);
	return 3;
}
