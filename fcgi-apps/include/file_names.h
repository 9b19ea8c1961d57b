/*
 * file_names: paths and names of files as they stand in records, forms and addresses. A path is relative to its place, "" is the top, without
 * a leading slash; a name is any bytes but '/' and NUL. In addresses and forms all but letters, digits and -._~ are percent-encoded byte by
 * byte. Does not block; memory is the arena's.
 */
#ifndef NARU_FILE_NAMES_H
#define NARU_FILE_NAMES_H

#include "base.h"

char *path_join(struct arena *, const char *folder, const char *name);
char *path_folder(struct arena *, const char *path);   /* "" for what is in the top */
const char *path_name(const char *path);
/* "data.tar.gz" (2) -> "data (2).tar.gz" */
const char *name_copy(struct arena *, const char *name, int copy);
/* Is it this folder, or in it? */
bool path_within(const char *path, const char *folder);
/* May this be the name of a file? */
bool name_good(const char *name);
/* A name as it can be shown in a message: bytes that are no UTF-8 become '?'. */
const char *name_shown(struct arena *, const char *name);
/* Any bytes as text for a form's value and back. */
char *key_of(struct arena *, const char *name);
char *key_name(struct arena *, const char *key);        /* NULL: malformed, or no name of a file */
/* The same for a path, whose slashes stay. NULL: malformed, or one of its parts is no name. "" is the top. */
char *key_path(struct arena *, const char *key);
/* All but letters, digits and -._~/ percent-encoded, and back (NULL: malformed, or a NUL). */
char *path_encoded(struct arena *, const char *path);
char *path_decoded(struct arena *, const char *);
/* prefix + '/' + place + '/' + path, for an address: files_url(a, "/files/in", "home", "a b") is "/files/in/home/a%20b". */
char *files_url(struct arena *, const char *prefix, const char *place, const char *path);

#endif
