/*
 * wire: the protocol between the front (store.c, in a module) and a connector process (store/connector.c, as the user).
 *
 * One request or answer is one message of a SOCK_SEQPACKET unix socket, at most WIRE_MOST bytes; a message may carry one descriptor
 * (SCM_RIGHTS). Neither side trusts the other: every read is bounds-checked, a message that is not understood to its last byte is refused.
 *
 *   message  = type (1 byte) number (integer) field*
 *   integer  = 8 bytes, little-endian, two's complement
 *   text     = length (4 bytes, little-endian) bytes NUL        no NUL inside; any other byte may occur: names are bytes
 *
 * The number is chosen by the front and comes back in each answer, so that a late answer is never taken for another's.
 *
 *   request                                                     answer (or WIRE_ERROR code words)
 *   HELLO    proof|errand place                                 OK can                 to the launcher; the connector then serves the same socket
 *   LIST     budget path order descending after match dots limit sort_ms ENTRIES n entry{n} …, then OK next total unsorted      (next "": last page)
 *   STAT     budget path                                        OK entry
 *   READ     budget path offset length                          OK entry handle        + descriptor     (handle 0: a file, given whole)
 *   RESULT   budget handle                                      OK bytes               (error EINPROGRESS: not over yet)
 *   CREATE   budget path size                                   OK handle              + descriptor
 *   COMMIT   budget handle path replace size modified           OK                     (modified -1: when it was written)
 *   ABORT    budget handle                                      OK
 *   FOLDER   budget path                                        OK
 *   RENAME   budget from to                                     OK
 *   COPY     budget from to replace                             OK
 *   REMOVE   budget path with_content                           OK
 *   SPACE    budget walk_ms                                     OK total free files_free used at_least
 *   WRITABLE budget folder                                      OK writable
 *   ABOUT    budget                                             OK software key
 *   FIND     budget path name kind at_least at_most since before dots walk_ms limit cookie
 *                                                               ENTRIES n (folder entry){n} …, then OK next looked unread   (next "": all was looked at)
 *   QUOTA    budget                                             OK of used limit files files_limit grace
 *   ACL      budget path kind id groups                         OK perm later reach own folder bare runs
 *   ACL_SET  budget path kind id perm later                     OK
 *   KEPT     budget path keep                                   OK handle + descriptor  (unfinished it stays under that hidden name)
 *   SYNC     budget                                             OK                     (commits leave their syncing to the next from then on)
 *   MODE     budget path mode                                   OK
 *   DETAILS  budget path                                        OK links target acl
 *   TREE     budget path walk_ms                                OK bytes entries at_least
 *
 *   entry = name(text) kind size modified mode uid gid change   budget = milliseconds the front will wait
 *   code  = an errno of Linux, or one of enum wire_error; words = what the server of a remote store said, "" for nothing
 */
#ifndef NARU_STORE_WIRE_H
#define NARU_STORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MOST 65536
#define WIRE_NAME_MOST 255      /* bytes of a name */
#define WIRE_PATH_MOST 4095     /* bytes of a path */
#define WIRE_LIMIT_MOST 1000    /* entries a page */
#define WIRE_WORDS_MOST 399     /* bytes of words */
#define WIRE_ACL_MOST 4095      /* bytes of the lines of an access list */
#define WIRE_HITS_MOST 200      /* entries that one FIND gives */
#define WIRE_COOKIE_MOST 4000   /* bytes of a FIND's cookie */
#define WIRE_ENTRY_ROOM (WIRE_NAME_MOST + 5 + 7 * 8)

enum wire_type {
	WIRE_HELLO = 1, WIRE_LIST, WIRE_STAT, WIRE_READ, WIRE_CREATE, WIRE_COMMIT, WIRE_ABORT, WIRE_FOLDER, WIRE_RENAME, WIRE_REMOVE,
	WIRE_SPACE, WIRE_WRITABLE, WIRE_RESULT, WIRE_COPY, WIRE_ABOUT,
	WIRE_MODE = 20, WIRE_DETAILS, WIRE_TREE, WIRE_FIND = 25, WIRE_QUOTA, WIRE_ACL, WIRE_ACL_SET,
	WIRE_SYNC = 30, WIRE_KEPT,
	WIRE_OK = 64, WIRE_ENTRIES, WIRE_ERROR,
};

