#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "become.h"
#include "conf.h"
#include "program.h"
#include "remotes.h"
#include "store/wire.h"

#define LOWEST_UID 2013265920 /* 0x78000000: above what systemd gives to containers and SSSD to people */

static int program_fd = -1;

void remote_program(void)
{
	program_fd = program_beside("naru-connector");
}

int remote_descriptor(void)
{
	return program_fd;
}

struct wish { const char *user, *id; bool found; struct remote r; };

static bool look(struct ctx *c, const struct db_read *d, void *arg)
{
	struct wish *w = arg;
	return remote_find(c, d, w->user, w->id, &w->found, &w->r);
}

static int find(struct ctx *c, struct wish *w)
{
	struct db *d;
	if (!db_open(c, "stores", DB_READ_ONLY, &d) || !db_view(c, d, look, w))
		return log_line(c, "stores: %s", c->error.detail ? c->error.detail : "error"), WIRE_E_PLACE;
	db_close(d);
	return !w->found ? WIRE_E_PLACE : w->r.paused ? WIRE_E_PAUSED : 0;
}

static bool open_secrets(struct ctx *c, struct remote *r)
{
	return remote_unseal(c, r, r->secret, &r->secret) && remote_unseal(c, r, r->key, &r->key);
}

/* What the connector is told, in memory that goes with it. */
static int hand_over(struct ctx *c, const struct remote *r)
{
	struct bytes packed = record_pack(c->arena, &remote_record, r);
	int fd = memfd_create("store", 0);
	if (fd < 0 || write(fd, packed.at, packed.n) != (ssize_t)packed.n || lseek(fd, 0, SEEK_SET) != 0)
		return errno ? errno : EIO;
	if (fd != 4 && (dup2(fd, 4) < 0 || close(fd)))
		return errno;
	return 0;
}

static int go(struct ctx *c, const struct remote *r, uid_t uid)
{
	char *const argv[] = { (char[]){ "naru-connector" }, NULL }, *const env[] = { NULL };
	int e = hand_over(c, r);
	if (e)
		return e;
	if (uid < 65536 || getpwuid(uid) || getgrgid((gid_t)uid))
		return EPERM; /* somebody's */
	become_nobody(uid);
	execveat(BECOME_PROGRAM, "", argv, env, AT_EMPTY_PATH);
	return errno;
}

int remote_start(struct ctx *c, const char *user, const char *id, const struct errand *errand, const struct slot *slot)
{
	struct wish w = { .user = user, .id = id };
	int e = find(c, &w);
	if (e)
		return e;
	if (!open_secrets(c, &w.r)) {
		log_line(c, "store %s: %s", id, c->error.detail ? c->error.detail : "secret");
		return WIRE_E_LOGIN;
	}
	w.r.root = errand->rights ? errand->path : "";
	w.r.only = "";
	w.r.rights = errand->rights;
	w.r.until = errand->until;
	w.r.networks = conf_get("store", "networks", "");
	w.r.ca_file = conf_get("store", "ca-file", "");
	uid_t uid = (uid_t)(conf_int("store", "remote-uid", LOWEST_UID) + slot_number(slot));
	slots_leave();
	e = go(c, &w.r, uid);
	log_line(c, "store %s: no connector: %s", id, strerror(e));
	return WIRE_E_BUSY;
}
