/* identity: reads who is asking; see identity.c. */
#ifndef NARU_IDENTITY_H
#define NARU_IDENTITY_H

#include "app_private.h"

/* Fills r->who. KIND_FORBIDDEN when the parameters are missing, doubled or do not make sense. */
bool identity_read(struct req *) MUST_CHECK;
/* The user's language, else the language cookie, else the browser's. */
enum lang identity_lang(struct req *);

#endif
