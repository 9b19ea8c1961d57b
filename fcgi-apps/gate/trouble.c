/* trouble: the gate's own answers. */
#include <string.h>

#include "gate.h"
#include "gate_address.h"

struct says { int status; const char *reason, *title, *text; int refresh; };

static const struct says troubles[] = {
	[TROUBLE_BAD] = { 400, "Bad Request", MSG("The request was not understood"), MSG("It breaks the rules of HTTP and was not passed on."), 0 },
	[TROUBLE_ORIGIN] = { 403, "Forbidden", MSG("Not from here"),
		MSG("A page of another site or of another app asked for this. Apps can be used from their own pages and from the portal only."), 0 },
	[TROUBLE_MANY] = { 503, "Service Unavailable", MSG("Too many open connections"),
		MSG("You, or this app, have as many connections open as are allowed at the same time. Close some windows and try again."), 0 },
	[TROUBLE_NO_ANSWER] = { 502, "Bad Gateway", MSG("The app does not answer"),
		MSG("It is counted as running, but it takes no connections. This page tries again by itself; the portal shows the app's state and log."), 5 },
	[TROUBLE_BROKEN] = { 502, "Bad Gateway", MSG("The app's answer cannot be used"),
		MSG("What it answered breaks the rules of HTTP, or it ended before it had answered. The portal shows its log."), 0 },
};

static const struct says reasons[] = {
	[MAY_SIGN_IN] = { 401, "Unauthorized", MSG("Please open the app again"), MSG("Your sign-in at this app has ended. Please open the app from the portal again."), 0 },
	[MAY_NOT] = { 404, "Not Found", MSG("There is no such app for you"),
		MSG("It was deleted, it belongs to somebody else, or it is not shared with you any more."), 0 },
	[MAY_NO_PAGE] = { 404, "Not Found", MSG("This app has no pages"),
		MSG("It is a service for programs. The portal shows its host, port and password, and how to try it."), 0 },
	[MAY_WAIT] = { 503, "Service Unavailable", MSG("The app is starting"), MSG("This page looks again by itself and shows the app when it is ready."), 3 },
	[MAY_STOPPED] = { 503, "Service Unavailable", MSG("The app does not run"),
		MSG("It was stopped, has come to its end or has failed. Your files are kept. You can start it again in the portal."), 0 },
	[MAY_UNKNOWN] = { 503, "Service Unavailable", MSG("Not known at this moment"), MSG("The portal's database does not answer. This page tries again by itself."), 5 },
};

static void write_head(struct buf *out, const struct says *s, const char *type, size_t n)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n", s->status, s->reason, type, n);
	buf_text(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
		"Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'\r\n");
	if (s->status == 503)
		buf_printf(out, "Retry-After: %d\r\n", s->refresh ? s->refresh : 30);
	buf_text(out, "\r\n");
}

void trouble_write(struct arena *arena, struct buf *out, enum trouble trouble, enum may why, const char *app, bool page)
{
	const struct says *s = trouble == TROUBLE_MAY ? &reasons[why] : &troubles[trouble];
	const char *path = app ? text(arena, "/apps/%s", app) : "/";
	const char *body = page ? app_page(arena, s->status, s->title, s->text, path, s->refresh) : text(arena, "%s. %s\n", s->title, s->text);

	write_head(out, s, page ? "text/html" : "text/plain", strlen(body));
	buf_text(out, body);
}
