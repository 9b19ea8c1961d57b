/*
 * client: the front's side of the connections to connectors. A process keeps a few, by user and place, and uses one for the next request of
 * the same user; a connection on which anything went wrong is closed, never used again. Not for threads.
 */
#ifndef NARU_STORE_CLIENT_H
#define NARU_STORE_CLIENT_H

#include "base.h"
#include "store/wire.h"

struct link;

struct store {
	const char *proof, *place, *key; /* key: whose connector this is, and where */
	struct link *link;
	unsigned can;                    /* enum store_can, as the connector says */
	unsigned serial;                 /* of the link: it may have been reused for another since */
};

/* Finds or makes the connection of a store whose proof, place and key are set. */
bool client_connect(struct ctx *, struct store *) MUST_CHECK;
/* Starts a request that may take `most` milliseconds (or the context's deadline, if that comes first). */
struct wire *client_begin(struct ctx *, enum wire_type, int most);
/* Sends it and gives the first answer, WIRE_OK or WIRE_ENTRIES; a refusal is failed with a message. If the connector has gone
 * without reading the request, asks once more with a new one, unless `bound` (the request is about something of this connector).
 * got: the descriptor of the answer, -1 for none; NULL: none is wanted. */
bool client_call(struct ctx *, struct store *, bool bound, enum wire_type *, struct wire **, int *got) MUST_CHECK;
/* The next message of the same answer. */
bool client_more(struct ctx *, struct store *, enum wire_type *, struct wire **) MUST_CHECK;
/* Starts a request about a path; NULL after fail(). */
struct wire *client_about(struct ctx *, enum wire_type, const char *path, int most);
/* Sends it; its one answer must be of type WIRE_OK, whose fields client_finished() has seen the last of. */
bool client_ask(struct ctx *, struct store *, bool bound, struct wire **in, int *got) MUST_CHECK;
bool client_finished(struct ctx *, struct store *, const struct wire *in) MUST_CHECK;
/* Both, for an answer without fields. */
bool client_simple(struct ctx *, struct store *, bool bound) MUST_CHECK;
/* The answer was not what the protocol says: closes the connection and fails. */
bool client_nonsense(struct ctx *, struct store *, const char *what);
/* After fork(): the connections are the parent's, this process makes its own. */
void client_forget(void);
/* Closes the connection: what was created on it and not committed is gone. */
void client_drop(struct store *);
/* Fails with the message for an error code. words: what the server of a remote store said about it. */
bool client_fail(struct ctx *, int code, const char *what);
bool client_fail_words(struct ctx *, int code, const char *words, const char *what);
/* Reads an entry of a folder from an answer; .bad of the answer tells that it is none. */
struct entry;
void store_take_entry(struct arena *, struct wire *, struct entry *);
int client_code(void); /* of the last failure */

#endif
