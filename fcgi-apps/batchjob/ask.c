#include "ask.h"

#include <regex.h>
#include <string.h>

/* ---- spellings ---- */

static const char *tidy_text(struct arena *a, const char *value)
{
	return arena_copy(a, value, strlen(value));
}

static const char *tidy_flag(struct arena *a, const char *value)
{
	(void)a;
	return empty(value) ? NULL : "yes";
}

/* Without leading zeros and sign. */
static const char *tidy_number(struct arena *a, const char *value)
{
	int64_t n;
	return parse_int(value, 0, 1000000, &n) ? text(a, "%lld", (long long)n) : NULL;
}

static const char *tidy_nice(struct arena *a, const char *value)
{
	int64_t n;
	return parse_int(value, 0, INT32_MAX, &n) ? text(a, "%lld", (long long)n) : NULL;
}

/* Colon-separated numbers; false if there is anything else. */
static bool read_numbers(const char *s, int64_t *to, size_t most, size_t *n)
{
	*n = 0;
	for (;;) {
		int64_t value = 0;
		size_t digits = 0;
		for (; *s >= '0' && *s <= '9' && digits < 8; s++, digits++)
			value = value * 10 + (*s - '0');
		if (digits == 0 || *n == most)
			return false;
		to[(*n)++] = value;
		if (*s == '\0')
			return true;
		if (*s++ != ':')
			return false;
	}
}

/* "hh", "hh:mm" or "hh:mm:ss" behind a number of days. */
static int64_t with_days(const char *value, const char *dash)
{
	int64_t days = 0, part[3] = { 0, 0, 0 };
	size_t n;
	char head[16];
	size_t k = (size_t)(dash - value);
	if (k == 0 || k >= sizeof head)
		return -1;
	memcpy(head, value, k);
	head[k] = '\0';
	if (!parse_int(head, 0, 3660, &days) || !read_numbers(dash + 1, part, 3, &n))
		return -1;
	return days * 1440 + part[0] * 60 + part[1] + (part[2] + 59) / 60;
}

int64_t minutes_of(const char *value)
{
	const char *dash = strchr(value, '-');
	int64_t part[3] = { 0, 0, 0 };
	size_t n;
	if (dash)
		return with_days(value, dash);
	if (!read_numbers(value, part, 3, &n))
		return -1;
	if (n == 1)
		return part[0];
	if (n == 2)
		return part[0] + (part[1] + 59) / 60;
	return part[0] * 60 + part[1] + (part[2] + 59) / 60;
}

char *minutes_text(struct arena *a, int64_t m)
{
	if (m >= 1440)
		return text(a, "%lld-%02lld:%02lld:00", (long long)(m / 1440), (long long)(m % 1440 / 60), (long long)(m % 60));
	return text(a, "%02lld:%02lld:00", (long long)(m / 60), (long long)(m % 60));
}

static const char *tidy_time(struct arena *a, const char *value)
{
	int64_t m = minutes_of(value);
	return m > 0 && m <= 1440 * 3660 ? minutes_text(a, m) : NULL;
}

int64_t megabytes_of(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	int64_t n = 0;
	if (digits == 0 || digits > 12)
		return -1;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (value[i] - '0');
	const char *unit = value + digits;
	if (unit[0] != '\0' && unit[1] != '\0' && !((unit[1] == 'B' || unit[1] == 'b') && unit[2] == '\0'))
		return -1;
	switch (unit[0]) {
	case '\0': case 'M': case 'm': return n;
	case 'K': case 'k': return (n + 1023) / 1024;
	case 'G': case 'g': return n * 1024;
	case 'T': case 't': return n < 1000000 ? n * 1024 * 1024 : -1;
	default: return -1;
	}
}

char *megabytes_text(struct arena *a, int64_t mb)
{
	return mb % 1024 == 0 ? text(a, "%lldG", (long long)(mb / 1024)) : text(a, "%lldM", (long long)mb);
}

