/* S3 servers that refuse, break off, lie, or are none: what the driver makes of it. The server here answers each request with the next of the texts it
 * was given, whatever is asked, and keeps what was asked. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"
#include "store/s3.h"
#include "tap.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define LISTING "<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
#define XML(status, text) "HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: application/xml\r\n\r\n" text
#define ERROR(status, code, more) XML(status, "<Error><Code>" code "</Code><Message>said so</Message>" more "</Error>")
#define EMPTY XML("200 OK", LISTING "</ListBucketResult>")
#define GONE "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
#define PUT_DONE OK_HEAD "ETag: \"x\"\r\nContent-Length: 0\r\n\r\n"

/* ---- the server ---- */

static struct shared { int next; char asked[20][4096]; } *shared;

static void receive(int fd, char *to, size_t room)
{
	size_t n = 0;
	const char *end = NULL, *length;
	size_t body = 0;
	while (n + 1 < room && (!end || n < (size_t)(end - to) + 4 + body)) {
		ssize_t k = read(fd, to + n, room - 1 - n);
		if (k <= 0)
			break;
		n += (size_t)k;
		to[n] = 0;
		end = strstr(to, "\r\n\r\n");
		length = end ? strcasestr(to, "\r\ncontent-length: ") : NULL;
		body = length ? (size_t)strtol(length + 18, NULL, 10) : 0;
	}
}

static void serve(int fd, const char *const *answers)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (int client; (client = accept(fd, NULL, NULL)) >= 0; close(client)) {
		int i = shared->next;
		receive(client, shared->asked[i % 20], sizeof shared->asked[0]);
		const char *say = answers[i] ? answers[i] : "HTTP/1.1 500 no more answers\r\n\r\n";
		shared->next = i + 1;
		(void)!write(client, say, strlen(say));
		shutdown(client, SHUT_WR);
	}
	_exit(0);
}

static pid_t server;
static struct remote record = { .kind = "s3", .host = "127.0.0.1", .path = "", .user = "access", .secret = "secret", .bucket = "bucket", .region = "r1", .security = "none",
	.path_style = true, .networks = "127.0.0.0/8" };

static void start(const char *const *answers)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 20) || getsockname(fd, (struct sockaddr *)&at, &n))
		die("no server");
	memset(shared, 0, sizeof *shared);
	record.port = ntohs(at.sin_port);
	server = fork();
	if (server == 0)
		serve(fd, answers);
	close(fd);
}

static void stop(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	why_forget();
}

/* ---- opening ---- */

static void opens(const char *what, const char *answer, int code, const char *words)
{
	void *state;
	const char *answers[10] = { answer, answer, answer, answer, answer };
	start(answers);
	int e = s3_driver.open(&record, &state);
	is_int(e, code, "%s: %s", what, why_words());
	ok(strstr(why_words(), words) != NULL, "it says \"%s\"", words);
	if (!e)
		s3_driver.close(state);
	stop();
}

