/* url: addresses in attributes, as far as their literal beginning tells. */
#include "viewc.h"

#include <string.h>
#include <strings.h>

/* "https://host/…": the host is complete. */
static bool has_host(const char *value)
{
	if (strncmp(value, "https://", 8) != 0)
		return false;
	return value[8] != '/' && strchr(value + 8, '/') != NULL;
}

/* Safe: whatever follows cannot change the scheme or the host. "/" alone counts: put_url_part() never writes a second slash. */
enum url url_class(const char *value)
{
	if (!*value)
		return URL_EMPTY;
	if (value[0] == '/' && value[1] == '/')
		return URL_UNDECIDED;
	if (strchr("/?#", value[0]) || has_host(value))
		return URL_SAFE;
	return URL_UNDECIDED;
}

/* A complete literal address that no view may hold: "//host", any scheme but https and mailto, and anything whose beginning a
 * browser might read in another way than we do (white space, entities). */
bool url_refused(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-";
	if (value[0] == '/')
		return value[1] == '/' || value[1] == '\\';
	size_t first = strspn(value, plain);
	if (value[first] != ':')
		return value[first] != '\0' && !strchr("/?#", value[first]);
	return strncasecmp(value, "https:", 6) != 0 && strncasecmp(value, "mailto:", 7) != 0;
}

/* An address where a form with our secrets may go. */
bool url_stays_here(const char *value)
{
	return !*value || value[0] == '?' || (value[0] == '/' && value[1] != '/' && value[1] != '\\');
}