static const char *tidy_memory(struct arena *a, const char *value)
{
	int64_t mb = megabytes_of(value);
	return mb > 0 && mb < (1LL << 40) ? megabytes_text(a, mb) : NULL;
}

/* One part of an array range: "3", "0-9", "0-9:2". */
static bool array_part(const char **s, int64_t *count, int64_t *last)
{
	int64_t n[3] = { 0, 0, 1 };
	static const char separators[] = "-:";
	for (int i = 0; i < 3; i++) {
		size_t digits = 0;
		for (n[i] = 0; **s >= '0' && **s <= '9' && digits < 9; (*s)++, digits++)
			n[i] = n[i] * 10 + (**s - '0');
		if (digits == 0)
			return false;
		if (i == 0)
			n[1] = n[0];
		if (i == 2 || **s != separators[i])
			break;
		(*s)++;
		n[2] = 1;
	}
	if (n[1] < n[0] || n[2] < 1)
		return false;
	*count += (n[1] - n[0]) / n[2] + 1;
	*last = n[1] > *last ? n[1] : *last;
	return true;
}

int64_t array_size(const char *value, int64_t *last)
{
	int64_t count = 0;
	*last = 0;
	for (;;) {
		if (!array_part(&value, &count, last))
			return -1;
		if (*value != ',')
			break;
		value++;
	}
	if (*value == '%' && value[1] >= '1' && value[1] <= '9' && strspn(value + 1, "0123456789") == strlen(value + 1))
		return count;
	return *value == '\0' ? count : -1;
}

static const char *tidy_array(struct arena *a, const char *value)
{
	int64_t last;
	return array_size(value, &last) > 0 && last <= 4000000 ? tidy_text(a, value) : NULL;
}

/* Slurm's words, in this order, in capitals. */
static const char *const mail_words[] = { "NONE", "BEGIN", "END", "FAIL", "REQUEUE", "INVALID_DEPEND", "STAGE_OUT", "ALL",
	"TIME_LIMIT", "TIME_LIMIT_90", "TIME_LIMIT_80", "TIME_LIMIT_50", "ARRAY_TASKS" };

static bool is_mail_word(const char *word)
{
	for (size_t i = 0; i < COUNT(mail_words); i++)
		if (same(mail_words[i], word))
			return true;
	return false;
}

static bool among(struct texts all, const char *word)
{
	for (size_t i = 0; i < all.n; i++)
		if (same(all.at[i], word))
			return true;
	return false;
}

