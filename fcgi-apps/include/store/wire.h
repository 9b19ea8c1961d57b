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
 *   request                                                     answer (or WIRE_ERROR code)
 *   HELLO    proof place                                        OK                     to the launcher; the connector then serves the same socket
 *   LIST     budget path order descending after match limit     ENTRIES n entry{n} …, then OK next total unsorted      (next "": last page)
 *   STAT     budget path                                        OK entry
 *   READ     budget path                                        OK entry               + descriptor
 *   CREATE   budget folder                                      OK handle              + descriptor
 *   COMMIT   budget handle path replace                         OK
 *   ABORT    budget handle                                      OK
 *   FOLDER   budget path                                        OK
 *   RENAME   budget from to                                     OK
 *   REMOVE   budget path with_content                           OK
 *   SPACE    budget walk_ms                                     OK total free files_free used at_least
 *   WRITABLE budget folder                                      OK writable
 *
 *   entry = name(text) kind size modified mode uid gid          budget = milliseconds the front will wait
 *   code  = an errno of Linux, or one of enum wire_error
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
#define WIRE_ENTRY_ROOM (WIRE_NAME_MOST + 5 + 6 * 8)

enum wire_type {
	WIRE_HELLO = 1, WIRE_LIST, WIRE_STAT, WIRE_READ, WIRE_CREATE, WIRE_COMMIT, WIRE_ABORT, WIRE_FOLDER, WIRE_RENAME, WIRE_REMOVE,
	WIRE_SPACE, WIRE_WRITABLE,
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
