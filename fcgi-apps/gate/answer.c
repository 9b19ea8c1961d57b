/* answer: an app's answer as nginx may have it. */
#include <string.h>
#include <strings.h>

#include "line.h"

/* "HTTP/1.x NNN words". */
static bool status_line(const char *line, int *status)
{
	if (!starts_with(line, "HTTP/1.") || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
		return false;
	*status = 0;
	for (int i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return false;
		*status = *status * 10 + (line[i] - '0');
	}
	return (line[12] == ' ' || line[12] == '\0') && *status >= 100 && *status < 600;
}

/* What is between two hosts only, what speaks to nginx or for the whole site: Clear-Site-Data empties the cookie jar of the portal too,
 * since a browser holds both hosts for one site. */
static bool dropped(const char *name)
{
	static const char *const names[] = {
		"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Upgrade", "Trailer", "Clear-Site-Data", "Strict-Transport-Security",
		"Public-Key-Pins", "Alt-Svc", "NEL", "Report-To",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return strncasecmp(name, "Naru-", 5) == 0 || strncasecmp(name, "X-Accel-", 8) == 0;
}

/* A cookie of the app's own host: none of our names, and no Domain, which would send it to other apps or to the portal. */
static void put_cookie(struct buf *out, const char *value)
{
	size_t name;

	value += strspn(value, " \t");
	name = strcspn(value, "=; \t");
	if (value[name] == '\0' || value[name] == ';' || name == 0 || is_own_cookie(value, name))
		return;
	buf_text(out, "Set-Cookie: ");
	for (bool first = true; *value; first = false) {
		size_t n = strcspn(value, ";"), word = strspn(value, " \t");

		if (first || strncasecmp(value + word, "domain", 6) != 0) {
			buf_text(out, first ? "" : ";");
			buf_add(out, value, n);
		}
		value += n + (value[n] == ';');
	}
	buf_text(out, "\r\n");
}

bool answer_write(struct arena *arena, const char *at, size_t n, bool websocket, struct answer *answer, struct buf *out)
{
	struct line *lines = NEW_ARRAY(arena, struct line, HEAD_LINES);
	struct lines from = { at, n };
	const char *first = next_line(&from, arena);
	size_t n_lines;

	*answer = (struct answer){ 0 };
	if (!first || !status_line(first, &answer->status) || !read_lines(&from, arena, lines, &n_lines))
		return false;
	if (answer->status < 200 && answer->status != 101)
		return answer->interim = true;
	if (answer->status == 101 && !websocket)
		return false;
	buf_printf(out, "HTTP/1.1 %s\r\n", first + 9);
	for (size_t i = 0; i < n_lines; i++) {
		if (strcasecmp(lines[i].name, "Set-Cookie") == 0)
			put_cookie(out, lines[i].value);
		else if (!dropped(lines[i].name))
			buf_printf(out, "%s: %s\r\n", lines[i].name, lines[i].value);
	}
	buf_text(out, answer->status == 101 ? "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" : "Connection: close\r\n\r\n");
	return true;
}
