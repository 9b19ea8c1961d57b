#include "program.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int program_beside(const char *name)
{
	char path[4096];
	size_t length = strlen(name) + 1;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n <= 0 || (size_t)n + length > sizeof path)
		return -1;
	memcpy(path + n, name, length);
	return open(path, O_PATH | O_CLOEXEC);
}