enum wire_error {
	WIRE_E_PROOF = 1000,  /* the proof was refused, or its user may not have a connector */
	WIRE_E_PLACE,         /* no such place, or its top folder cannot be opened */
	WIRE_E_BUSY,          /* too many connectors */
	WIRE_E_TYPE,          /* not a regular file */
	WIRE_E_OUTSIDE,       /* a link leads out of the place */
	WIRE_E_OTHER_DISK,    /* from and to are on different file systems */
	WIRE_E_UNFINISHED,    /* the time ran out in the middle of a removal */
	WIRE_E_PATH,          /* not a path in a place */
	WIRE_E_OLD,           /* this connector has lived long enough: ask the launcher for another */
	WIRE_E_TOP,           /* the top of a place cannot be renamed or removed */
	/* of remote stores */
	WIRE_E_HOST,          /* its name is not known */
	WIRE_E_REFUSED,       /* its address does not answer, or refuses */
	WIRE_E_NETWORK,       /* the site does not allow connections to its address */
	WIRE_E_TLS,           /* its certificate does not hold */
	WIRE_E_HOST_KEY,      /* not the host key that was pinned */
	WIRE_E_NEW_KEY,       /* the host key was not accepted yet; words: that key */
	WIRE_E_LOGIN,         /* user, password, key or token refused */
	WIRE_E_KEY,           /* the private key cannot be read (a wrong passphrase, not a key) */
	WIRE_E_KEY_KIND,      /* of a kind that cannot be used */
	WIRE_E_BUCKET,        /* no such bucket, or no such base folder */
	WIRE_E_ANSWER,        /* an answer that is none: not this kind of server */
	WIRE_E_CUT,           /* the connection broke in the middle of the content */
	WIRE_E_CHANGED,       /* what arrived is not what was sent */
	WIRE_E_CANNOT,        /* this kind of store has no way to do this */
	WIRE_E_SLOW,          /* it asks to be left alone for a while */
	WIRE_E_PAUSED,        /* its owner has paused the store */
	WIRE_E_CLOCK,         /* its clock and ours differ too much to be trusted with a signature */
	WIRE_E_ELSEWHERE,     /* the bucket is in another region, or at another host */
	/* of errands */
	WIRE_E_ERRAND,        /* it has ended, or is not for this holder or place, or its owner has no account any more */
	WIRE_E_RIGHT,         /* it does not allow this */
};

struct wire {
	size_t n, at;         /* bytes in data; place of the next read */
	bool bad;             /* a read went wrong, or a write did not fit */
	unsigned char data[WIRE_MOST];
};

void wire_begin(struct wire *, enum wire_type, int64_t number);
void wire_put_int(struct wire *, int64_t);
void wire_put_text(struct wire *, const char *); /* NULL is written as "" */
size_t wire_room(const struct wire *);

/* Reads type and number of a received message. */
enum wire_type wire_open(struct wire *, int64_t *number);
int64_t wire_int(struct wire *);                 /* 0 when bad */
bool wire_flag(struct wire *);                   /* only 0 and 1 are good */
const char *wire_text(struct wire *);            /* "" when bad; lives as long as the message */
bool wire_end(const struct wire *);              /* everything was read, and all of it was good */

/* One whole message, with `pass` (-1: none), until clock_ms() reaches `until`. 0, or an errno: ETIMEDOUT, EPIPE … */
int wire_send(int socket, const struct wire *, int pass, int64_t until);
/* EPIPE at the end of the conversation, ECONNRESET if the other side went without reading all, EPROTO if the message is no message.
 * got may be NULL: no descriptor is expected, and any that comes is closed. *got is -1 if none came. */
int wire_receive(int socket, struct wire *, int *got, int64_t until);

/* Is this a path in a place: "" or parts without "", ".", "..", each at most 255 bytes, in all at most 4,095? */
bool wire_path_good(const char *);

#endif
