#include "moving.h"
int work_main(const char *id)
{
	(void)id;
	return 1;
}
