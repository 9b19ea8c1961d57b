/*
 * gpus: how busy the GPUs of apps are, as an exporter of the site tells ([engine NAME] gpu-metrics): text of Prometheus, as NVIDIA's DCGM exporter and
 * Prometheus' own /federate write it, one line a GPU and pod:
 *
 *   DCGM_FI_DEV_GPU_UTIL{gpu="0",namespace="naru-alice",pod="naru-abcdefghij",container="app"} 37
 *
 * Of several GPUs the busiest counts. What cannot be understood is left out.
 */
#include "deployer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "cluster/driver.h"
#include "web.h"

enum { ASK_MS = 3000, MOST_ANSWER = 16 << 20, MOST_SEEN = 4096, LABEL = 128 };

struct gpus_seen { char id[APP_ID + 1]; int64_t percent; };

/* ---- one line ------------------------------------------------------------------------------------------------------ */

/* The label's value without its quotation marks; false: the line is broken. *at is behind it afterwards. */
static bool value_of(const char **at, char out[LABEL])
{
	size_t n = 0;
	const char *s = *at;

	if (*s++ != '"')
		return false;
	for (; *s && *s != '"'; s++) {
		if (*s == '\\' && !*++s)
			return false;
		if (n + 1 < LABEL)
			out[n++] = *s;
	}
	out[n] = '\0';
	*at = s + 1;
	return *s == '"';
}

/* Behind the opening brace: the label `pod`, "" if there is none. */
static bool labels(const char **at, char pod[LABEL])
{
	char value[LABEL];
	const char *s = *at;

	pod[0] = '\0';
	while (*(s += strspn(s, " ,")) != '}') {
		size_t n = strcspn(s, "=,} \"");
		bool is_pod = n == 3 && strncmp(s, "pod", 3) == 0;

		if (!n || s[n] != '=')
			return false;
		s += n + 1;
		if (!value_of(&s, is_pod ? pod : value))
			return false;
	}
	*at = s + 1;
	return true;
}

bool gpus_line(const char *line, const char *metric, char id[APP_ID + 1], int64_t *percent)
{
	const char *at = line + strlen(metric);
	char pod[LABEL], *end;

	if (!starts_with(line, metric) || *at++ != '{' || !labels(&at, pod))
		return false;
	double value = strtod(at, &end);

	if (end == at || (*end && !strchr(" \r", *end)) || !isfinite(value) || value < 0 || value > 100)
		return false;
	if (!starts_with(pod, "naru-") || strlen(pod) != 5 + APP_ID)
		return false;
	memcpy(id, pod + 5, APP_ID + 1);
	*percent = (int64_t)ceil(value);
	return true;
}

/* ---- all of an engine ------------------------------------------------------------------------------------------------- */

static void take(struct gpus *out, struct gpus_seen *all, const char *id, int64_t percent)
{
	for (size_t i = 0; i < out->n; i++)
		if (same(all[i].id, id)) {
			all[i].percent = percent > all[i].percent ? percent : all[i].percent;
			return;
		}
	if (out->n == MOST_SEEN)
		return;
	memcpy(all[out->n].id, id, APP_ID + 1);
	all[out->n++].percent = percent;
}

bool gpus_read(struct ctx *ctx, const char *engine, struct gpus *out)
{
	const char *url = cluster_setting(NULL, engine, "gpu-metrics"), *metric = cluster_setting(NULL, engine, "gpu-metric");
	const char *ca = cluster_setting(NULL, engine, "gpu-metrics-ca");
	struct gpus_seen *all = NEW_ARRAY(ctx->arena, struct gpus_seen, MOST_SEEN);
	struct web_request request = { .method = "GET", .url = url, .most = MOST_ANSWER, .ca_file = empty(ca) ? NULL : ca, .again = true };
	struct web_answer answer;
	char id[APP_ID + 1];
	int64_t percent;

	*out = (struct gpus){ .engine = engine, .at = all };
	if (empty(url))
		return true;
	ctx->deadline = clock_ms() + ASK_MS;
	out->measured = true;
	if (!web_call(ctx, &request, &answer))
		return false;
	if (answer.status != 200)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The use of GPUs is not known now."), "%s: %d", url, answer.status);
	for (char *line = arena_copy(ctx->arena, answer.body.at, answer.body.n), *end; line; line = end) {
		if ((end = strchr(line, '\n')))
			*end++ = '\0';
		if (gpus_line(line, metric, id, &percent))
			take(out, all, id, percent);
	}
	return true;
}

int64_t gpus_of(const struct gpus *gpus, const struct deployment *a)
{
	if (!gpus->measured || a->gpus <= 0)
		return GPUS_NONE;
	for (size_t i = 0; i < gpus->n; i++)
		if (same(gpus->at[i].id, a->id))
			return gpus->at[i].percent;
	return GPUS_UNKNOWN;
}