static const char *tidy_mail(struct arena *a, const char *value)
{
	struct buf b = { 0 };
	char *upper = arena_copy(a, value, strlen(value));
	for (char *s = upper; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
	struct texts words = split(a, upper, ',');
	for (size_t i = 0; i < words.n; i++)
		if (!is_mail_word(words.at[i]))
			return NULL;
	buf_in(&b, a);
	for (size_t i = 0; i < COUNT(mail_words); i++)
		if (among(words, mail_words[i]))
			buf_printf(&b, "%s%s", b.n ? "," : "", mail_words[i]);
	return arena_copy(a, buf_cstr(&b), b.n);
}

/* Within a calendar's bounds; the batch system knows how long a month is. */
static bool is_date(const char *s)
{
	int64_t month = (s[5] - '0') * 10 + s[6] - '0', day = (s[8] - '0') * 10 + s[9] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* "10:30" or "10:30:59", which the grammar has seen to be digits. */
static bool is_clock(const char *s)
{
	int64_t part[3] = { 0, 0, 0 };
	size_t n;
	return read_numbers(s, part, 3, &n) && n >= 2 && part[0] < 24 && part[1] < 60 && part[2] < 60;
}

/* A word, "now+1hour", a time of day, a date, or date and time. */
static const char *tidy_begin(struct arena *a, const char *value)
{
	bool date = value[0] >= '0' && value[0] <= '9' && strlen(value) >= 10 && value[4] == '-';
	const char *clock = date ? (value[10] == 'T' ? value + 11 : NULL) : strchr(value, ':') ? value : NULL;
	if ((date && !is_date(value)) || (clock && !is_clock(clock)))
		return NULL;
	return tidy_text(a, value);
}

/* "gpu:a100" is one of them. */
static const char *tidy_gres(struct arena *a, const char *value)
{
	const char *type = starts_with(value, "gpu:") ? value + 4 : value;
	return text(a, strchr(type, ':') ? "gpu:%s" : "gpu:%s:1", type);
}

/* "SIGUSR1@60" is USR1@60; 60 seconds are what sbatch takes without a number. */
static const char *tidy_signal(struct arena *a, const char *value)
{
	const char *name = starts_with(value, "SIG") ? value + 3 : value;
	return text(a, strchr(name, '@') ? "%s" : "%s@60", name);
}

/* ---- the rows ---- */

#define JOB MSG("Job")
#define SIZE MSG("Size")
#define FILES MSG("Folder and output")
#define MORE MSG("More")
#define JOB_LIST "[1-9][0-9]{0,9}(_[0-9]{1,9})?"
#define PATH_BYTES "[^\"'`$\\]+"
#define WORD "[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}"
#define VARIABLE "[A-Za-z_][A-Za-z0-9_]{0,63}=[^\"'`$\\,]*"
#define LICENCE "[A-Za-z_][A-Za-z0-9_.@-]{0,63}(:[1-9][0-9]{0,5})?"
#define SIGNALS "(SIG)?(HUP|INT|QUIT|ABRT|KILL|ALRM|TERM|USR1|USR2|URG|CONT|STOP|TSTP|TTIN|TTOU)"

const struct ask_row ask_rows[ASK_COUNT] = {
	[ASK_NAME] = { { .name = "name", .kind = FIELD_TEXT, .label = MSG("Job name"), .group = JOB, .required = true, .max = 64,
		.grammar = "[A-Za-z0-9._][A-Za-z0-9._-]{0,63}", .grammar_says = MSG("Letters, digits, dot, dash and underscore; not a dash first; at most 64.") },
		"job-name", 'J', tidy_text },
	[ASK_PARTITION] = { { .name = "partition", .kind = FIELD_CHOICE, .label = MSG("Partition"), .group = JOB, .max = 64,
		.grammar = "[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}", .grammar_says = MSG("Name of one partition."),
		.hint = MSG("The group of nodes that it runs on.") }, "partition", 'p', tidy_text },
	[ASK_ACCOUNT] = { { .name = "account", .kind = FIELD_CHOICE, .label = MSG("Account to charge"), .group = JOB, .max = 64,
		.grammar = "[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}", .grammar_says = MSG("Name of one account."),
		.hint = MSG("Whose compute time it uses.") }, "account", 'A', tidy_text },
	[ASK_TIME] = { { .name = "walltime", .kind = FIELD_TEXT, .label = MSG("Wall time"), .group = JOB, .max = 20,
		.grammar = "[0-9]{1,5}|[0-9]{1,5}:[0-9]{1,2}(:[0-9]{1,2})?|[0-9]{1,4}-[0-9]{1,2}(:[0-9]{1,2}){0,2}",
		.grammar_says = MSG("A time such as 01:30:00 (hours:minutes:seconds) or 2-12:00 (days-hours:minutes)."),
		.hint = MSG("It is stopped after this time. hh:mm:ss, or d-hh:mm") }, "time", 't', tidy_time },
	[ASK_NODES] = { { .name = "nodes", .kind = FIELD_INTEGER, .label = MSG("Nodes"), .group = SIZE, .min = 1, .max = 100000 }, "nodes", 'N', tidy_number },
	[ASK_TASKS] = { { .name = "tasks", .kind = FIELD_INTEGER, .label = MSG("Tasks on each node"), .group = SIZE, .min = 1, .max = 10000,
		.hint = MSG("Processes, for example MPI ranks.") }, "ntasks-per-node", 0, tidy_number },
	[ASK_CPUS] = { { .name = "cpus", .kind = FIELD_INTEGER, .label = MSG("CPUs for each task"), .group = SIZE, .min = 1, .max = 10000,
		.hint = MSG("Threads of one process.") }, "cpus-per-task", 'c', tidy_number },
	[ASK_MEMORY] = { { .name = "memory", .kind = FIELD_TEXT, .label = MSG("Memory on each node"), .group = SIZE, .max = 12,
		.grammar = "[0-9]{1,9}[KMGTkmgt]?[Bb]?", .grammar_says = MSG("A number with M, G or T, for example 4G or 1500M."),
		.hint = MSG("For example 4G. Empty: what the partition gives.") }, "mem", 0, tidy_memory },
	[ASK_GPUS] = { { .name = "gpus", .kind = FIELD_INTEGER, .label = MSG("GPUs on each node"), .group = SIZE, .min = 0, .max = 64 }, "gpus-per-node", 0, tidy_number },
	[ASK_ARRAY] = { { .name = "array", .kind = FIELD_TEXT, .label = MSG("Array range"), .group = SIZE, .max = 100,
		.grammar = "[0-9]{1,8}(-[0-9]{1,8}(:[0-9]{1,8})?)?(,[0-9]{1,8}(-[0-9]{1,8}(:[0-9]{1,8})?)?)*(%[1-9][0-9]{0,5})?",
		.grammar_says = MSG("Numbers and ranges such as 0-9, 1,3,5 or 0-99%4 (four at a time)."),
		.hint = MSG("The same job once for each number: 0-9, or 0-99%4 for four at a time.") }, "array", 'a', tidy_array },
	[ASK_DEPENDENCY] = { { .name = "dependency", .kind = FIELD_TEXT, .label = MSG("Starts after"), .group = MORE, .max = 190,
		.grammar = "(afterok|afterany|afternotok|aftercorr|after):" JOB_LIST "(:" JOB_LIST ")*(,(afterok|afterany|afternotok|aftercorr|after):"
			JOB_LIST "(:" JOB_LIST ")*)*|singleton",
		.grammar_says = MSG("afterok, afterany or afternotok with job numbers, for example afterok:1234."),
		.hint = MSG("For example afterok:1234: when job 1234 has ended well.") }, "dependency", 'd', tidy_text },
	[ASK_MAIL_TYPE] = { { .name = "mail_type", .kind = FIELD_CHOICE, .label = MSG("Mail me"), .group = MORE, .max = 100,
		.grammar = "[A-Za-z0-9_]{1,20}(,[A-Za-z0-9_]{1,20})*", .grammar_says = MSG("Words such as BEGIN, END, FAIL or ALL, with commas.") },
		"mail-type", 0, tidy_mail },
	[ASK_MAIL_USER] = { { .name = "mail_user", .kind = FIELD_TEXT, .label = MSG("Mail address"), .group = MORE, .max = 190, .autocomplete = "email",
		.grammar = "[A-Za-z0-9_.+][A-Za-z0-9_.+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,120}", .grammar_says = MSG("One mail address.") },
		"mail-user", 0, tidy_text },
	[ASK_FOLDER] = { { .name = "folder", .kind = FIELD_TEXT, .label = MSG("Working folder"), .group = FILES, .required = true, .max = 4000,
		.grammar = "[/~]|[/~]/?" PATH_BYTES, .grammar_says = MSG("A path that begins with / or ~, without quotes, $ and backslashes."),
		.hint = MSG("The command starts here. ~ is your home folder.") }, "chdir", 'D', tidy_text },
	[ASK_OUTPUT] = { { .name = "output", .kind = FIELD_TEXT, .label = MSG("Output file"), .group = FILES, .max = 1000,
		.grammar = PATH_BYTES, .grammar_says = MSG("A file name without quotes, $ and backslashes."),
		.hint = MSG("In the working folder; %j becomes the job's number. Empty: slurm-%j.out") }, "output", 'o', tidy_text },
	[ASK_ERROR] = { { .name = "error_file", .kind = FIELD_TEXT, .label = MSG("File for errors"), .group = FILES, .max = 1000,
		.grammar = PATH_BYTES, .grammar_says = MSG("A file name without quotes, $ and backslashes."),
		.hint = MSG("Empty: together with the output.") }, "error", 'e', tidy_text },
	[ASK_HOLD] = { { .name = "hold", .kind = FIELD_FLAG, .label = MSG("Hold it: it waits until you release it"), .group = MORE }, "hold", 'H', tidy_flag, "yes" },
	[ASK_QOS] = { { .name = "qos", .kind = FIELD_TEXT, .label = MSG("Quality of service"), .group = MORE, .max = 64,
		.grammar = WORD, .grammar_says = MSG("Name of one quality of service (QOS)."), .hint = MSG("QOS; empty: your account's own.") }, "qos", 'q', tidy_text },
	[ASK_CONSTRAINT] = { { .name = "constraint", .kind = FIELD_TEXT, .label = MSG("Node features"), .group = MORE, .max = 190,
		.grammar = "([A-Za-z0-9_.]|\\(|\\[)([A-Za-z0-9_.-]|&|\\||\\*|\\(|\\)|\\[|\\])*", .grammar_says = MSG("Features of nodes with & (and) or | (or), for example avx2&ib."),
		.hint = MSG("Only nodes with these features, for example avx2 or avx2&ib.") }, "constraint", 'C', tidy_text },
	[ASK_NODES_MOST] = { { .name = "nodes_most", .kind = FIELD_INTEGER, .label = MSG("Nodes at most"), .group = SIZE, .min = 1, .max = 100000 }, "", 0, tidy_number },
	[ASK_NTASKS] = { { .name = "ntasks", .kind = FIELD_INTEGER, .label = MSG("Tasks in all"), .group = SIZE, .min = 1, .max = 1000000 }, "ntasks", 'n', tidy_number },
	[ASK_MEMORY_CPU] = { { .name = "memory_cpu", .kind = FIELD_TEXT, .label = MSG("Memory for each CPU"), .group = SIZE, .max = 12,
		.grammar = "[0-9]{1,9}[KMGTkmgt]?[Bb]?", .grammar_says = MSG("A number with M, G or T, for example 4G or 1500M.") }, "mem-per-cpu", 0, tidy_memory },
	[ASK_GRES] = { { .name = "gres", .kind = FIELD_TEXT, .label = MSG("GPUs of one type"), .group = SIZE, .max = 60,
		.grammar = "gpu:[A-Za-z_][A-Za-z0-9_.-]{0,39}(:([1-9]|[1-5][0-9]|6[0-4]))?",
		.grammar_says = MSG("gpu:NUMBER or gpu:TYPE:NUMBER, for example gpu:2 or gpu:a100:2; at most 64.") }, "gres", 0, tidy_gres },
	[ASK_EXCLUSIVE] = { { .name = "exclusive", .kind = FIELD_TEXT, .label = MSG("Nodes for this job alone"), .group = MORE, .max = 8,
		.grammar = "yes|user|mcs", .grammar_says = MSG("--exclusive without a value, or --exclusive=user or --exclusive=mcs.") }, "exclusive", 0, tidy_text, "yes" },
	[ASK_BEGIN] = { { .name = "begin", .kind = FIELD_TEXT, .label = MSG("Not before"), .group = MORE, .max = 30,
		.grammar = "now([+][1-9][0-9]{0,7}((second|minute|hour|day|week)s?)?)?|today|tomorrow|midnight|noon|teatime|"
			"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?|[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
		.grammar_says = MSG("A time such as 2030-01-31T08:00, 16:00, tomorrow or now+2hours.") }, "begin", 'b', tidy_begin },
	[ASK_NICE] = { { .name = "nice", .kind = FIELD_INTEGER, .label = MSG("Steps back in the queue (nice)"), .group = MORE, .min = 0, .max = 2147483644 },
		"nice", 0, tidy_nice, "100" },
	[ASK_REQUEUE] = { { .name = "requeue", .kind = FIELD_FLAG, .label = MSG("Start it again when its node fails"), .group = MORE }, "requeue", 0, tidy_flag, "yes" },
	[ASK_SIGNAL] = { { .name = "signal", .kind = FIELD_TEXT, .label = MSG("Signal before the end"), .group = MORE, .max = 20,
		.grammar = SIGNALS "(@[0-9]{1,5})?",
		.grammar_says = MSG("A signal and seconds, for example USR1@60, for what srun starts; B: and R: cannot be handed on.") }, "signal", 0, tidy_signal },
	[ASK_OPEN_MODE] = { { .name = "open_mode", .kind = FIELD_TEXT, .label = MSG("Output that exists"), .group = FILES, .max = 8,
		.grammar = "append|truncate", .grammar_says = MSG("append or truncate.") }, "open-mode", 0, tidy_text },
	[ASK_LICENSES] = { { .name = "licenses", .kind = FIELD_TEXT, .label = MSG("Licences"), .group = MORE, .max = 190,
		.grammar = LICENCE "(," LICENCE ")*", .grammar_says = MSG("Names with numbers, for example matlab:1,ansys:2.") }, "licenses", 'L', tidy_text },
	[ASK_RESERVATION] = { { .name = "reservation", .kind = FIELD_TEXT, .label = MSG("Reservation"), .group = MORE, .max = 64,
		.grammar = WORD, .grammar_says = MSG("Name of one reservation.") }, "reservation", 0, tidy_text },
	[ASK_EXPORT] = { { .name = "export", .kind = FIELD_TEXT, .label = MSG("Environment variables"), .group = MORE, .max = 4000,
		.grammar = "NONE|(ALL|" VARIABLE ")(,(ALL|" VARIABLE "))*",
		.grammar_says = MSG("NONE, ALL or NAME=VALUE with commas; a name needs its value, which has no quotes, $ and backslashes.") }, "export", 0, tidy_text },
};

int ask_find(const char *field)
{
	for (int i = 0; i < ASK_COUNT; i++)
		if (same(ask_rows[i].field.name, field))
			return i;
	return -1;
}

int64_t number_of(const struct ask *ask, enum ask_what what, int64_t preset)
{
	int64_t n;
	return ask->value[what] && parse_int(ask->value[what], 0, INT32_MAX, &n) ? n : preset;
}

int64_t gpus_of(const struct ask *ask)
{
	const char *colon = ask->value[ASK_GRES] ? strrchr(ask->value[ASK_GRES], ':') : NULL;
	int64_t n;
	return colon && parse_int(colon + 1, 1, 1000, &n) ? n : number_of(ask, ASK_GPUS, 0);
}

/* ---- checking a value ---- */

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool matches(struct arena *a, const char *grammar, const char *value)
{
	regex_t re;
	if (regcomp(&re, text(a, "^(%s)$", grammar), REG_EXTENDED | REG_NOSUB) != 0)
		die("grammar: %s", grammar);
	bool good = regexec(&re, value, 0, NULL, 0) == 0;
	regfree(&re);
	return good;
}

static const char *wrong_number(struct ctx *ctx, const struct field *row, const char *value)
{
	int64_t n;
	if (parse_int(value, row->min, row->max, &n))
		return NULL;
	return say(ctx, "A whole number from %lld to %lld, please.", (long long)row->min, (long long)row->max);
}

const char *ask_wrong(struct ctx *ctx, const struct field *row, enum ask_what what, const char *value)
{
	size_t most = row->max > 0 ? (size_t)row->max : 1000;
	if (row->kind == FIELD_INTEGER)
		return wrong_number(ctx, row, value);
	if (row->kind == FIELD_FLAG)
		return NULL;
	if (strlen(value) > most)
		return say(ctx, "At most %lld bytes, please.", (long long)most);
	if (has_control(value) || !utf8_valid(value, strlen(value)))
		return tr(ctx, "Line breaks and control characters are not possible here.");
	if ((row->grammar && !matches(ctx->arena, row->grammar, value)) || !ask_rows[what].tidy(ctx->arena, value))
		return tr(ctx, row->grammar_says ? row->grammar_says : MSG("This value is not possible here."));
	return NULL;
}
