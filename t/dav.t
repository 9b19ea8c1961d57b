#!/usr/bin/perl
# The WebDAV door: who gets in, what litmus, rclone and cadaver say, and what a client must never be able to do.
use strict;
use warnings;
use utf8;
use File::Temp;
use MIME::Base64;
use Naru::Account qw(cookie naru_account status);
use Naru::Test qw(output slurp spew wait_until);
use Test::More;
use Time::HiRes qw(sleep time);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $work = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
mkdir "$work/pool";
chmod 0777, "$work/pool";
my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[place pool]\ntitle = Pool\npath = $work/pool\n\n[store]\nnetworks = 127.0.0.0/8 ::1/128\nplain = yes\n");
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
my $san = ($ENV{BUILD} // '') =~ /san/;
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob);
my %token = map { $_ => token($_, 'files') } qw(alice bob);

sub token {
	my ($who, @scope) = @_;
	my (undef, $data) = $site->api($mech{$who}, POST => '/account/tokens', { label => "@scope", scope => [@scope], days => 7 });
	return $data->{secret};
}

sub basic { my ($user, $secret) = @_; return (Authorization => 'Basic ' . encode_base64("$user:$secret", '')) }

# As a program does: (status, headers, body).
sub dav { my ($who, $method, $path, @more) = @_; return $site->http($method, "/dav$path", basic($who, $token{$who}), @more) }
sub code { return (dav(@_))[0] }
sub to { my ($path) = @_; return (Destination => $site->url("/dav$path")) }
sub dump_of { my ($name) = @_; return (output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', $name))[1] }
sub audit { return scalar(() = dump_of('audit') =~ /"\Q$_[0]\E"/g) }

sub lock_body { my ($scope) = @_; return "<lockinfo xmlns='DAV:'><lockscope><$scope/></lockscope><locktype><write/></locktype><owner><href>me</href></owner></lockinfo>" }

sub lock {
	my ($who, $path, $scope, @headers) = @_;
	my ($status, $h, $xml) = dav($who => LOCK => $path, @headers, lock_body($scope));
	my ($token) = ($h->{'lock-token'} // '') =~ /^<(.+)>$/;
	return ($status, $token, $xml);
}

# ---- who gets in ------------------------------------------------------------------------------------------------

subtest 'the door' => sub {
	my ($status, $headers, $page) = $site->http(PROPFIND => '/dav/', Depth => 1);
	is($status, 401, 'nobody is asked who they are');
	like($headers->{'www-authenticate'} // '', qr/^Basic realm="[^"]+"/, 'in the way that programs know');
	like($page, qr/\p{Hangul}/, 'and people are told in Korean too') if utf8::decode($page);
	my $cookie = '__Host-naru=' . cookie($mech{alice}, '__Host-naru');
	is(($site->http($_ => '/dav/home/', Cookie => $cookie, Depth => 0))[0], 401, "$_ with a session's cookie alone") for qw(GET PROPFIND PUT DELETE);
	is(($site->http(GET => '/dav/', basic(@$_)))[0], 401, "wrong: $_->[0] with " . substr $_->[1], 0, 8)
		for [ 'alice', 'alice-ferry' ], [ 'bob', $token{alice} ], [ 'alice', $token{bob} ], [ '', $token{alice} ], [ 'alice', '' ], [ 'alice', "$token{alice}x" ], [ 'nobody', 'naru_x' ];
	is(($site->http(GET => '/dav/', Authorization => $_))[0], 401, 'wrong: ' . substr $_, 0, 20)
		for 'Basic', 'Basic !!!', 'Basic ' . encode_base64($token{alice}, ''), 'Basic ' . 'QUFB' x 3000, 'Digest username="alice"', "Bearer $token{alice}x", 'Bearer x';
	is(($site->http(GET => '/dav/', Cookie => $cookie, Authorization => 'Bearer naru_x'))[0], 401, 'a good cookie beside a wrong token');
	is(($site->http(GET => '/dav/', Authorization => "Bearer $token{alice}"))[0], 200, 'the token as a bearer');
	is(code(alice => GET => '/'), 200, 'and as a password');
	is(status($site, $_, basic('alice', $token{alice})), 401, "which means nothing at $_") for '/files/', '/account', '/jobs';
};

subtest 'what a token may' => sub {
	my %scope = (read => token('alice', 'read'), jobs => token('alice', 'jobs'));
	my $try = sub { my ($scope, $method, $path) = @_; return ($site->http($method, "/dav$path", basic('alice', $scope{$scope}), Depth => 0, 'x'))[0] };
	is($try->(read => 'PROPFIND', '/home/'), 400, '"read" may look (an x is no question)');
	is($try->(read => $_, '/home/not'), 403, "and not $_") for qw(PUT MKCOL DELETE LOCK PROPPATCH);
	is($try->(jobs => $_, '/home/'), 403, "\"jobs\" may not $_") for qw(PROPFIND GET PUT);
	ok(!-e "$home/not", 'nothing was made');
};

subtest 'the end of a token, and of an account' => sub {
	my $short = token('bob', 'files');
	my $ask = sub { return ($site->http(GET => '/dav/', basic('bob', $short)))[0] };
	is($ask->(), 200, 'good');
	my (undef, $list) = $site->api($mech{bob}, GET => '/account/tokens');
	my ($newest) = reverse sort { $a->{created} cmp $b->{created} } @{ $list->{rows} };
	$site->api($mech{bob}, POST => "/account/tokens/$_->{tag}/revoke", {}) for @{ $list->{rows} };
	is($ask->(), 401, 'revoked: out at once');
	$mech{bob} = $site->signed_in('bob');
	$token{bob} = token('bob', 'files');
	is(code(bob => GET => '/'), 200, 'a new one');
	naru_account($site, '', '--block', 'bob');
	is(code(bob => GET => '/'), 401, 'a blocked account: out');
	naru_account($site, '', '--unblock', 'bob');
	$mech{bob} = $site->signed_in('bob');
	$token{bob} = token('bob', 'files') if code(bob => GET => '/') != 200;
	is(code(bob => GET => '/'), 200, 'and in again');
	naru_account($site, "bob:bob-ferry:20002:30000:30000:user:-180:-1:Bob Lee:bob\@example.org\n", '--import', '/dev/stdin');
	is(code(bob => GET => '/'), 403, 'a contract that has ended: refused');
	naru_account($site, "bob:bob-ferry:20002:30000:30000:user:-180:+180:Bob Lee:bob\@example.org\n", '--import', '/dev/stdin');
	is(code(bob => GET => '/'), 200, 'one that runs again');
};

subtest 'wrong ones are slowed and written down, and keep nobody out' => sub {
	my $before = audit('token.refused');
	is(($site->http(GET => '/dav/', basic('alice', "naru_wrong$_")))[0], 401, "wrong $_") for 1 .. 30;
	my $noted = audit('token.refused') - $before;
	cmp_ok($noted, '<', 15, "thirty at once: $noted are looked at");
	is(code(alice => GET => '/'), 200, 'the right token is let in meanwhile');
	ok($site->sign_in($site->mech, 'alice'), 'and so is alice at the sign-in');
};

# ---- the programs -------------------------------------------------------------------------------------------------

# The same site without TLS, for litmus' test of "Expect: 100-continue" and for cadaver, which trusts only the system's authorities.
my $plain = Naru::Test::free_ports(0);
my $bridge = fork // die "fork: $!";
if (!$bridge) {
	exec 'socat', "TCP-LISTEN:$plain,fork,reuseaddr,bind=127.0.0.1", 'OPENSSL:localhost:' . $site->port . ',cafile=' . $site->base . '/etc/tls/cert.pem' or POSIX::_exit(127);
}
END { kill 'TERM', $bridge if $bridge }
wait_until(5, sub { IO::Socket::INET->new("127.0.0.1:$plain") });

subtest 'litmus' => sub {
	my %tests = (basic => 16, copymove => 13, props => 30, locks => 41, http => 4);
	for my $suite (sort keys %tests) {
		my $url = $suite eq 'http' ? "http://localhost:$plain/dav/home/" : $site->url('/dav/home/');
		my ($status, $text) = output('sh', '-c', 'cd "$1" && TESTS=$2 exec litmus "$3" alice "$4"', 'sh', $work, $suite, $url, $token{alice});
		my ($run, $passed) = $text =~ /of (\d+) tests run: (\d+) passed, 0 failed/;
		is($passed // 0, $tests{$suite}, "$suite: all $tests{$suite} tests pass") or diag $text;
		is($status, 0, "$suite ends well");
		unlike($text, qr/WARNING/, "$suite: without a warning") or diag $text;
	}
};

subtest 'rclone' => sub {
	mkdir "$work/up";
	mkdir "$work/up/a folder";
	spew("$work/up/a folder/$_", join '', map { chr int rand 256 } 1 .. $_ * 1000) for 1 .. 12;
	spew("$work/up/" . Encode::encode_utf8($_), $_ eq '' ? '' : 'x') for 'empty', '한글 이름.txt', 'a#b?c%20d&e', "quo'te";
	open my $f, '>', "$work/up/large";
	print $f join('', map { chr int rand 256 } 1 .. 65536) x 100;
	close $f;
	utime 1e9, 1e9, "$work/up/large";
	my (undef, $pass) = output('rclone', 'obscure', $token{alice});
	chomp $pass;
	my @rclone = ('env', "RCLONE_CONFIG=$work/rclone.conf", 'RCLONE_CONFIG_D_TYPE=webdav', 'RCLONE_CONFIG_D_URL=' . $site->url('/dav'), 'RCLONE_CONFIG_D_VENDOR=owncloud',
		'RCLONE_CONFIG_D_USER=alice', "RCLONE_CONFIG_D_PASS=$pass", 'rclone', '--ca-cert', $site->base . '/etc/tls/cert.pem', '--retries', 1);
	spew("$work/rclone.conf", '');
	my $run = sub { my ($what, @words) = @_; my ($code, $text) = output(@rclone, @words); is($code, 0, $what) or diag $text; return $text };
	$run->('copies a tree up', 'copy', "$work/up", 'D:home/tree');
	is((output('diff', '-r', "$work/up", "$home/tree"))[0], 0, 'byte for byte');
	is((stat "$home/tree/large")[4], $uid, "the files are alice's");
	is((stat "$home/tree/large")[9], 1e9, 'with their times');
	$run->('copies it down', 'copy', 'D:home/tree', "$work/down");
	is((output('diff', '-r', "$work/up", "$work/down"))[0], 0, 'byte for byte');
	is((stat "$work/down/large")[9], 1e9, 'with its time');
	$run->('moves a folder to another place', 'move', 'D:home/tree', 'D:scratch/tree', '--delete-empty-src-dirs');
	is((output('diff', '-r', "$work/up", $site->base . '/scratch/alice/tree'))[0], 0, 'byte for byte');
	is((stat $site->base . '/scratch/alice/tree/large')[9], 1e9, 'and its time');
	like(scalar $run->('asks for the room', 'about', 'D:', '--webdav-url', $site->url('/dav/home')), qr/Free:\s+\d/, 'and is told');
	is(join(' ', sort split /\n/, scalar $run->('lists the places', 'lsf', 'D:')), 'home/ pool/ scratch/', 'three');
	$run->('removes it', 'purge', 'D:scratch/tree');
	ok(!-e $site->base . '/scratch/alice/tree', 'gone');
};

subtest 'cadaver' => sub {
	spew("$work/.netrc", "machine localhost\nlogin alice\npassword $token{alice}\n");
	chmod 0600, "$work/.netrc";
	spew("$work/h", "hello\n");
	spew("$work/script", join "\n", 'mkcol c', 'cd c', "put $work/h", 'lock h', 'discover h', "put $work/h", 'propset h colour red', 'unlock h', 'move h k', 'propget k colour', "get k $work/k", 'ls', 'cd ..', 'rmcol c', 'quit', '');
	my (undef, $text) = output('sh', '-c', 'HOME=$1 exec cadaver "$2" <"$1/script"', 'sh', $work, "http://localhost:$plain/dav/home/");
	unlike($text, qr/failed|not|error/i, 'all of it works') or diag $text;
	like($text, qr/Value of colour is: red/, 'what was set is there after the move');
	is(eval { slurp("$work/k") } // '', "hello\n", 'and the file');
	ok(!-e "$home/c", 'and all of it is gone');
};

# What they are documented to send, in their order.
subtest 'Explorer and Finder' => sub {
	my @explorer = ('User-Agent' => 'Microsoft-WebDAV-MiniRedir/10.0.19045', translate => 'f');
	my ($status, $h) = dav(alice => OPTIONS => '/home/', @explorer);
	is($status, 200, 'Explorer asks what there is');
	is($h->{dav}, '1, 2', 'locks, too');
	is($h->{'ms-author-via'}, 'DAV', 'and by which protocol');
	like($h->{allow}, qr/\b$_\b/, $_) for qw(PROPFIND PROPPATCH LOCK UNLOCK PUT MOVE);
	is(code(alice => PROPFIND => '/home/note.txt', @explorer, Depth => 0), 404, 'there is no such file yet');
	is(code(alice => PUT => '/home/note.txt', @explorer, 'Content-Length' => 0), 201, 'it makes an empty one');
	my (undef, $token, $told) = lock(alice => '/home/note.txt', 'exclusive', @explorer, Timeout => 'Second-3600');
	like($told, qr{<D:timeout>Second-(?:3600|3599)<}, 'locks it');
	my $props = '<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop><Z:Win32LastModifiedTime>Sun, 06 Nov 1994 08:49:37 GMT</Z:Win32LastModifiedTime>' .
		'<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>';
	is(code(alice => PROPPATCH => '/home/note.txt', @explorer, If => "(<$token>)", $props), 207, 'sets what Windows keeps about files');
	is(code(alice => PUT => '/home/note.txt', @explorer, If => "(<$token>)", 'content'), 204, 'sends the content');
	is(code(alice => UNLOCK => '/home/note.txt', @explorer, 'Lock-Token' => "<$token>"), 204, 'and unlocks');
	is(slurp("$home/note.txt"), 'content', 'it is there');
	my @finder = ('User-Agent' => 'WebDAVFS/3.0.0 (03008000) Darwin/23.0.0 (arm64)');
	is(code(alice => PROPFIND => '/home/', @finder, Depth => 1, '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/>' .
		'<D:creationdate/><D:resourcetype/><D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>'), 207, 'Finder looks');
	is(code(alice => PUT => '/home/._note.txt', @finder, 'Content-Length' => 0), 201, 'makes its own file beside');
	(undef, $token) = lock(alice => '/home/._note.txt', 'exclusive', @finder, Depth => 0, Timeout => 'Second-600');
	my $request = "PUT /dav/home/._note.txt HTTP/1.1\r\nHost: localhost:" . $site->port . "\r\n" . join('', map { "$_\r\n" } 'Authorization: ' . (basic('alice', $token{alice}))[1],
		'Transfer-Encoding: Chunked', 'X-Expected-Entity-Length: 5', "If: (<$token>)", 'Expect: 100-continue', 'Connection: close') . "\r\n5\r\nhello\r\n0\r\n\r\n";
	like($site->raw($request), qr{HTTP/1\.1 204 }, 'and fills it in pieces');
	is(code(alice => UNLOCK => '/home/._note.txt', @finder, 'Lock-Token' => "<$token>"), 204, 'under its lock');
	is(slurp("$home/._note.txt"), 'hello', 'it is there');
	is(code(alice => DELETE => "/home/$_"), 204, "DELETE $_") for 'note.txt', '._note.txt';
};

# ---- what is sent ---------------------------------------------------------------------------------------------------

subtest 'GET' => sub {
	is(code(alice => PUT => '/home/p.html', '<script>alert(1)</script>'), 201, 'a page is put');
	my ($status, $h, $body) = dav(alice => GET => '/home/p.html');
	is($body, '<script>alert(1)</script>', 'and comes back');
	is($h->{'content-type'}, 'application/octet-stream', 'as bytes');
	like($h->{'content-disposition'}, qr/^attachment; filename="p\.html"/, 'to be saved');
	like($h->{'content-security-policy'}, qr/^sandbox$/m, 'in a sandbox, if a browser shows it after all');
	is($h->{'x-content-type-options'}, 'nosniff', 'and is not guessed at');
	my $etag = $h->{etag};
	like($etag // '', qr/^"[^"]+"$/, 'a strong ETag');
	is(code(alice => GET => '/home/p.html', 'If-None-Match' => $etag), 304, 'which is asked for again');
	is(code(alice => GET => '/home/p.html', 'If-None-Match' => '"other"'), 200, 'another one');
	is(code(alice => GET => '/home/p.html', 'If-Match' => '"other"'), 412, 'not the one that was wanted');
	is(code(alice => GET => '/home/p.html', 'If-Modified-Since' => $h->{'last-modified'}), 304, 'nothing new since');
	($status, $h, $body) = dav(alice => GET => '/home/p.html', Range => 'bytes=1-6', 'If-Range' => $etag);
	is("$status $body", '206 script', 'a part of the same file');
	is((dav(alice => GET => '/home/p.html', Range => 'bytes=1-6', 'If-Range' => '"other"'))[0], 200, 'all of another one');
	is(code(alice => GET => '/home/p.html', Range => 'bytes=99-'), 416, 'no such part');
	($status, $h, $body) = dav(alice => HEAD => '/home/p.html');
	is("$status $h->{'content-length'} " . length $body, '200 25 0', 'HEAD');
	is(code(alice => PUT => '/home/p.html', 'If-Match' => '"other"', 'y'), 412, 'a PUT over what somebody else has changed');
	is(code(alice => PUT => '/home/p.html', 'If-None-Match' => '*', 'y'), 412, 'or over what should not be there');
	is(code(alice => PUT => '/home/p.html', 'If-Match' => $etag, '<script>ALERT(2)</script>'), 204, 'over the right one');
	isnt((dav(alice => HEAD => '/home/p.html'))[1]{etag}, $etag, 'of the same length in the same second: another ETag');
	is(code(alice => DELETE => '/home/p.html'), 204, 'gone');
};

subtest 'PUT' => sub {
	my $curl = sub { return output('curl', '-sk', '-u', "alice:$token{alice}", '-o', '/dev/null', '-w', '%{http_code}', @_) };
	is(($curl->('--http1.1', '-T', '-', $site->url('/dav/home/chunked'), '-H', 'Transfer-Encoding: chunked'))[1], 201, 'without a length') ;
	spew("$home/kept", 'old');
	chown $uid, $gid, "$home/kept";
	my $head = "PUT /dav/home/kept HTTP/1.1\r\nHost: localhost:" . $site->port . "\r\nAuthorization: " . (basic('alice', $token{alice}))[1] . "\r\n";
	$site->raw("${head}Content-Length: 3000000\r\n\r\n" . 'x' x 1_000_000, wait => 1);
	$site->raw("${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", wait => 1);
	sleep 0.3;
	is(slurp("$home/kept"), 'old', 'cut in the middle, with and without a length: the old file stays');
	is(join(' ', map { s{.*/}{}r } glob("$home/{.naru,.,}*part*")), '', 'and nothing half-done is left');
	is(code(alice => PUT => '/home/no/such/folder', 'x'), 409, 'no such folder');
	is(code(alice => PUT => "/home/$_", 'x'), 405, "not over a folder: '$_'") for '', 'litmus/';
	is(code(alice => PUT => '/home/kept', 'Content-Range' => 'bytes 0-0/3', 'x'), 400, 'not a part');
	is(code(alice => PUT => '/here', 'x'), 404, 'no such place');
	is(code(alice => PUT => '/', 'x'), 405, 'nor over the list of places');
	my @pids = Naru::Account::children($site->service_pid('dav'));
	spew("$work/large", '');
	truncate "$work/large", 64 << 20;
	is(($curl->('-T', "$work/large", $site->url('/dav/home/large')))[1], 201, '64 MiB');
	is(-s "$home/large", 64 << 20, 'are there');
	is(($curl->($site->url('/dav/home/large')))[1], 200, 'and come back');
	my ($peak) = sort { $b <=> $a } map { (eval { slurp("/proc/$_/status") } // '') =~ /VmHWM:\s+(\d+)/ ? $1 : 0 } @pids;
	cmp_ok($peak, '<', 24 << 10, "in a worker of $peak kB") unless $san;
	unlink "$home/large", "$home/kept", "$home/chunked";
};

# ---- folders --------------------------------------------------------------------------------------------------------

subtest 'PROPFIND' => sub {
	my ($status, undef, $xml) = dav(alice => PROPFIND => '/', Depth => 1);
	is($status, 207, 'the places');
	like($xml, qr{<D:href>/dav/$_/</D:href>}, $_) for qw(home scratch pool);
	for my $depth ([], [ Depth => 'infinity' ]) {
		($status, undef, $xml) = dav(alice => PROPFIND => '/home/', @$depth);
		is($status, 403, 'not all there is below at once');
		like($xml, qr/<D:propfind-finite-depth/, 'in the words of the standard');
	}
	mkdir "$home/many";
	spew("$home/many/$_", '') for 1 .. 1300;
	symlink '/etc/passwd', "$home/many/link";
	POSIX::mkfifo("$home/many/pipe", 0666);
	chown $uid, $gid, "$home/many", glob "$home/many/*";
	($status, undef, $xml) = dav(alice => PROPFIND => '/home/many/', Depth => 1);
	is(scalar(() = $xml =~ /<D:response>/g), 1301, '1,300 files and their folder, and nothing that has no content');
	like($xml, qr{</D:multistatus>\s*$}, 'to the end');
	is(code(alice => GET => "/home/many/$_"), { link => 403, pipe => 422 }->{$_}, "the $_ cannot be got either") for qw(link pipe);
	is(code(alice => DELETE => '/home/many/'), 204, 'all of them go');
	ok(!-e "$home/many" && -e '/etc/passwd', 'and not what the link leads to');
	my $bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>';
	for my $method (qw(PROPFIND PROPPATCH LOCK)) {
		is(code(alice => $method => '/home/', Depth => 0, $bomb), 400, "$method: a document type is refused");
		is(code(alice => $method => '/home/', Depth => 0, '<a xmlns="DAV:">' . 'x' x 300_000 . '</a>'), 413, 'and what is too large');
		is(code(alice => $method => '/home/', Depth => 0, '<a xmlns="DAV:">' x 1000), 400, 'or too deep');
	}
	($status, undef, $xml) = dav(alice => PROPFIND => '/home/', Depth => 0, '<propfind xmlns="DAV:"><prop><quota-available-bytes/><quota-used-bytes/><x xmlns="urn:y"/></prop></propfind>');
	like($xml, qr{<D:quota-available-bytes>\d+<.*<D:quota-used-bytes>\d+<.*<x xmlns="urn:y"/>.*404}s, 'the room, and what is not there');
};

subtest 'odd names' => sub {
	my @names = ("a\"b'c<d>&e", Encode::encode_utf8("한글 \x{202e}x"), "\xff\xfe", 'n' x 255, '-rf', ' ', '100%', '%2e%2e', "line\nend", "\x1b[31m");
	mkdir "$home/odd";
	spew("$home/odd/$_", "in it") for @names;
	chown $uid, $gid, "$home/odd", map { "$home/odd/$_" } @names;
	my (undef, undef, $xml) = dav(alice => PROPFIND => '/home/odd/', Depth => 1);
	my @hrefs = $xml =~ m{<D:href>/dav/home/odd/([^<]+)</D:href>}g;
	is_deeply([ sort map { s/%(..)/chr hex $1/ger } @hrefs ], [ sort @names ], 'each is told, byte by byte');
	unlike($xml, qr/[\x00-\x08\x0b\x0c\x0e-\x1f]/, 'without bytes that no XML may hold');
	is((dav(alice => GET => "/home/odd/$_"))[2], 'in it', "$_ comes back") for @hrefs;
	is(code(alice => MOVE => '/home/odd/' . $hrefs[0], to("/home/odd/moved%20$hrefs[0]")), 201, 'moved');
	is(code(alice => DELETE => '/home/odd/'), 204, 'gone');
};

subtest 'paths' => sub {
	spew($site->base . '/home/bob/secret', 'of bob');
	chmod 0644, $site->base . '/home/bob/secret';
	for my $path ('/home/../bob/secret', '/home/%2e%2e/bob/secret', '/home/..%2fbob%2fsecret', '/home/%252e%252e/bob/secret', '/home%2f..%2fbob/secret', '/home/x%00y', '/%2fetc/passwd', '/home/' . 'a/' x 3000) {
		my ($status, undef, $body) = dav(alice => GET => $path);
		like($status, qr/^(?:400|404|414)$/, substr($path, 0, 40) . ": $status");
		unlike($body, qr/of bob|root:/, 'nothing of anybody else');
	}
	spew("$home/own", 'mine');
	chown $uid, $gid, "$home/own";
	my %bad = ('https://evil.example/dav/home/x' => 502, $site->url('/files/raw/home/x') => 502, '/dav/home/../../x' => 400, '/dav/home/%2e%2e/x' => 400, $site->url('/dav/home/x?y') => 400,
		'ftp:x' => 400, $site->url('/dav/') => 403, $site->url('/dav/home') => 403, $site->url('/dav/nowhere/x') => 409, $site->url('/dav/home/own') => 403, $site->url('/dav/home/no/x') => 409);
	for my $method (qw(COPY MOVE)) {
		is(code(alice => $method => '/home/own', Destination => $_), $bad{$_}, "$method to $_") for sort keys %bad;
		is(code(alice => $method => '/home/own'), 400, "$method to nowhere");
		is(code(alice => $method => '/home/', to('/scratch/x')), 403, "$method of a place");
	}
	is(slurp("$home/own"), 'mine', 'the file is as it was');
	is(code(alice => DELETE => $_), 403, "DELETE $_") for '/', '/home/';
	is(code(alice => $_ => '/home/own', 'x'), 405, $_) for 'POST', 'PATCH', 'BREW';
	is(code(bob => GET => '/home/own'), 404, "bob's home is another");
	is(code(bob => PROPFIND => '/scratch/', Depth => 1), 207, 'and he sees his own');
	unlink "$home/own";
};

subtest 'COPY and MOVE' => sub {
	is(code(alice => MKCOL => "/home/$_"), 201, "MKCOL $_") for 'from', 'from/in';
	is(code(alice => PUT => '/home/from/in/f', 'content'), 201, 'a file in it');
	is(code(alice => COPY => '/home/from', to('/scratch/to')), 201, 'a tree into another place');
	is(slurp($site->base . '/scratch/alice/to/in/f'), 'content', 'is there');
	is(code(alice => COPY => '/home/from', to('/scratch/to'), Overwrite => 'F'), 412, 'not over it');
	is(code(alice => PUT => '/scratch/to/old', 'x'), 201, 'something else there');
	is(code(alice => COPY => '/home/from', to('/scratch/to')), 204, 'in its place');
	ok(!-e $site->base . '/scratch/alice/to/old', 'what was there is gone');
	is(code(alice => COPY => '/home/from', to('/home/from/in/deeper')), 403, 'not into itself');
	is(code(alice => MOVE => '/home/from/in', to('/home/from')), 403, 'nor over its own folder');
	is(code(alice => COPY => '/home/from', to('/home/flat'), Depth => 0), 201, 'the folder alone');
	is(join(' ', glob "$home/flat/*"), '', 'is empty');
	is(code(alice => MOVE => '/home/from', to('/home/flat')), 204, 'moved over a folder');
	is(slurp("$home/flat/in/f"), 'content', 'all of it');
	is(join(' ', glob "$home/*before*"), '', 'what was replaced is gone');
	is(code(alice => MOVE => '/home/flat', to('/scratch/flat')), 201, 'moved to another place');
	ok(!-e "$home/flat" && -e $site->base . '/scratch/alice/flat/in/f', 'it is there and not here');
	mkdir "$home/shut";
	spew("$home/shut/f", 'x');
	is(code(alice => COPY => '/home/shut', to('/home/open')), 207, 'something in it cannot be read') if chmod(0600, "$home/shut/f");
	is(code(alice => DELETE => $_), 204, "DELETE $_") for '/scratch/to', '/scratch/flat', '/home/open';
	system 'rm', '-rf', "$home/shut";
	cmp_ok(audit("dav.$_"), '>', 0, "$_ is in the audit list") for qw(replace delete copy move);
};

# The store is this very door, at another place: nobody can tell it from a server of somebody else's.
subtest 'a remote store' => sub {
	my ($made, undef, $response) = $site->api($mech{alice}, POST => '/stores?kind=webdav',
		{ title => 'Far <away>', url => "http://localhost:$plain/dav/scratch", auth => 'password', user => 'alice', secret => $token{alice} });
	my ($id) = ($response->header('Location') // '') =~ m{/stores/([a-z2-7]{10})$};
	ok($id, 'registered') or return diag $response->decoded_content;
	my $xml = (dav(alice => PROPFIND => '/', Depth => 1))[2];
	like($xml, qr{<D:href>/dav/store-$id/</D:href>.*<D:displayname>Far &lt;away&gt;</D:displayname>}, 'is one of the places');
	unlike((dav(bob => PROPFIND => '/', Depth => 1))[2], qr/store-/, "of alice's");
	is(code(bob => GET => "/store-$id/"), 404, 'alone');
	is(code(alice => PUT => "/store-$id/far", 'x' x 100_000 . 'end'), 201, 'a file is put');
	is(-s $site->base . '/scratch/alice/far', 100_003, 'and is there');
	my ($status, $h, $body) = dav(alice => HEAD => "/store-$id/far");
	is("$status $h->{'content-length'}", '200 100003', 'of that size');
	($status, $h, $body) = dav(alice => GET => "/store-$id/far", Range => 'bytes=100000-');
	is("$status $body", '206 end', 'a part of it');
	like($h->{etag}, qr/^"/, 'with a strong ETag, since the server has one');
	is(code(alice => PUT => "/store-$id/far", 'If-Match' => $h->{etag}, 'near'), 204, 'which holds for a PUT');
	is(code(alice => PUT => "/store-$id/far", 'If-Match' => $h->{etag}, 'late'), 412, 'once');
	is(code(alice => MKCOL => "/store-$id/$_"), 201, "MKCOL $_") for 'dir', 'dir/in';
	is(code(alice => MOVE => "/store-$id/far", to("/store-$id/dir/in/far")), 201, 'moved in the store');
	is(code(alice => COPY => "/store-$id/dir", to('/home/dir')), 201, 'a tree from there to here');
	is(slurp("$home/dir/in/far"), 'near', 'is here');
	is(code(alice => MOVE => '/home/dir', to("/store-$id/back")), 201, 'and from here to there');
	ok(!-e "$home/dir" && slurp($site->base . '/scratch/alice/back/in/far') eq 'near', 'it is there, and not here');
	is(code(alice => DELETE => "/store-$id/$_"), 204, "DELETE $_") for 'dir', 'back';
	$site->api($mech{alice}, POST => "/stores/$id/remove", {});
	is(code(alice => GET => "/store-$id/"), 404, 'a store that was removed');
};

# ---- locks and properties ---------------------------------------------------------------------------------------------

subtest 'locks' => sub {
	my ($status, $token, $xml) = lock(alice => '/pool/doc', 'exclusive', Depth => 0);
	is($status, 201, 'a lock on what is not there');
	ok(-f "$work/pool/doc" && !-s _, 'makes an empty file');
	chmod 0666, "$work/pool/doc";
	like($xml, qr{<D:locktoken><D:href>\Q$token\E<}, 'its token is told');
	like((dav(bob => PROPFIND => '/pool/doc', Depth => 0))[2], qr{<D:activelock>.*<href xmlns="DAV:">me</href>}, 'bob sees who has it');
	is(code(bob => PUT => '/pool/doc', 'x'), 423, "and may not write");
	is(code(bob => PUT => '/pool/doc', If => "(<$token>)", 'x'), 423, 'not even with the token: it is not his');
	is(code(bob => UNLOCK => '/pool/doc', 'Lock-Token' => "<$token>"), 403, 'nor unlock it');
	is((lock(bob => '/pool/doc', $_, Depth => 0))[0], 423, "nor lock it: $_") for qw(exclusive shared);
	is((lock(bob => '/pool/', 'exclusive', Depth => 'infinity'))[0], 423, 'nor the folder with all in it');
	is(code(alice => PUT => '/pool/doc', 'x'), 423, 'alice herself needs the token');
	is(code(alice => PUT => '/pool/doc', If => "(<$token>)", 'mine'), 204, 'and writes with it');
	is(code(alice => PUT => '/pool/doc', If => "(<urn:x>)", 'x'), 412, 'a wrong one is no condition that holds');
	is(code(alice => PUT => '/pool/doc', If => $_, 'x'), 400, "nonsense: $_") for '(', '()', '(<a', 'x', '<a>', '([a)', '(<a>) <';
	is(code(alice => PUT => '/pool/doc', If => '(<a>)' x 500, 'x'), 400, 'endless');
	is(code(alice => PUT => '/pool/doc', If => "<" . $site->url('/dav/pool/doc') . "> (<$token>)", 'mine'), 204, 'with the address told');
	is(code(alice => MOVE => '/pool/doc', to('/pool/doc2'), If => "(<$token>)"), 201, 'moved');
	is(code(alice => PUT => '/pool/doc', 'x'), 201, 'the lock stays behind and is over');
	is(code(alice => DELETE => "/pool/$_"), 204, "DELETE $_") for 'doc', 'doc2';
	my (undef, $deep) = lock(alice => '/pool/', 'exclusive', Depth => 'infinity');
	is(code(bob => PUT => '/pool/new', 'x'), 423, 'a deep lock holds for what is not there yet');
	$site->sv('restart', 'dav');
	ok(wait_until(10, sub { code(bob => GET => '/') == 200 }), 'the module is started again');
	is(code(bob => PUT => '/pool/new', 'x'), 423, 'and the lock is still there');
	is(code(bob => LOCK => '/pool/', If => "(<$deep>)"), 412, 'bob may not keep it longer');
	my ($kept, undef, $told) = dav(alice => LOCK => '/pool/', If => "(<$deep>)", Timeout => 'Second-1');
	is($kept, 200, 'alice may');
	like($told, qr{<D:timeout>Second-1<}, 'for a second');
	ok(wait_until(4, sub { code(bob => PUT => '/pool/new', 'x') == 201 }), 'then it is over');
	is(code(alice => UNLOCK => '/pool/', 'Lock-Token' => "<$deep>"), 409, 'an UNLOCK of it comes too late');
	my (undef, $one) = lock(alice => '/pool/shared', 'shared', Depth => 0);
	chmod 0666, "$work/pool/shared";
	my ($also, $two) = lock(bob => '/pool/shared', 'shared', Depth => 0);
	is($also, 200, 'two share a lock');
	is(code(bob => PUT => '/pool/shared', If => "(<$two>)", 'x'), 204, 'each writes with their own') or diag $site->log_tail('dav');
	is(code(bob => PUT => '/pool/shared', 'x'), 423, 'and not without');
	is(code(alice => UNLOCK => '/pool/shared', 'Lock-Token' => "<$one>"), 204, 'one goes');
	is(code(alice => PUT => '/pool/shared', 'x'), 423, 'the other one holds');
	unlink glob "$work/pool/*";
};

subtest 'properties' => sub {
	my $set = sub { my ($path, $value) = @_; return dav(alice => PROPPATCH => $path, "<D:propertyupdate xmlns:D='DAV:' xmlns:x='urn:x'><D:set><D:prop><x:colour>$value</x:colour></D:prop></D:set></D:propertyupdate>") };
	my $get = sub { my ($path) = @_; return (dav(alice => PROPFIND => $path, Depth => 0, "<propfind xmlns='DAV:'><prop><colour xmlns='urn:x'/></prop></propfind>"))[2] =~ m{<colour xmlns="urn:x">(.*?)</colour>} ? $1 : '' };
	is(code(alice => MKCOL => '/home/p'), 201, 'a folder');
	is(code(alice => PUT => '/home/p/f', 'x'), 201, 'a file');
	is(($set->('/home/p/f', 'a <b c="d&quot;">x</b> &amp; &lt;'))[0], 207, 'a property');
	is($get->('/home/p/f'), 'a <b xmlns="" c="d&quot;">x</b> &amp; &lt;', 'comes back');
	$set->('/home/p', 'blue');
	is(code(alice => COPY => '/home/p', to('/scratch/p')), 201, 'copied');
	is($get->('/scratch/p') . ' ' . $get->('/scratch/p/f'), 'blue a <b xmlns="" c="d&quot;">x</b> &amp; &lt;', 'with all below');
	is(code(alice => MOVE => '/home/p', to('/home/q')), 201, 'moved');
	is($get->('/home/q'), 'blue', 'it came along');
	is(code(alice => MKCOL => '/home/p') . $get->('/home/p'), '201', 'and did not stay');
	is(code(alice => DELETE => '/home/q') . code(alice => MKCOL => '/home/q') . $get->('/home/q'), '204201', 'nor does it outlive its folder');
	like(($set->('/home/p', 'x' x 70_000))[0], qr/^(?:413|507)$/, 'too much');
	my (undef, undef, $xml) = dav(alice => PROPPATCH => '/home/p', '<propertyupdate xmlns="DAV:"><set><prop><getetag>"x"</getetag><mine xmlns="urn:x">1</mine></prop></set></propertyupdate>');
	like($xml, qr{<getetag xmlns="DAV:"/></D:prop><D:status>HTTP/1.1 403.*424}s, "the portal's own are not to be changed, and then none is");
	is(code(bob => PROPPATCH => '/home/p', 'x'), 400, 'nonsense');
	is(code(alice => DELETE => $_), 204, "DELETE $_") for '/home/p', '/home/q', '/scratch/p';
	$set->('/home', 'green');
	like(dump_of('dav'), qr/urn:x colour.*green/s, 'the database can be looked at');
};

subtest 'the page that says how' => sub {
	$mech{alice}->get($site->url('/files/'));
	$mech{alice}->follow_link(url => '/account/connect');
	is($mech{alice}->status, 200, 'Files leads to it');
	like($mech{alice}->content, qr{https://localhost:\d+/dav/}, 'the address');
	like($mech{alice}->content, qr{net use N: .*user:alice}, 'and the user');
	my (undef, $data) = $site->api($mech{alice}, GET => '/account/connect');
	is($data->{user}, 'alice', 'for programs too');
};

$site->finish;
done_testing;
