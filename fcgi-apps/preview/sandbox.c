/* sandbox: what the process may do once it looks at the file. */
#include "preview.h"

#include <json-c/json.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define OTHERWISE SCMP_ACT_ERRNO(1) /* a sanitizer asks for things when it reports, and reserves terabytes */
#define ADDRESSES RLIM_INFINITY
#define OWN_NEEDS , SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigprocmask)
#else
#define OTHERWISE SCMP_ACT_KILL_PROCESS
#define ADDRESSES ((rlim_t)256 << 20)
#define OWN_NEEDS
#endif
#define SECONDS 4

static void limit(int what, rlim_t most)
{
	if (setrlimit((__rlimit_resource_t)what, &(struct rlimit){ most, most }) < 0)
		stop(PREVIEW_DAMAGED);
}

/* json-c takes a random number for its tables when the first one is made. */
static void warm_up(void)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "a", NULL);
	json_object_put(o);
}

static int rules(scmp_filter_ctx c)
{
	static const int plain[] = { SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise) OWN_NEEDS };
	int e = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, 0))
		| seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, 1))
		| seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		e |= seccomp_rule_add(c, SCMP_ACT_ALLOW, plain[i], 0);
	return e;
}

void sandbox(void)
{
	warm_up();
	if (close_range(3, ~0u, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		stop(PREVIEW_DAMAGED);
	limit(RLIMIT_AS, ADDRESSES);
	limit(RLIMIT_CPU, SECONDS);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, 2);
	limit(RLIMIT_CORE, 0);
	scmp_filter_ctx c = seccomp_init(OTHERWISE);
	if (!c || rules(c) || seccomp_load(c))
		stop(PREVIEW_DAMAGED);
	seccomp_release(c);
}
