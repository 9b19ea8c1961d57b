/*
 * banned: functions that write without knowing how much room there is, or read numbers without saying that there was none.
 * Using one is a compile error; base.h has what to use instead: text(), buf, snprintf() for fixed room, split(), parse_int().
 *
 * The headers that declare them come first, so that including them later is no use of the names.
 */
#ifndef NARU_BANNED_H
#define NARU_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#pragma GCC poison strcpy strcat stpcpy strncat sprintf vsprintf gets strtok atoi atol atoll atof asctime ctime mktemp tmpnam tempnam

#endif
