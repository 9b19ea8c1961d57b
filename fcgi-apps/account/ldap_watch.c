#include "ldap_watch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static volatile sig_atomic_t watched = -1;
static struct sigaction before;

/* Nothing here but what a signal handler may call. */
static void ring(int signal)
{
	int error = errno;

	(void)signal;
	if (watched >= 0)
		shutdown(watched, SHUT_RDWR);
	errno = error;
}

/* Rings again and again: the connection may be made after the first time. */
void ldap_watch_start(int ms)
{
	struct sigaction action = { .sa_handler = ring };
	struct itimerval timer = { .it_value = { ms / 1000, (ms % 1000) * 1000 }, .it_interval = { 0, 100000 } };

	watched = -1;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGALRM, &action, &before) != 0 || setitimer(ITIMER_REAL, &timer, NULL) != 0)
		die("timer: %s", strerror(errno));
}

static int opened(LDAP *ld, Sockbuf *sb, LDAPURLDesc *server, struct sockaddr *address, struct ldap_conncb *callback)
{
	int fd = -1;

	(void)ld;
	(void)server;
	(void)address;
	(void)callback;
	if (ber_sockbuf_ctrl(sb, LBER_SB_OPT_GET_FD, &fd) == 1)
		watched = fd;
	return 0;
}

/* Another file may get the number next. */
static void closed(LDAP *ld, Sockbuf *sb, struct ldap_conncb *callback)
{
	(void)ld;
	(void)sb;
	(void)callback;
	watched = -1;
}

bool ldap_watch(LDAP *ld)
{
	static struct ldap_conncb callback = { .lc_add = opened, .lc_del = closed };

	return ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &callback) == LDAP_SUCCESS;
}

void ldap_watch_stop(void)
{
	struct itimerval none = { 0 };

	setitimer(ITIMER_REAL, &none, NULL);
	watched = -1;
	sigaction(SIGALRM, &before, NULL);
}
