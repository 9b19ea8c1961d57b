#include "store/lines.h"

#include <stdlib.h>

#include "store/why.h"

#define KEPT_MOST (STREAM_MOST + 1)

void lines_begin(struct lines *all, const struct remote *r, const char *protocols, int tick_ms)
{
	*all = (struct lines){ .networks = r->networks, .ca_file = r->ca_file, .protocols = protocols, .tick_ms = tick_ms };
	pthread_mutex_init(&all->lock, NULL);
}

/* ---- one line ---- */

static struct line *make(const struct lines *all)
{
	struct line *l = calloc(1, sizeof *l);
	if (!l)
		die("out of memory");
	l->multi = curl_multi_init();
	if (!l->multi)
		die("libcurl gives no handle");
	l->easy = dial_curl(all->networks, all->ca_file, all->protocols, l->words);
	return l;
}

/* The easy handle first: it may still hold the connection of the other. */
void line_drop(struct line *l)
{
	curl_easy_cleanup(l->easy);
	curl_multi_cleanup(l->multi);
	free(l);
}

void lines_end(struct lines *all)
{
	for (struct line *l = all->idle, *next; l; l = next) {
		next = l->next;
		line_drop(l);
	}
	all->idle = NULL;
	pthread_mutex_destroy(&all->lock);
}

/* ---- the pool: last given, first taken, so that few are kept awake ---- */

struct line *lines_take(struct lines *all)
{
	pthread_mutex_lock(&all->lock);
	struct line *l = all->idle;
	if (l) {
		all->idle = l->next;
		all->kept--;
	}
	pthread_mutex_unlock(&all->lock);
	return l ? l : make(all);
}

void lines_give(struct lines *all, struct line *l)
{
	pthread_mutex_lock(&all->lock);
	bool keep = all->kept < KEPT_MOST;
	if (keep) {
		l->next = all->idle;
		all->idle = l;
		all->kept++;
	}
	pthread_mutex_unlock(&all->lock);
	if (!keep)
		line_drop(l);
}

/* ---- running ---- */

static CURLcode result(const struct line *l)
{
	int more;
	for (const CURLMsg *m; (m = curl_multi_info_read(l->multi, &more));)
		if (m->msg == CURLMSG_DONE)
			return m->data.result;
	return CURLE_FAILED_INIT;
}

CURLcode line_run(struct line *l, int tick_ms, const struct stream *s)
{
	int running = 1;
	bool given_up = false;
	l->words[0] = 0;
	if (curl_multi_add_handle(l->multi, l->easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (running && !given_up) {
		if (curl_multi_perform(l->multi, &running) != CURLM_OK)
			break;
		given_up = s && stream_given_up(s);
		if (running && !given_up)
			curl_multi_poll(l->multi, NULL, 0, tick_ms, NULL);
	}
	CURLcode c = given_up && running ? CURLE_ABORTED_BY_CALLBACK : result(l);
	curl_multi_remove_handle(l->multi, l->easy);
	return c;
}

int line_error(const struct line *l, CURLcode c)
{
	int e = dial_curl_error(c);
	return e && *l->words ? why(e, "%s", l->words) : e;
}

bool line_was_kept(const struct line *l)
{
	long new = 1;
	curl_easy_getinfo(l->easy, CURLINFO_NUM_CONNECTS, &new);
	return new == 0;
}
