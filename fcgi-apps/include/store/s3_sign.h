/*
 * s3_sign: Amazon's signature version 4, and the spelling of keys and addresses on which it stands. Knows no network.
 */
#ifndef NARU_STORE_S3_SIGN_H
#define NARU_STORE_S3_SIGN_H

#include "base.h"
#include "remotes.h"

#define S3_STAMP 17           /* "20130524T000000Z" */
#define S3_HEX 65             /* a SHA-256 in lower-case hexadecimal */
#define S3_UNSIGNED "UNSIGNED-PAYLOAD"

struct s3_signer { const char *access, *secret, *region; };
struct s3_header { const char *name, *value; }; /* name in lower case */

/* What is signed of a request. path and query as they are sent: encoded, the parameters sorted, each with its "=". */
struct s3_signed {
	const char *method, *path, *query, *payload; /* payload: its SHA-256, or S3_UNSIGNED */
	const struct s3_header *headers; size_t n;   /* sorted by name; "host" is one of them */
};

/* Where the bucket is: by its own host name, or as the first part of the path. */
struct s3_where {
	bool tls;
	char host[700];               /* as the header says it: with the port unless it is the usual one */
	char root[800];               /* in front of "/key": "" or "/bucket" */
};

/* Percent-encoding as the signature wants it: all but letters, digits and "-_.~" (and "/"), in upper case. */
void s3_encode(struct buf *, const char *, bool keep_slash);
/* Back; "+" is a space. In place. False: not such a text, or with a NUL inside. */
bool s3_decode(char *);
void s3_stamp(int64_t at, char out[S3_STAMP]);
void s3_sha256(const void *, size_t n, char out[S3_HEX]);
void s3_signature(const struct s3_signer *, const struct s3_signed *, const char *stamp, char out[S3_HEX]);
/* The value of the header Authorization. */
void s3_authorization(const struct s3_signer *, const struct s3_signed *, const char *stamp, struct buf *out);
/* False: host, port or bucket cannot be ones. */
bool s3_where(const struct remote *, struct s3_where *);
/* The folder of the record as the beginning of keys: "" or "folder/". False: no such folder can be. */
bool s3_prefix(struct arena *, const struct remote *, const char **prefix);
const char *s3_region(const struct remote *);

/* An address at which anybody can get the file for so many seconds from `at` on (at most a week). False: the record cannot be one of an S3 store. */
bool s3_presign(struct arena *, const struct remote *, const char *path, int64_t at, int64_t seconds, const char **url);

#endif
