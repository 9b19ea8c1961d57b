/* What a refusal means: by the code in its XML, else by its status. */
#include <errno.h>

#include "store/s3.h"

static const struct { const char *code; int means; } codes[] = {
	{ "NoSuchKey", ENOENT }, { "NoSuchBucket", WIRE_E_BUCKET }, { "NoSuchUpload", WIRE_E_CHANGED }, { "InvalidBucketName", WIRE_E_BUCKET },
	{ "AccessDenied", EACCES }, { "AllAccessDisabled", EACCES }, { "SignatureDoesNotMatch", WIRE_E_LOGIN }, { "InvalidAccessKeyId", WIRE_E_LOGIN },
	{ "InvalidToken", WIRE_E_LOGIN }, { "ExpiredToken", WIRE_E_LOGIN }, { "InvalidSecurity", WIRE_E_LOGIN }, { "NotSignedUp", WIRE_E_LOGIN },
	{ "AccountProblem", WIRE_E_LOGIN }, { "UserSuspended", WIRE_E_LOGIN }, { "AuthFailure", WIRE_E_LOGIN }, { "RequestTimeTooSkewed", WIRE_E_CLOCK },
	{ "SlowDown", WIRE_E_SLOW }, { "ServiceUnavailable", WIRE_E_SLOW }, { "TooManyRequests", WIRE_E_SLOW }, { "OperationAborted", WIRE_E_SLOW },
	{ "Busy", WIRE_E_SLOW }, { "RequestTimeout", WIRE_E_CUT }, { "IncompleteBody", WIRE_E_CUT }, { "InternalError", EIO },
	{ "PermanentRedirect", WIRE_E_ELSEWHERE }, { "TemporaryRedirect", WIRE_E_ELSEWHERE }, { "Redirect", WIRE_E_ELSEWHERE }, { "IllegalLocationConstraintException", WIRE_E_ELSEWHERE },
	{ "AuthorizationHeaderMalformed", WIRE_E_LOGIN }, { "EntityTooLarge", EFBIG }, { "QuotaExceeded", EDQUOT }, { "InsufficientCapacity", ENOSPC },
	{ "XMinioStorageFull", ENOSPC }, { "KeyTooLongError", ENAMETOOLONG }, { "KeyTooLong", ENAMETOOLONG }, { "InvalidObjectName", EINVAL },
	{ "InvalidURI", EINVAL }, { "PreconditionFailed", WIRE_E_CHANGED }, { "InvalidRange", ERANGE }, { "BadDigest", WIRE_E_CHANGED },
	{ "InvalidDigest", WIRE_E_CHANGED }, { "XAmzContentSHA256Mismatch", WIRE_E_CHANGED }, { "MethodNotAllowed", EPERM }, { "NotImplemented", WIRE_E_CANNOT },
	{ "InvalidObjectState", WIRE_E_CANNOT },
};

static const struct { long status; int means; } statuses[] = {
	{ 401, EACCES }, { 403, EACCES }, { 404, ENOENT }, { 405, EPERM }, { 409, WIRE_E_SLOW }, { 412, WIRE_E_CHANGED }, { 413, EFBIG }, { 416, ERANGE },
	{ 429, WIRE_E_SLOW }, { 500, EIO }, { 501, WIRE_E_CANNOT }, { 502, EIO }, { 503, WIRE_E_SLOW }, { 504, EIO }, { 507, ENOSPC },
};

static int by_status(long status)
{
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].means;
	return status >= 300 && status < 400 ? WIRE_E_ELSEWHERE : WIRE_E_ANSWER;
}

static int by_code(const struct s3_call *c)
{
	for (size_t i = 0; i < COUNT(codes); i++)
		if (same(c->answer.code, codes[i].code))
			return codes[i].means;
	return by_status(c->status);
}

static bool condition(const struct s3_call *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (same(c->headers[i].name, "if-none-match"))
			return true;
	return false;
}

/* The server's own words, and where it says the bucket is. Of a refused signature that can be all that is wrong. */
static int told(const struct s3_call *c, int e)
{
	const char *code = c->answer.code, *message = c->answer.message, *colon = *message ? ": " : "";
	const char *region = *c->answer.region ? c->answer.region : c->head.region;
	if (*region && !same(region, c->region) && (e == WIRE_E_ELSEWHERE || e == WIRE_E_LOGIN || e == WIRE_E_BUCKET))
		return why(WIRE_E_ELSEWHERE, "%s%s%s (region: %s)", code, colon, message, region);
	if (*c->answer.endpoint && e == WIRE_E_ELSEWHERE)
		return why(e, "%s%s%s (host: %s)", code, colon, message, c->answer.endpoint);
	if (*code)
		return why(e, "%s%s%s", code, colon, message);
	return e == ENOENT ? e : why(e, "HTTP %ld", c->status);
}

int s3_error(const struct s3_call *c)
{
	bool listing = !c->key;
	bool xml = *c->answer.code || same(c->method, "HEAD");
	int e = *c->answer.code ? by_code(c) : by_status(c->status);
	if (e == WIRE_E_CHANGED && condition(c))
		return EEXIST;
	if (same(c->method, "HEAD") && c->status == 400)
		return EINVAL; /* of all that is asked for with HEAD, it is the name that a server may not like */
	if (!xml && (e == ENOENT || e == EPERM || (e == WIRE_E_ELSEWHERE && !*c->head.region)))
		return why(WIRE_E_ANSWER, "HTTP %ld, without the answer of an S3 server", c->status);
	return told(c, e == ENOENT && listing ? WIRE_E_BUCKET : e);
}

bool s3_temporary(const struct s3_call *c, int e)
{
	if (c->once && c->status >= 500 && c->status != 503)
		return false;
	return e == WIRE_E_SLOW || (e == EIO && (c->status >= 500 || *c->answer.code));
}
