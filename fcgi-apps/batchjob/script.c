#include "script.h"

#include <string.h>

/* ---- findings ---- */

void find_add(struct ctx *ctx, struct findings *f, bool error, int64_t line, const char *says)
{
	enum { MOST = 50 };
	if (f->n >= MOST)
		return;
	if (f->n == f->cap) {
		struct finding *larger = NEW_ARRAY(ctx->arena, struct finding, f->cap * 2 + 8);
		if (f->n)
			memcpy(larger, f->at, f->n * sizeof *larger);
		f->at = larger;
		f->cap = f->cap * 2 + 8;
	}
	f->at[f->n++] = (struct finding){ line, says, error };
}

bool find_errors(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].error)
			return true;
	return false;
}

/* ---- writing ---- */

char *script_lines(struct arena *a, const char *typed)
{
	char *to = arena_alloc(a, strlen(typed) + 1), *at = to;
	for (; *typed; typed++)
		if (typed[0] != '\r' || typed[1] != '\n')
			*at++ = *typed;
	*at = '\0';
	return to;
}

char *script_typed(struct arena *a, const char *typed)
{
	char *lines = script_lines(a, typed);
	size_t n = strspn(lines, "\n");
	return starts_with(lines + n, "#!") ? lines + n : lines;
}

/* Values have no quotes and backslashes, by their grammars. */
static void put_option(struct buf *b, enum ask_what what, const struct ask *ask)
{
	const char *option = ask_rows[what].option, *value = ask->value[what];
	bool quote = value[strcspn(value, " \t#;")] != '\0';
	if (what == ASK_NODES && ask->value[ASK_NODES_MOST])
		buf_printf(b, "#SBATCH --nodes=%s-%s\n", value, ask->value[ASK_NODES_MOST]);
	else if (ask_rows[what].bare && same(value, ask_rows[what].bare))
		buf_printf(b, "#SBATCH --%s\n", option);
	else
		buf_printf(b, quote ? "#SBATCH --%s=\"%s\"\n" : "#SBATCH --%s=%s\n", option, value);
}

char *script_write(struct arena *a, const char *first_line, const struct ask *ask, const char *body)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	buf_printf(&b, "%s\n", first_line);
	for (int i = 0; i < ASK_COUNT; i++)
		if (!empty(ask->value[i]) && i != ASK_NODES_MOST)
			put_option(&b, (enum ask_what)i, ask);
	buf_printf(&b, "\n%s", body);
	if (b.n && b.at[b.n - 1] != '\n')
		buf_char(&b, '\n');
	return arena_copy(a, buf_cstr(&b), b.n);
}

/* ---- reading: words of a line ---- */

/* One script on its way through. */
struct reading {
	struct ctx *ctx;
	const struct field *const *rows;
	struct ask *ask;
	struct findings *found;
	int64_t line;
	int lines;            /* of options so far */
};

