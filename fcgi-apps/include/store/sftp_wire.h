/*
 * sftp_wire: the messages of SFTP version 3 (draft-ietf-secsh-filexfer-02), written and read. The reader takes nothing on trust: what is
 * behind the end of a message is 0 or "" and marks it bad; lengths are those of the message, never those it claims.
 */
#ifndef NARU_STORE_SFTP_WIRE_H
#define NARU_STORE_SFTP_WIRE_H

#include "store/driver.h"

#define SFTP_MESSAGE_MOST (256 << 10) /* bytes of one that a server may send */
#define SFTP_HANDLE_MOST 256

enum sftp_type {
	SFTP_INIT = 1, SFTP_VERSION, SFTP_OPEN, SFTP_CLOSE, SFTP_READ, SFTP_WRITE, SFTP_LSTAT, SFTP_FSTAT, SFTP_SETSTAT, SFTP_FSETSTAT,
	SFTP_OPENDIR, SFTP_READDIR, SFTP_REMOVE, SFTP_MKDIR, SFTP_RMDIR, SFTP_REALPATH, SFTP_STAT, SFTP_RENAME,
	SFTP_STATUS = 101, SFTP_HANDLE, SFTP_DATA, SFTP_NAME, SFTP_ATTRS,
	SFTP_EXTENDED = 200, SFTP_EXTENDED_REPLY,
};

enum sftp_open { SFTP_OPEN_READ = 1, SFTP_OPEN_WRITE = 2, SFTP_OPEN_CREATE = 8, SFTP_OPEN_NEW = 32 };
enum sftp_has { SFTP_HAS_SIZE = 1, SFTP_HAS_OWNER = 2, SFTP_HAS_MODE = 4, SFTP_HAS_TIMES = 8 };
#define SFTP_HAS_MORE 0x80000000u
enum sftp_extension { SFTP_POSIX_RENAME = 1, SFTP_STATVFS = 2, SFTP_FSYNC = 4, SFTP_COPY_DATA = 8 };

/* ---- writing: into memory of the caller; what does not fit makes it bad ---- */

struct sftp_out { unsigned char *at; size_t n, room, start; bool bad; };

void sftp_begin(struct sftp_out *, enum sftp_type, uint32_t id); /* SFTP_INIT: the version in place of the id */
void sftp_put_u32(struct sftp_out *, uint32_t);
void sftp_put_u64(struct sftp_out *, uint64_t);
void sftp_put(struct sftp_out *, const void *, size_t n);         /* with its length in front */
void sftp_put_text(struct sftp_out *, const char *);
void sftp_end(struct sftp_out *);                                 /* after each message: writes its length */

/* ---- reading ---- */

struct sftp_in { const unsigned char *at; size_t n; bool bad; };
struct sftp_attrs { uint32_t has, uid, gid, mode, modified; uint64_t size; };

/* How many bytes the first message in n bytes takes, with its length; 0: more are needed to tell, or to have it whole. -1: it is none. */
int64_t sftp_whole(const unsigned char *, size_t n);
unsigned sftp_u8(struct sftp_in *);
uint32_t sftp_u32(struct sftp_in *);
uint64_t sftp_u64(struct sftp_in *);
struct bytes sftp_bytes(struct sftp_in *);
void sftp_read_attrs(struct sftp_in *, struct sftp_attrs *);
/* What the server says it can beside the protocol: bits of enum sftp_extension. */
unsigned sftp_read_extensions(struct sftp_in *);
/* The next entry of a folder. False: it is to be left out (not a name, or the message is bad). */
bool sftp_read_entry(struct sftp_in *, struct row *);
/* A status as an error of driver.h, SFTP_EOF for the end of a file or folder; the server's words go to why(), if they say more than the code. */
int sftp_read_status(struct sftp_in *);
#define SFTP_EOF (-1)

void sftp_row(struct row *, const char *name, const struct sftp_attrs *);

#endif
