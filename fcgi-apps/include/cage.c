#include "cage.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define OTHERWISE SCMP_ACT_ERRNO(EPERM) /* a sanitizer asks for things when it reports, and reserves terabytes */
#define OWN_NEEDS , SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigprocmask)
#else
#define OTHERWISE SCMP_ACT_KILL_PROCESS
#define OWN_NEEDS
#endif

static void limit(__rlimit_resource_t what, rlim_t most)
{
	if (setrlimit(what, &(struct rlimit){ most, most }))
		die("cage: no limit");
}

static int allow(scmp_filter_ctx f)
{
	static const int plain[] = { SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom) OWN_NEEDS };
	static const int refused[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(newfstatat), SCMP_SYS(access), SCMP_SYS(readlink) };
	int e = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, 0))
		| seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(lseek), 1, SCMP_A0(SCMP_CMP_EQ, 0))
		| seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, 1))
		| seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	for (size_t i = 0; i < COUNT(plain); i++)
		e |= seccomp_rule_add(f, SCMP_ACT_ALLOW, plain[i], 0);
	for (size_t i = 0; i < COUNT(refused); i++)
		e |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	return e;
}

void cage_leave(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

void cage_enter(unsigned seconds, size_t memory)
{
	if (close_range(3, ~0U, 0) || prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("cage: cannot be entered");
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, memory);
#else
	(void)memory;
#endif
	limit(RLIMIT_CPU, seconds);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, 3);
	limit(RLIMIT_CORE, 0);
	scmp_filter_ctx f = seccomp_init(OTHERWISE);
	if (!f || allow(f) || seccomp_load(f))
		die("cage: no filter");
	seccomp_release(f);
}
