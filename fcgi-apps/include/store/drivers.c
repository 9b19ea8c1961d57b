/* Which driver is whose; apart from the drivers themselves, so that only who asks for one by name is linked with all of them. */
#include "store/driver.h"

const struct store_driver *store_driver_of(const char *kind)
{
	static const struct store_driver *const all[] = { &posix_driver, &sftp_driver, &s3_driver, &webdav_driver, &ftp_driver };
	for (size_t i = 0; i < COUNT(all); i++)
		if (same(kind, all[i]->name))
			return all[i];
	return NULL;
}
