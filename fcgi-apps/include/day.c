/* day: dates as forms give them. */
#include "base.h"

#include <time.h>

int64_t day_start(const char *day, int plus_days)
{
	int64_t y, m, d;
	struct arena *scratch = arena_new(0);
	struct texts parts = split(scratch, day, '-');
	bool good = parts.n == 3 && parse_int(parts.at[0], 1970, 9999, &y) && parse_int(parts.at[1], 1, 12, &m)
		&& parse_int(parts.at[2], 1, 31, &d);
	int64_t result = 0;
	if (good) {
		struct tm tm = { .tm_year = (int)y - 1900, .tm_mon = (int)m - 1, .tm_mday = (int)d + plus_days, .tm_isdst = -1 };
		result = (int64_t)mktime(&tm);
	}
	arena_free(scratch);
	return result;
}
