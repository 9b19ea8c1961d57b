#include "local.h"

const char *local_path(const char *path)
{
	return !is_local(path) || starts_with(path, "/sign-") || starts_with(path, "/_") ? "/" : path;
}