static void opening(void)
{
	opens("a bucket", EMPTY, 0, "");
	opens("a wrong secret", ERROR("403 Forbidden", "SignatureDoesNotMatch", ""), WIRE_E_LOGIN, "SignatureDoesNotMatch: said so");
	opens("an unknown key", ERROR("403 Forbidden", "InvalidAccessKeyId", ""), WIRE_E_LOGIN, "InvalidAccessKeyId");
	opens("a key that may not", ERROR("403 Forbidden", "AccessDenied", ""), WIRE_E_LOGIN, "AccessDenied");
	opens("no such bucket", ERROR("404 Not Found", "NoSuchBucket", ""), WIRE_E_BUCKET, "NoSuchBucket");
	opens("a wrong clock", ERROR("403 Forbidden", "RequestTimeTooSkewed", ""), WIRE_E_CLOCK, "RequestTimeTooSkewed: said so");
	opens("another place", ERROR("301 Moved Permanently", "PermanentRedirect", "<Endpoint>elsewhere.example.org</Endpoint>"), WIRE_E_ELSEWHERE, "host: elsewhere.example.org");
	opens("another region", ERROR("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), WIRE_E_ELSEWHERE, "region: eu-west-1");
	opens("another region, in a header", "HTTP/1.1 301 Moved\r\nConnection: close\r\nx-amz-bucket-region: eu-west-2\r\n\r\n", WIRE_E_ELSEWHERE, "region: eu-west-2");
	opens("a server that wants a pause", ERROR("503 Slow Down", "SlowDown", ""), WIRE_E_SLOW, "SlowDown");
	opens("a page", XML("200 OK", "<!DOCTYPE html><html></html>"), WIRE_E_ANSWER, "HTTP 200");
	opens("another document", XML("200 OK", "<rss></rss>"), WIRE_E_ANSWER, "rss");
	opens("half a listing", XML("200 OK", LISTING), WIRE_E_ANSWER, "HTTP 200");
	opens("a server of pages without this one", XML("404 Not Found", "<html></html>"), WIRE_E_ANSWER, "HTTP 404");
	opens("a redirection", "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\n\r\n", WIRE_E_ANSWER, "HTTP 302");
	opens("a code that nobody knows", ERROR("418 Teapot", "ImATeapot", ""), WIRE_E_ANSWER, "ImATeapot: said so");
}

/* ---- what an open store is told ---- */

static void *state;

/* A store of which the first answer was good. */
static void begin(const char *const *more)
{
	static const char *answers[30];
	memset(answers, 0, sizeof answers);
	answers[0] = EMPTY;
	for (size_t i = 0; more[i]; i++)
		answers[i + 1] = more[i];
	start(answers);
	if (s3_driver.open(&record, &state))
		die("not opened: %s", why_words());
	why_forget();
}

static void end(void)
{
	s3_driver.close(state);
	stop();
}

static bool asked(int i, const char *what)
{
	if (strcasestr(shared->asked[i], what))
		return true;
	diag("request %d: %s", i, shared->asked[i]);
	return false;
}

static void pauses(void)
{
	struct row r;
	begin((const char *const[]){ ERROR("503 Slow Down", "SlowDown", ""), ERROR("500 Internal", "InternalError", ""), OK_HEAD "Content-Length: 7\r\n\r\n", NULL });
	ok(s3_driver.stat(state, "a", &r) == 0 && r.size == 7, "a pause, a fault, then it answers");
	is_int(shared->next, 4, "the fourth time");
	end();
	begin((const char *const[]){ "", OK_HEAD "Content-Length: 7\r\n\r\n", NULL });
	ok(s3_driver.stat(state, "a", &r) == 0 && r.size == 7, "a connection that was closed is made again");
	end();
	begin((const char *const[]){ "", "", NULL });
	is_int(s3_driver.stat(state, "a", &r), WIRE_E_CUT, "once");
	end();
}

static void listings(void)
{
	struct rows rows;
	struct row_query q = { .path = "p", .after = "", .match = "", .order = STORE_ANY, .limit = 10, .until = INT64_MAX };
	begin((const char *const[]){ XML("200 OK", LISTING "<Contents><Key>p/</Key></Contents><Contents><Key>p/..</Key></Contents><Contents><Key>q/other</Key></Contents>"
		"<Contents><Key>p/.naru-part-1</Key></Contents><Contents><Key>p/x</Key><Size>5</Size></Contents><CommonPrefixes><Prefix>p//</Prefix></CommonPrefixes>"
		"<CommonPrefixes><Prefix>p/./</Prefix></CommonPrefixes><CommonPrefixes><Prefix>p/f/</Prefix></CommonPrefixes></ListBucketResult>"), NULL });
	ok(s3_driver.list(state, &q, &rows) == 0 && rows.n == 2 && same(rows.at[0].name, "f") && same(rows.at[1].name, "x"), "names that are none are left out");
	free(rows.at);
	end();
#define SAME XML("200 OK", "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>p/a</Key></Contents></ListBucketResult>")
	begin((const char *const[]){ SAME, SAME, NULL });
	is_int(s3_driver.list(state, &q, &rows), WIRE_E_ANSWER, "a listing that does not go on");
	ok(asked(2, "start-after=p%2Fa "), "it was asked for what comes behind");
	free(rows.at);
	end();
	begin((const char *const[]){ SAME, EMPTY, NULL });
	q.limit = 1;
	ok(s3_driver.list(state, &q, &rows) == 0 && rows.n == 1 && *rows.next, "a page and more");
	free(rows.at);
	char next[600];
	snprintf(next, sizeof next, "%s", rows.next);
	q.after = next;
	ok(s3_driver.list(state, &q, &rows) == 0 && rows.n == 0 && !*rows.next, "and nothing more");
	free(rows.at);
	q.after = "f";
	is_int(s3_driver.list(state, &q, &rows), EINVAL, "a key of a page that is none");
	free(rows.at);
	end();
}

/* ---- content ---- */

/* The result of a read of all there is: *n bytes came, into `to`. */
static int read_all(int64_t offset, int64_t length, char *to, size_t room, size_t *n)
{
	struct row r;
	int64_t handle, bytes;
	int fd, e = s3_driver.read(state, "a", offset, length, &r, &handle, &fd);
	*n = 0;
	if (e)
		return e;
	for (ssize_t k = 1; k > 0 && *n < room; *n += k > 0 ? (size_t)k : 0)
		k = read(fd, to + *n, room - *n);
	close(fd);
	while ((e = s3_driver.result(state, handle, &bytes)) == EINPROGRESS)
		usleep(1000);
	s3_driver.abort(state, handle);
	return e;
}

static void reads(const char *what, int64_t offset, int64_t length, const char *const *answers, int code, const char *content)
{
	char got[100];
	size_t n;
	begin(answers);
	is_int(read_all(offset, length, got, sizeof got - 1, &n), code, "%s: %s", what, why_words());
	got[n] = 0;
	is(got, content, "what came of it");
}

#define RANGE(range, length, etag) "HTTP/1.1 206 Partial\r\nConnection: close\r\nETag: \"" etag "\"\r\nContent-Range: bytes " range "\r\nContent-Length: " length "\r\n\r\n"
#define WHOLE(length, etag) OK_HEAD "ETag: \"" etag "\"\r\nContent-Length: " length "\r\n\r\n"

static void content(void)
{
	reads("all of it", 0, -1, (const char *const[]){ WHOLE("5", "5d41402abc4b2a76b9719d911017c592") "hello", NULL }, 0, "hello");
	end();
	reads("of another sum", 0, -1, (const char *const[]){ WHOLE("5", "5d41402abc4b2a76b9719d911017c592") "hellO", NULL }, WIRE_E_CHANGED, "hellO");
	end();
	reads("a connection that breaks", 0, -1, (const char *const[]){ WHOLE("11", "x-2") "hello", RANGE("5-10/11", "6", "x-2") " world", NULL }, 0, "hello world");
	ok(asked(2, "\r\nrange: bytes=5-\r\n") && asked(2, "\r\nif-match: \"x-2\"\r\n"), "is taken up where it broke, of the same object");
	end();
	reads("another object by then", 0, -1, (const char *const[]){ WHOLE("11", "x-2") "hello", ERROR("412 Precondition Failed", "PreconditionFailed", ""), NULL }, WIRE_E_CHANGED, "hello");
	end();
	reads("the same again instead of the rest", 0, -1, (const char *const[]){ WHOLE("11", "x-2") "hello", WHOLE("11", "x-2") "hello world", NULL }, WIRE_E_ANSWER, "hello");
	end();
	reads("a part", 3, 4, (const char *const[]){ RANGE("3-6/11", "4", "x") "lo w", NULL }, 0, "lo w");
	ok(asked(1, "\r\nrange: bytes=3-6\r\n"), "is asked for");
	end();
	reads("more than was asked for", 3, 4, (const char *const[]){ RANGE("3-10/11", "8", "x") "lo world", NULL }, WIRE_E_ANSWER, "");
	end();
	reads("no length", 0, -1, (const char *const[]){ OK_HEAD "\r\nhello", NULL }, WIRE_E_ANSWER, "");
	end();
	reads("behind the end", 20, -1, (const char *const[]){ ERROR("416 Range", "InvalidRange", ""), OK_HEAD "Content-Length: 11\r\n\r\n", NULL }, 0, "");
	end();
	reads("a folder", 0, -1, (const char *const[]){ ERROR("404 Not Found", "NoSuchKey", ""), XML("200 OK", LISTING "<Contents><Key>a/b</Key></Contents></ListBucketResult>"), NULL },
		WIRE_E_TYPE, "");
	end();
	reads("one that breaks off for ever", 0, -1, (const char *const[]){ WHOLE("11", "x") "hello", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", NULL },
		WIRE_E_CUT, "hello");
	end();
}

/* ---- new files ---- */

/* Writes a file and commits it as `path`. */
static int write_all(const char *content, const char *path, bool replace, int64_t *handle)
{
	int fd, e = s3_driver.create(state, "a", -1, handle, &fd);
	if (e)
		return e;
	(void)!write(fd, content, strlen(content));
	close(fd);
	return s3_driver.commit(state, *handle, path, replace, (int64_t)strlen(content), clock_ms() + 20000);
}

static void small_files(void)
{
	int64_t handle;
	begin((const char *const[]){ GONE, EMPTY, PUT_DONE, NULL });
	is_int(write_all("hello", "a", false, &handle), 0, "a small file");
	ok(asked(3, "PUT /bucket/a ") && asked(3, "\r\ncontent-md5: XUFAKrxLKna5cZ2REBfFkg==\r\n") && asked(3, "\r\nif-none-match: *\r\n"), "goes in one piece, with its sum, over nobody's");
	ok(asked(3, "\r\nx-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"), "which is signed");
	end();
	begin((const char *const[]){ GONE, EMPTY, ERROR("501 Not Implemented", "NotImplemented", ""), PUT_DONE, GONE, EMPTY, PUT_DONE, NULL });
	ok(write_all("hello", "a", false, &handle) == 0 && !strcasestr(shared->asked[4], "if-none-match"), "a server that does not know the condition is asked without");
	ok(write_all("hello", "a", false, &handle) == 0 && shared->next == 8 && !strcasestr(shared->asked[7], "if-none-match"), "and not bothered again");
	end();
	begin((const char *const[]){ GONE, EMPTY, ERROR("412 Precondition Failed", "PreconditionFailed", ""), GONE, EMPTY, PUT_DONE, NULL });
	is_int(write_all("hello", "a", false, &handle), EEXIST, "somebody was there first");
	is_int(s3_driver.commit(state, handle, "b", false, 5, clock_ms() + 20000), 0, "then under another name");
	ok(asked(6, "PUT /bucket/b "), "it is kept");
	end();
	begin((const char *const[]){ GONE, EMPTY, ERROR("403 Forbidden", "QuotaExceeded", ""), NULL });
	is_int(write_all("hello", "a", false, &handle), EDQUOT, "a quota that is used up");
	end();
}

#define BEGUN XML("200 OK", "<InitiateMultipartUploadResult><UploadId>id/1</UploadId></InitiateMultipartUploadResult>")

static void uploads(void)
{
	int64_t handle;
	begin((const char *const[]){ GONE, EMPTY, BEGUN, PUT_DONE, GONE, EMPTY, XML("200 OK", "<CompleteMultipartUploadResult/>"), OK_HEAD "Content-Length: 5\r\n\r\n", NULL });
	((struct s3 *)state)->part = 5;
	is_int(write_all("hello", "a", false, &handle), 0, "an upload in parts");
	ok(asked(3, "POST /bucket/a?uploads= ") && asked(4, "PUT /bucket/a?partNumber=1&uploadId=id%2F1 ") && asked(7, "<PartNumber>1</PartNumber><ETag>&#34;x&#34;</ETag>"), "as it should be");
	end();
	begin((const char *const[]){ GONE, EMPTY, BEGUN, PUT_DONE, GONE, EMPTY, XML("200 OK", "<CompleteMultipartUploadResult/>"), OK_HEAD "Content-Length: 4\r\n\r\n", GONE, NULL });
	((struct s3 *)state)->part = 5;
	is_int(write_all("hello", "a", false, &handle), WIRE_E_CHANGED, "of which the server has less");
	end();
	begin((const char *const[]){ GONE, EMPTY, BEGUN, PUT_DONE, GONE, EMPTY, "", ERROR("404 Not Found", "NoSuchUpload", ""), OK_HEAD "Content-Length: 5\r\n\r\n", NULL });
	((struct s3 *)state)->part = 5;
	is_int(write_all("hello", "a", false, &handle), 0, "an answer that got lost is made up for");
	end();
	begin((const char *const[]){ GONE, EMPTY, BEGUN, ERROR("403 Forbidden", "AccessDenied", ""), PUT_DONE, NULL });
	((struct s3 *)state)->part = 5;
	is_int(write_all("hello", "a", false, &handle), EACCES, "a part that is refused: %s", why_words());
	s3_driver.abort(state, handle);
	ok(asked(5, "DELETE /bucket/a?uploadId=id%2F1 "), "the upload is given up");
	end();
	begin((const char *const[]){ GONE, EMPTY, BEGUN, PUT_DONE, GONE, EMPTY, ERROR("200 OK", "AccessDenied", ""), PUT_DONE, NULL });
	((struct s3 *)state)->part = 5;
	is_int(write_all("hello", "a", false, &handle), EACCES, "an error after \"200 OK\"");
	end();
}

static void copies(void)
{
	begin((const char *const[]){ OK_HEAD "Content-Length: 25\r\nETag: \"e\"\r\n\r\n", GONE, EMPTY, BEGUN, XML("200 OK", "<CopyPartResult><ETag>1</ETag></CopyPartResult>"),
		XML("200 OK", "<CopyPartResult><ETag>2</ETag></CopyPartResult>"), XML("200 OK", "<CopyPartResult><ETag>3</ETag></CopyPartResult>"),
		XML("200 OK", "<CompleteMultipartUploadResult/>"), OK_HEAD "Content-Length: 25\r\n\r\n", NULL });
	((struct s3 *)state)->copy_most = ((struct s3 *)state)->copy_part = 10;
	is_int(s3_driver.copy(state, "a b", "c", false, clock_ms() + 10000), 0, "a large copy");
	ok(asked(7, "\r\nx-amz-copy-source: /bucket/a%20b\r\n") && asked(7, "\r\nx-amz-copy-source-range: bytes=20-24\r\n") && asked(7, "\r\nx-amz-copy-source-if-match: \"e\"\r\n"),
		"by parts, of the same object");
	end();
	begin((const char *const[]){ OK_HEAD "Content-Length: 5\r\nETag: \"e\"\r\n\r\n", GONE, EMPTY, ERROR("200 OK", "AccessDenied", ""), NULL });
	is_int(s3_driver.copy(state, "a", "c", false, clock_ms() + 10000), EACCES, "one that failed after its \"200 OK\"");
	end();
}

int main(void)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("no memory");
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	opening();
	pauses();
	listings();
	content();
	small_files();
	uploads();
	copies();
	return done_testing();
}
