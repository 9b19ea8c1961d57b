#include "local.h"

#include <string.h>

bool is_local(const char *path)
{
	size_t n = path ? strlen(path) : 0;

	if (n == 0 || n > 2000 || path[0] != '/' || path[1] == '/' || strchr(path, '\\'))
		return false;
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
			return false;
	return true;
}

const char *local_path(const char *path)
{
	return !is_local(path) || starts_with(path, "/sign-") || starts_with(path, "/_") ? "/" : path;
}
