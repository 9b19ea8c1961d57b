/*
 * conf: the site's settings, one ini file (naru.conf(5)) read at start.
 *
 *   [section name]      the words after the kind name one of several: [cluster demo]
 *   key = value         the rest of the line; white space around it is dropped
 *   # comment           also ';', at the start of a line
 *
 * The file is $NARU_CONF, or /etc/naru/naru.conf. Values live as long as the process.
 */
#ifndef NARU_CONF_H
#define NARU_CONF_H

#include "base.h"

/* Reads and replaces the settings. Errors name the file and the line. */
bool conf_load(struct ctx *, const char *path) MUST_CHECK;
/* $NARU_CONF or the default; ends the process with a clear message if it cannot be read. Idempotent. */
void conf_start(void);
/* The value, or `preset` when the key is missing. section is "site" or "cluster demo". */
const char *conf_get(const char *section, const char *key, const char *preset);
int64_t conf_int(const char *section, const char *key, int64_t preset);
bool conf_bool(const char *section, const char *key, bool preset);
/* Names of the sections of a kind, in the file's order: conf_names("cluster") -> {"demo"}. */
struct texts conf_names(const char *kind);
/* A path below [site] state: conf_path(arena, "db/portal"). */
char *conf_path(struct arena *, const char *below);

#endif