static void wrong(struct reading *r, const char *says)
{
	find_add(r->ctx, r->found, true, r->line, says);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* One word as sbatch splits them: quotes and backslashes as in a shell. False at an open quote. */
static bool take_word(struct buf *b, const char **at)
{
	const char *s = *at;
	char quote = '\0';
	for (; *s && (quote || !is_space(*s)); s++) {
		if (quote ? *s == quote : (*s == '"' || *s == '\''))
			quote = quote ? '\0' : *s;
		else if (*s == '\\' && s[1] && quote != '\'')
			buf_char(b, *++s);
		else
			buf_char(b, *s);
	}
	*at = s;
	return quote == '\0';
}

/* The words of a line; a word that begins with # begins a comment. */
static bool take_words(struct reading *r, const char *line, struct texts *out)
{
	size_t most = strlen(line) / 2 + 2, n = 0;
	const char **words = NEW_ARRAY(r->ctx->arena, const char *, most);
	for (;;) {
		struct buf b = { 0 };
		while (is_space(*line))
			line++;
		if (*line == '\0' || *line == '#')
			break;
		buf_in(&b, r->ctx->arena);
		if (!take_word(&b, &line)) {
			wrong(r, tr(r->ctx, "A quotation mark is not closed."));
			return false;
		}
		words[n++] = arena_copy(r->ctx->arena, buf_cstr(&b), b.n);
	}
	*out = (struct texts){ words, n };
	return true;
}

/* ---- reading: options ---- */

/* Options of sbatch that the batch system's interface does not take, or that are not handed on. */
static const char *const not_ours[] = {
	"deadline", "mem-per-gpu", "gpus", "gpus-per-task", "cpus-per-gpu", "ntasks-per-core", "ntasks-per-socket", "ntasks-per-gpu", "wckey",
	"distribution", "oversubscribe", "priority", "input", "tmp", "time-min", "switches", "hint", "kill-on-invalid-dep", "get-user-env",
	"wait", "wait-all-nodes", "parsable", "overcommit", "threads-per-core", "cores-per-socket", "sockets-per-node", "propagate", "uid", "gid",
	"clusters", "cluster-constraint", "container", "bb", "spread-job"
};

/* Those of which more is to be said. */
static const struct { const char *name; char letter; const char *says; } refused[] = {
	{ "comment", 0, MSG("The comment is how the job is found again after a fault. Remove the line; the job's name can say what it is.") },
	{ "nodelist", 'w', MSG("The batch system's interface takes no lists of nodes. Use --constraint or a partition, or submit this script with sbatch.") },
	{ "exclude", 'x', MSG("The batch system's interface takes no lists of nodes. Use --constraint or a partition, or submit this script with sbatch.") },
	{ "no-requeue", 0, MSG("The batch system's interface leaves it out. Remove the line; the script can end at once when SLURM_RESTART_COUNT is set.") },
	{ "gpus", 'G', MSG("Write --gpus-per-node instead, the number on each node.") },
};

static void set(struct reading *r, enum ask_what what, const char *shown, const char *value)
{
	const struct field *row = r->rows ? r->rows[what] : &ask_rows[what].field;
	const char *says = ask_wrong(r->ctx, row, what, value);
	if (says) {
		wrong(r, say(r->ctx, "%s: %s", shown, says));
		return;
	}
	const char *tidy = ask_rows[what].tidy(r->ctx->arena, value);
	if (r->ask->value[what] && !same(r->ask->value[what], tidy))
		find_add(r->ctx, r->found, false, r->line, say(r->ctx, "%s stands twice; the last one counts.", shown));
	r->ask->value[what] = what == ASK_GPUS && same(tidy, "0") ? NULL : tidy;
}

/* "2", "a100" or "a100:2", behind "gpu:" or of --gpus-per-node. A type makes it a matter of --gres. */
static void set_gpus(struct reading *r, const char *shown, const char *value)
{
	bool number = value[0] != '\0' && strspn(value, "0123456789") == strlen(value);
	if (number)
		set(r, ASK_GPUS, shown, value);
	else
		set(r, ASK_GRES, shown, text(r->ctx->arena, "gpu:%s", value));
	r->ask->value[number ? ASK_GRES : ASK_GPUS] = NULL;
}

static void set_gres(struct reading *r, const char *shown, const char *value)
{
	if (starts_with(value, "gpu:") || same(value, "gpu"))
		set_gpus(r, shown, value[3] ? value + 4 : "1");
	else
		wrong(r, say(r->ctx, "%s: only gpu:NUMBER or gpu:TYPE:NUMBER is possible here, for example gpu:2.", shown));
}

/* "2" or "2-4". */
static void set_nodes(struct reading *r, const char *shown, const char *value)
{
	const char *dash = strchr(value, '-');
	r->ask->value[ASK_NODES_MOST] = NULL;
	set(r, ASK_NODES, shown, dash && dash > value ? arena_copy(r->ctx->arena, value, (size_t)(dash - value)) : value);
	if (!dash || dash == value || !r->ask->value[ASK_NODES])
		return;
	set(r, ASK_NODES_MOST, shown, dash + 1);
	int64_t least = number_of(r->ask, ASK_NODES, 1), most = number_of(r->ask, ASK_NODES_MOST, 0);
	if (most > 0 && most < least)
		wrong(r, say(r->ctx, "%s: the second number is smaller than the first.", shown));
	if (most <= least)
		r->ask->value[ASK_NODES_MOST] = NULL;
}

static void set_memory(struct reading *r, enum ask_what what, const char *shown, const char *value)
{
	if (r->ask->value[what == ASK_MEMORY ? ASK_MEMORY_CPU : ASK_MEMORY])
		wrong(r, tr(r->ctx, "--mem and --mem-per-cpu exclude each other. Remove one of the two lines."));
	set(r, what, shown, value);
}

/* Any option with its value. */
static void set_option(struct reading *r, enum ask_what what, const char *shown, const char *value)
{
	if (what == ASK_GRES)
		set_gres(r, shown, value);
	else if (what == ASK_GPUS)
		set_gpus(r, shown, value);
	else if (what == ASK_NODES)
		set_nodes(r, shown, value);
	else if (what == ASK_MEMORY || what == ASK_MEMORY_CPU)
		set_memory(r, what, shown, value);
	else
		set(r, what, shown, value);
}

static int find_long(const char *name, size_t n)
{
	for (int i = 0; i < ASK_COUNT; i++)
		if (n > 0 && strlen(ask_rows[i].option) == n && strncmp(ask_rows[i].option, name, n) == 0)
			return i;
	return -1;
}

static void unknown(struct reading *r, const char *shown, const char *name)
{
	for (size_t i = 0; i < COUNT(refused); i++)
		if (same(refused[i].name, name) || (empty(name) && refused[i].letter && refused[i].letter == shown[1])) {
			wrong(r, say(r->ctx, "%s: %s", shown, tr(r->ctx, refused[i].says)));
			return;
		}
	for (size_t i = 0; i < COUNT(not_ours); i++)
		if (same(not_ours[i], name)) {
			wrong(r, say(r->ctx, "%s cannot be handed on to the batch system from here. Remove it, or submit this script with sbatch.", shown));
			return;
		}
	wrong(r, say(r->ctx, "%s is not an option that is known here. Correct or remove it.", shown));
}

/* The value of an option that is refused is no second mistake. */
static void skip_value(struct texts words, size_t *i)
{
	if (*i + 1 < words.n && words.at[*i + 1][0] != '-')
		++*i;
}

/* Where the value stands: behind "=", or the next word. NULL, after a message: there is none. */
static const char *value_of(struct reading *r, const char *shown, const char *joined, struct texts words, size_t *i)
{
	if (joined)
		return joined;
	if (*i + 1 < words.n)
		return words.at[++*i];
	wrong(r, say(r->ctx, "%s needs a value.", shown));
	return NULL;
}

static void read_long(struct reading *r, struct texts words, size_t *i)
{
	const char *word = words.at[*i] + 2, *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const char *name = arena_copy(r->ctx->arena, word, n), *shown = text(r->ctx->arena, "--%s", name), *value;
	int what = find_long(name, n);
	if (what < 0) {
		unknown(r, shown, name);
		if (!equals)
			skip_value(words, i);
		return;
	}
	if (ask_rows[what].bare && !equals)
		set(r, (enum ask_what)what, shown, ask_rows[what].bare);
	else if ((value = value_of(r, shown, equals ? equals + 1 : NULL, words, i)))
		set_option(r, (enum ask_what)what, shown, value);
}

static int find_letter(char c)
{
	for (int i = 0; i < ASK_COUNT; i++)
		if (ask_rows[i].letter == c)
			return i;
	return -1;
}

static void read_short(struct reading *r, struct texts words, size_t *i)
{
	const char *word = words.at[*i], *value;
	const char *shown = text(r->ctx->arena, "-%.1s", word + 1);
	int what = find_letter(word[1]);
	bool bare = what >= 0 && ask_rows[what].bare;
	if (bare && word[2] == '\0') {
		set(r, (enum ask_what)what, shown, ask_rows[what].bare);
		return;
	}
	if (what < 0 || bare) {
		unknown(r, utf8_valid(word, strlen(word)) ? word : "-?", "");
		if (word[2] == '\0')
			skip_value(words, i);
		return;
	}
	if ((value = value_of(r, shown, word[2] ? word + 2 : NULL, words, i)))
		set_option(r, (enum ask_what)what, shown, value);
}

static void read_words(struct reading *r, struct texts words)
{
	for (size_t i = 0; i < words.n; i++) {
		const char *word = words.at[i];
		if (word[0] == '-' && word[1] == '-' && word[2])
			read_long(r, words, &i);
		else if (word[0] == '-' && word[1] && word[1] != '-')
			read_short(r, words, &i);
		else
			wrong(r, say(r->ctx, "“%s” is not an option; options begin with a dash.", utf8_valid(word, strlen(word)) ? word : "?"));
	}
}

/* ---- reading: lines ---- */

static bool is_option_line(const char *line)
{
	return starts_with(line, "#SBATCH") && (is_space(line[7]) || line[7] == '\0');
}

/* sbatch looks for options up to the first line that is neither empty nor a comment. */
static bool ends_header(const char *line)
{
	while (is_space(*line))
		line++;
	return *line != '\0' && *line != '#';
}

static void read_line(struct reading *r, const char *line, bool *body)
{
	struct texts words;
	if (!*body && ends_header(line))
		*body = true;
	if (!is_option_line(line))
		return;
	if (*body) {
		find_add(r->ctx, r->found, false, r->line, tr(r->ctx, "This #SBATCH line stands behind the first command: it has no effect."));
		return;
	}
	if (++r->lines > 200) {
		wrong(r, tr(r->ctx, "There are more than 200 #SBATCH lines. Remove some."));
		*body = true;
		return;
	}
	if (take_words(r, line + 7, &words) && words.n <= 100)
		read_words(r, words);
	else if (r->found->n == 0 || r->found->at[r->found->n - 1].line != r->line)
		wrong(r, tr(r->ctx, "There are more than 100 words in this line. Split it."));
}

void script_read(struct ctx *ctx, const char *script, const struct field *const *rows, struct ask *ask, struct findings *found)
{
	struct reading r = { .ctx = ctx, .rows = rows, .ask = ask, .found = found };
	bool body = false;
	*ask = (struct ask){ 0 };
	while (*script) {
		size_t n = strcspn(script, "\n");
		r.line++;
		if (!body || starts_with(script, "#SBATCH"))
			read_line(&r, arena_copy(ctx->arena, script, n), &body);
		script += n + (script[n] == '\n');
	}
}

/* ---- the script itself ---- */

static int64_t line_of(const char *script, const char *at)
{
	int64_t line = 1;
	for (; script < at; script++)
		line += *script == '\n';
	return line;
}

void script_check(struct ctx *ctx, const char *script, struct findings *found)
{
	size_t n = strlen(script);
	const char *cr = strchr(script, '\r');
	if (n > SCRIPT_MOST)
		find_add(ctx, found, true, 0, tr(ctx, "The script is longer than 1 MiB. Put its data into files and read them from there."));
	if (!utf8_valid(script, n))
		find_add(ctx, found, true, 0, tr(ctx, "The script is not UTF-8 text. Save it as UTF-8."));
	if (!starts_with(script, "#!"))
		find_add(ctx, found, true, 1, tr(ctx, "The first line must name the interpreter, for example #!/bin/bash."));
	const char *twice = strstr(script, "\nsrun srun ");
	if (twice)
		find_add(ctx, found, false, line_of(script, twice + 1), tr(ctx, "srun starts another srun here, which waits for nodes that the first one has. Remove one of them."));
	if (cr)
		find_add(ctx, found, true, line_of(script, cr),
			tr(ctx, "There is a carriage return (a line end of Windows) in this line; the nodes do not understand it. Remove it."));
}
