/*
 * sftp: the parts of the SFTP driver (sftp*.c). libssh2 does SSH; the messages of SFTP are our own (sftp_wire.h), because libssh2's has neither
 * posix-rename nor the server's words, and asks for more than was wanted. A session (struct ssh) is one connection with one SFTP channel and
 * belongs to one thread at a time: whoever needs one takes it from the pool and gives it back. Nothing blocks but poll(), so that a silent
 * server, or a stream that nobody wants any more, ends each wait.
 */
#ifndef NARU_STORE_SFTP_H
#define NARU_STORE_SFTP_H

#include <libssh2.h>
#include <pthread.h>

#include "store/driver.h"
#include "store/sftp_wire.h"
#include "store/stream.h"

#define SFTP_PART ".naru-part-"          /* names of unfinished files; never listed */
#define SFTP_PATH_MOST (2 * WIRE_PATH_MOST + 2)
#define SFTP_CHUNK 32256                 /* bytes of content a message: with what is around it, it fits into one packet of SSH */
#define SFTP_DEPTH 128                   /* writes under way: 4 MiB; OpenSSH takes no more than half of that at a time */
#define SFTP_READ_DEPTH 192              /* reads under way: 6 MiB, so that 20 ms there and back leave 300 MB/s */
#define SFTP_IDLE_MOST 4                 /* sessions that are kept */
#define SFTP_SILENCE_MS 30000
#define SFTP_IN_MOST (SFTP_MESSAGE_MOST + (64 << 10))

/* ---- keys (sftp_key.c) ---- */

/* The text without carriage returns (forms add them), to be freed. */
char *sftp_key_plain(const char *key);
/* 0, WIRE_E_KEY (not a private key, or a wrong passphrase where that shows already), or WIRE_E_KEY_KIND. */
int sftp_key_check(const char *key, const char *passphrase);
/* "ssh-ed25519 SHA256:…" of a host key as it is sent. False: it is none. */
bool sftp_host_key(const void *, size_t n, char *to, size_t room);

/* ---- sessions (sftp_ssh.c) ---- */

struct ssh {
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	int fd;
	const struct stream *stream;     /* whose it is at the moment; NULL: the connector's own */
	int64_t until;                   /* clock_ms() at which whatever it waits for is given up */
	size_t budget;                   /* bytes that libssh2 may still take before it must come back to us */
	int error;                       /* why a wait ended; 0: it did not */
	bool broken;                     /* not to be used again */
	bool strict;                     /* its plain rename never replaces: OpenSSH's */
	unsigned extensions;             /* enum sftp_extension */
	uint32_t id;                     /* of the last request */
	unsigned waiting;                /* requests without an answer yet */
	uint32_t ignored;                /* one more, whose answer nobody waits for; 0: none */
	struct row_about about;
	const char *answer;              /* to the one question of keyboard-interactive; NULL: given already */
	struct sftp_out out;
	unsigned char *in;
	size_t in_at, in_n;
};

/* Connects and logs in. */
int ssh_open(const struct remote *, struct ssh **);
void ssh_close(struct ssh *);
/* Has the server closed it meanwhile? */
bool ssh_alive(const struct ssh *);
/* What libssh2 returned: true, it is to be called again (after a wait). */
bool ssh_again(struct ssh *, ssize_t rc);
/* What went wrong when a call failed; the session is broken then. */
int ssh_failed(struct ssh *);

/* ---- requests (sftp_call.c) ---- */

struct handle { unsigned char at[SFTP_HANDLE_MOST]; size_t n; };
struct answer { enum sftp_type type; uint32_t id; struct sftp_in in; };

