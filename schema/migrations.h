/* migrations: every migration of Naru in order (migrate.h). A new one is added at the end, with the next number, and stays for ever. */
#ifndef NARU_MIGRATIONS_H
#define NARU_MIGRATIONS_H

#include "migrate.h"

/* No stored record has had to be reshaped so far. A row is { 1, "portal", "what it does", function, NULL }. */
static const struct migration migrations[] = {
	{ 0 },
};

#endif
