/*
 * token: personal access tokens for scripts ("Authorization: Bearer naru_…"). Stored as a hash; shown once, when made. A token has a
 * scope (words out of read, jobs, files), an end date and never more rights than its owner has at the time of the request.
 */
#ifndef NARU_ACCOUNT_TOKEN_H
#define NARU_ACCOUNT_TOKEN_H

#include "people.h"
#define RECORD token
#include "record_def.h"

#define TOKEN_PREFIX "naru_"
enum { TOKENS_MOST = 20 };

/* "read jobs files": words that exist, each once. */
bool token_scope_ok(const char *scope);
/* Adds a token with .user, .label, .scope and .expires as given; KIND_CONFLICT when the user has TOKENS_MOST. *secret is shown once.
 * A .tag that is given makes it the form's own: sent twice, the second token takes the place of the first. */
bool token_make(struct ctx *, struct db_write *, struct token *, const char **secret) MUST_CHECK;
/* Only live ones. */
bool token_find(struct ctx *, const struct db_read *, const char *secret, bool *found, struct token *) MUST_CHECK;
/* Notes the last use, at most once an hour; failures are forgotten. */
void token_touch(struct ctx *, const char *secret, const struct token *);
bool token_end(struct ctx *, struct db_write *, const char *user, const char *tag, bool *found) MUST_CHECK;
struct token_rows { struct token *at; size_t n; };
bool token_rows(struct ctx *, const struct db_read *, const char *user, struct token_rows *) MUST_CHECK;
bool token_sweep(struct ctx *) MUST_CHECK;

#endif