/* Begins a request in s->out; its fields and sftp_end() follow. */
uint32_t sftp_request(struct ssh *, enum sftp_type);
/* One that is a path alone, whole; and one of a handle alone. */
uint32_t sftp_path_request(struct ssh *, enum sftp_type, const char *path);
uint32_t sftp_handle_request(struct ssh *, enum sftp_type, struct bytes handle);
/* Sends what was begun. */
int sftp_flush(struct ssh *);
/* The next answer. It lives until the one after it. */
int sftp_answer(struct ssh *, struct answer *);
/* Sends a close, and waits for its answer only if another one is still to come. */
int sftp_close_later(struct ssh *, const struct handle *);
/* Takes what has come, without waiting. Is there a whole answer? */
bool sftp_answer_ready(struct ssh *);
/* Sends and waits for the one answer. */
int sftp_ask(struct ssh *, struct answer *);
/* Reads a status as an error; whatever else it is, is WIRE_E_ANSWER. SFTP_EOF is an error here. */
int sftp_expect(struct answer *, enum sftp_type);
int sftp_ask_status(struct ssh *);
/* Waits for `n` answers that are all statuses; the first error. */
int sftp_statuses(struct ssh *, unsigned n);
int sftp_attrs_of(struct ssh *, enum sftp_type, const char *path, struct sftp_attrs *); /* SFTP_STAT, SFTP_LSTAT */

/* Sends the request that was begun; its answer is a handle. */
int sftp_ask_handle(struct ssh *, struct handle *);
/* A file of that path that is not there yet, for writing. mode 0: the server's own. */
int sftp_open_new(struct ssh *, const char *path, uint32_t mode, struct handle *);
/* An ordinary file for reading, and what it is (sftp_read.c). */
int sftp_open_file(struct ssh *, const char *path, struct sftp_attrs *, struct handle *);
#define SFTP_BYTES(handle) ((struct bytes){ (handle)->at, (handle)->n })

/* ---- a folder's entries (sftp_list.c) ---- */

struct folder { struct ssh *s; struct handle handle; struct answer answer; uint32_t left; unsigned ahead; bool over, all; /* unfinished files, too */ };

int sftp_folder_open(struct ssh *, const char *path, struct folder *);
/* 0: the next entry; SFTP_EOF: that was all. */
int sftp_folder_next(struct folder *, struct row *);
void sftp_folder_close(struct folder *);

/* ---- the driver's state and its pool (sftp.c) ---- */

struct sftp {
	struct remote remote;            /* its texts are our own */
	char base[WIRE_PATH_MOST + 1];
	struct row_about about;
	unsigned extensions;
	struct streams streams;
	pthread_mutex_t lock;            /* of idle */
	struct ssh *idle[SFTP_IDLE_MOST];
	size_t n_idle;
};

/* *kept: it may have died meanwhile. */
int sftp_take(struct sftp *, struct ssh **, bool *kept);
void sftp_give(struct sftp *, struct ssh *);
/* Does it with a session of the pool; once more with a new one if a kept one turns out dead and it is harmless to do it twice. */
typedef int sftp_op(struct sftp *, struct ssh *, void *arg);
int sftp_with(struct sftp *, bool harmless, sftp_op *, void *arg);
/* The server's path. Static memory is not used: `to` has SFTP_PATH_MOST bytes. */
void sftp_path(const struct sftp *, const char *path, char *to);
const char *sftp_last_part(const char *path);
/* Plain rename that never replaces. */
int sftp_rename_new(struct ssh *, const char *from, const char *to);
/* Over whatever file is there. */
int sftp_rename_over(struct ssh *, const char *from, const char *to);
/* A name for an unfinished file in the folder of that path (server's path). */
void sftp_part_path(const char *beside, char *to);

/* ---- an unfinished file (sftp_write.c) ---- */

struct sftp_part { const char *path; uint32_t mode, gid; int64_t modified; /* -1: as it is */ };
sftp_op sftp_remove_part;                /* arg: its path, as the server knows it */
int sftp_set_mode(struct ssh *, const char *path, uint32_t mode);
int sftp_set_time(struct ssh *, const char *path, int64_t modified);
/* Gives it its time and its name. With replace it takes a file's place, and its permissions. */
int sftp_name_part(struct ssh *, const struct sftp_part *, const char *path, bool replace);

int sftp_copy(void *, const char *from, const char *to, bool replace, int64_t until);
int sftp_date(void *, int64_t handle, int64_t modified);
int sftp_list(void *, const struct row_query *, struct rows *);
int sftp_read(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
int sftp_create(void *, const char *path, int64_t size, int64_t *handle, int *fd);
int sftp_commit(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);
int sftp_abort(void *, int64_t handle);
int sftp_remove(void *, const char *path, bool with_content, int64_t until);
int sftp_space(void *, int64_t until, struct row_space *);

#endif
