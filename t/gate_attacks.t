# The gate between people who mean harm: visitors, pages of other apps, apps, other users of the machine. And that it goes on when it is
# replaced, killed or alone. The apps are records; what stands at their address is a server of this file.
use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Naru::FastCGI ();
use Naru::Test qw(output slurp wait_until);
use Naru::WebSocket qw(accept_of frame unframe);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, slurm => 0, alerts => qr/naru-app|gate/,
	conf => "[engine fake]\ntitle = Fake\ndriver = podman\nsocket = /nowhere/podman.sock\nnetworks = 127.0.0.0/8\n[gate]\nuser-connections = 700\napp-connections = 650\n");
my $base = $site->base;
my $build = $ENV{BUILD} // "$Naru::Test::top/build";
my %id = (mine => 'agatetest2', other => 'bgatetest2', code => 'cgatetest2', gone => 'dgatetest2', starts => 'egatetest2', service => 'fgatetest2', outside => 'ggatetest2');
sub host { return "$id{$_[0]}.apps.localhost:" . $site->port }
sub origin { return 'https://' . host(@_) }

# ---- the apps' server ---------------------------------------------------------------------------------------------------
sub say_back { my ($s, $head, $body) = @_; my $json = encode_json({ head => $head, n => length $body, sum => sha256_hex($body) }); return reply($s, "Content-Type: application/json\r\nContent-Length: " . length($json) . "\r\n", $json) }
sub reply { my ($s, $lines, $body) = @_; return print $s "HTTP/1.1 200 OK\r\n$lines\r\n$body" }
sub body_of {
	my ($s, $head) = @_;
	my $body = '';
	if ($head =~ /^Transfer-Encoding: *chunked/mi) {
		while (defined(my $size = <$s>)) {
			my $n = hex $size =~ s/\s//gr or do { my $last = <$s>; last };
			read $s, $body, $n + 2, length $body;
			substr($body, -2) = '';
		}
		return $body;
	}
	read $s, $body, $1 if $head =~ /^Content-Length: *(\d+)/mi && $1;
	return $body;
}
sub echo { my ($s, $head) = @_; my ($key) = $head =~ /^Sec-WebSocket-Key: *(\S+)/mi;
	$s->autoflush(1);
	print $s "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " . accept_of($key) . "\r\n\r\n";
	my $in = '';
	while (sysread $s, $in, 65536, length $in) {
		while (my ($kind, $payload) = unframe(\$in)) { syswrite $s, frame($kind eq 'ping' ? 'pong' : $kind, $payload, plain => 1) }
	}
}
my %page = (
	'/garbage' => sub { print { $_[0] } "hello, I am no server\r\n\r\n" },
	'/nothing' => sub { },
	'/switch' => sub { print { $_[0] } "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"; sleep 2 },
	'/long' => sub { print { $_[0] } "HTTP/1.1 200 OK\r\nX: " . 'y' x 70000 . "\r\n\r\nbody" },
	'/hints' => sub { print { $_[0] } "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
	'/two' => sub { print { $_[0] } "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond" },
	'/old' => sub { print { $_[0] } "HTTP/1.0 200 OK\nX-Old: 1\n\nold" },
	'/early' => sub { print { $_[0] } "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"; $_[0]->shutdown(1); sleep 1 },
	'/big' => sub { reply($_[0], "Content-Length: 104857600\r\n", ''); my $part = join('', map { chr($_ % 251) } 0 .. 1048575); print { $_[0] } $part for 1 .. 100 },
	'/endless' => sub { reply($_[0], '', ''); my $n = 0; while (1) { (print { $_[0] } 'x' x 65536) or last; $_[0]->flush } Naru::Test::spew("$base/endless", "over\n") },
	'/cookies' => sub { reply($_[0], "Set-Cookie: __Host-naru-app=evil; Path=/; Secure\r\nSet-Cookie: __Host-naru=evil; Path=/; Secure\r\nSet-Cookie: a=b; domain=apps.localhost\r\nClear-Site-Data: \"*\"\r\nContent-Length: 0\r\n", '') },
);
my $listen = IO::Socket::INET->new(Listen => 512, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
my $at = '127.0.0.1:' . $listen->sockport;
defined(my $server = fork) or die;
if (!$server) {
	$SIG{CHLD} = 'IGNORE';
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	setpgrp;
	while (1) {
		my $s = $listen->accept or next;
		next if fork;
		close $listen;
		my $head = '';
		while ($head !~ /\r\n\r\n$/) { defined(my $line = <$s>) or last; $head .= $line }
		my ($path) = $head =~ m{^\w+ (/[^ ?]*)};
		if ($head =~ /^Upgrade: *websocket/mi) { echo($s, $head) }
		elsif ($page{ $path // '' }) { $page{$path}->($s) }
		else { say_back($s, $head, body_of($s, $head)) }
		$s->flush;
		$s->shutdown(1);
		POSIX::_exit(0);
	}
}
close $listen;
my $owner = $$;
END { if ($owner && $$ == $owner && $server) { my $status = $?; kill -15, $server; waitpid $server, 0; $? = $status } }

ok(wait_until(15, sub { -s "$base/state/db/apps/data.mdb" }), 'the deployer has made its records');
ok($site->sv('down', 'deployer'), 'it is down, its records are this test\'s');
sub record { my ($status, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$build/t/apprecord", @_); die "@_: $text" if $status; return $text }
sub app { my ($name, %o) = @_; record('app', $id{$name}, $o{user} // 'alice', $o{offer} // 'jupyter', 'fake', $o{state} // 'running', $o{address} // $at, $o{generation} // 1) }
app('mine');
app('other', user => 'bob');
app('code', offer => 'code');
app('gone');
app('starts', state => 'starting');
app('service', offer => 'redis');
app('outside', address => '10.0.0.1:80');

# ---- tickets -----------------------------------------------------------------------------------------------------------------
# Account is asked as nginx asks it.
sub asked {
	my ($session, %o) = @_;
	my $path = "$base/run/account/sock";
	my $s = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";
	my @params = (REQUEST_METHOD => 'GET', REQUEST_URI => '/_auth/apps', DOCUMENT_URI => '/_auth/apps', QUERY_STRING => '', NARU_IDENTITY => 0, NARU_FOR => 'apps',
		NARU_WANTS => $o{wants} // 'proof ticket', NARU_METHOD => $o{method} // 'GET', NARU_URI => $o{uri}, HTTP_COOKIE => "__Host-naru=$session",
		($o{bearer} ? (HTTP_AUTHORIZATION => "Bearer $o{bearer}") : ()));
	print $s Naru::FastCGI::begin() . Naru::FastCGI::params(@params) . Naru::FastCGI::stdin('');
	my $answer = '';
	while (sysread $s, my $part, 65536) { $answer .= $part }
	return $answer =~ /Naru-Ticket: (\S+)/ ? $1 : '';
}
sub session_of { my ($mech) = @_; my $value; $mech->cookie_jar->scan(sub { $value = $_[2] if $_[1] eq '__Host-naru' }); return $value }
sub open_uri { return "/apps/$id{$_[0]}/open" }
my ($alice, $bob) = map { $site->signed_in($_) } qw(alice bob);
my $session = session_of($alice);
like(asked($session, uri => open_uri('mine')), qr/^[\w-]+\.[\w-]+$/, 'account gives a ticket for opening an app');
like(asked($session, uri => open_uri('mine') . '?next=/lab'), qr/\./, 'with a query too');
for my $case ([ uri => open_uri('mine') . '/' ], [ uri => open_uri('mine') . 'x' ], [ uri => '/apps//' . $id{mine} . '/open' ], [ uri => "/apps/$id{mine}" ], [ uri => '/apps/AGATETEST2/open' ],
	[ uri => '/apps/agatetest2%2f/open' ], [ uri => open_uri('mine'), method => 'POST' ], [ uri => open_uri('mine'), method => 'HEAD' ], [ uri => open_uri('mine'), wants => 'proof' ],
	[ uri => open_uri('mine'), bearer => 'naru_x' ]) {
	is(asked($session, @$case), '', "none for @$case");
}
sub get { my ($name, $path, @headers) = @_; return $site->http(GET => $path, Host => host($name), @headers) }
sub redeem {
	my ($name, $ticket, %o) = @_;
	my ($status, $h, $body) = get($name, '/_naru/enter?ticket=' . $ticket . '&next=' . ($o{next} // '/'), @{ $o{headers} // [] });
	my ($cookie) = ($h->{'set-cookie'} // '') =~ /(__Host-naru-app=[^;]+)/;
	return ($status, $cookie // '', $h, $body);
}
sub seat { my ($name, $of) = @_; my ($status, $cookie) = redeem($name, asked(session_of($of // $alice), uri => open_uri($name))); return $cookie }
my $proof = do { my $s = asked($session, uri => '/apps', wants => 'proof'); $s };
for my $bad ('', 'x', 'x.y', '.', 'a' x 9000, substr(asked($session, uri => open_uri('mine')), 0, -3)) {
	my ($status, $cookie) = redeem('mine', $bad);
	is("$status $cookie", '403 ', 'a ticket like ' . substr($bad, 0, 20) . ' is refused');
}
my $ticket = asked($session, uri => open_uri('mine'));
is((redeem('other', $ticket))[0], 403, 'a ticket of one app is none at another');
my @both = map { my $n = $_; defined(my $pid = open my $from, '-|') or die; if (!$pid) { my ($status) = redeem('mine', $ticket); print $status; POSIX::_exit(0) } $from } 1 .. 6;
my @got = map { local $/; scalar readline $_ } @both;
is((grep { $_ == 303 } @got), 1, 'of six at once who bring the same ticket one comes in') or diag "@got";
for my $next ('//evil.example/', '/%5cevil.example', 'https://evil.example/', '/_naru/enter', 'javascript:x', '/a%0d%0ax') {
	my (undef, undef, $h) = redeem('mine', asked($session, uri => open_uri('mine')), next => $next);
	is($h->{location}, '/', "next=$next leads to the start of the app");
}
is((redeem('mine', asked($session, uri => open_uri('mine')), next => '/lab%3Fa=b'))[2]{location}, '/lab?a=b', 'a path of the app is gone to');
my $seat = seat('mine');
like($seat, qr/=[\w-]{43}$/, 'a seat');
my @seat = (Cookie => $seat);
is((get('mine', '/x', @seat))[0], 200, 'is good');
my ($reload, $none) = redeem('mine', $ticket, headers => \@seat);
is("$reload $none", '303 ', 'who has a seat may load a used link again');
my ($second, $fresh) = redeem('mine', asked($session, uri => open_uri('mine')), headers => \@seat);
is("$second $fresh", '303 ', 'and keeps it when the app is opened again');
is((get('mine', '/x', Cookie => '__Host-naru-app=' . ('A' x 43)))[0], 401, 'a guessed one is not');

# ---- names of hosts, paths of ours -----------------------------------------------------------------------------------------------
my $port = $site->port;
for my $host ("x.$id{mine}.apps.localhost:$port", "$id{mine}.apps.localhost.evil.example", "$id{mine}.apps.evil.example:$port", "apps.localhost:$port", "$id{mine}x.apps.localhost:$port", "1gatetest2.apps.localhost:$port") {
	my ($status, undef, $body) = $site->http(GET => '/x', Host => $host, @seat, Accept => 'text/html');
	ok($status =~ /^(401|404|421)$/, "Host: $host is no app: $status") or diag $body;
}
for my $host (uc host('mine'), host('mine') =~ s/:/.:/r, $id{mine} . '.apps.localhost') {
	is((get('mine', '/x'))[0], 401, 'nobody');
	my ($status, undef, $body) = $site->http(GET => '/x', Host => $host, @seat);
	ok($status == 200 && $body =~ /Host: \Q@{[ host('mine') ]}\E\\r/, "Host: $host is the same one, and the app hears its own name");
}
is(($site->http(GET => '/x', Host => host('mine'), Host => host('other'), @seat))[0], 400, 'two hosts: 400');
like($site->raw("GET https://" . host('other') . "/x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\n\r\n"), qr{^HTTP/1.1 (401|400)}, 'an address with another host counts as that');
for my $path ('/_naru/', '/_naru/x', '//_naru/enter', '/x/../_naru/enter', '/x/..%2f_naru/enter', '/_naru/sign-in', '/_auth/gate', '/_naru/error/404.html') {
	my ($status, $h, $body) = get('mine', $path, @seat);
	ok($status =~ /^(400|403|404)$/ && $body !~ /"sum"/, "$path: $status, and not the app's");
}
is((get('mine', $_, @seat))[2], '', "$_ is answered by account, not by the app") for '/_naru/%65nter', '/%5fnaru/enter';
is((get('mine', '/_naru/static/naru.css'))[0], 200, 'the look of our pages there');
is(($site->http(GET => '/_naru/enter?ticket=x'))[0], 404, 'and none of it on the portal\'s host');
is(($site->http(GET => '/_auth/gate', @seat))[0], 404, 'nor the question');

# ---- what a visitor says of himself ----------------------------------------------------------------------------------------------------
my @lies = map { ($_ => 'root') } ('Naru-User', 'naru-user', 'Naru-App', 'Naru-Seat', 'Naru-Address', 'NARU_USER', 'X-Naru-User', 'X-Forwarded-User', 'Remote-User', 'X-Remote-User', 'Naru-Admin', 'X-Forwarded-For', 'Forwarded');
my ($ls, undef, $lb) = get('mine', '/x', @seat, @lies, @lies);
my $told = eval { decode_json($lb)->{head} } // '';
is($ls, 200, 'headers that claim to be somebody do no harm') or diag $lb;
unlike($told, qr/root|^Naru|^X-Naru/mi, 'and reach no app');
like($told, qr/^X-Forwarded-For: 127\.0\.0\.1\r$/m, 'the app hears the true address');
is((get('mine', '/x', @lies))[0], 401, 'without a seat they are nothing');
my (undef, undef, $cb) = get('code', '/x', Cookie => seat('code') . '; code-server-session=mine; x=y');
chomp(my $secret = record('secret', $id{code}));
like($cb, qr/Cookie: x=y; code-server-session=$secret\\r/, 'a secret that is a cookie');
is((get('mine', '/x', Cookie => seat('code')))[0], 401, 'a seat at one app is none at another of the same user');

# ---- pages of other origins --------------------------------------------------------------------------------------------------------------
sub from { my ($method, @h) = @_; return ($site->http($method => '/x', Host => host('mine'), @seat, @h))[0] }
is(from(POST => Origin => origin('mine'), 'body'), 200, 'a form of the app itself');
is(from($_->[0] => @{ $_->[1] }), 403, "$_->[0] with @{ $_->[1] }: refused") for [ POST => [ Origin => origin('other'), 'x' ] ], [ POST => [ Origin => 'null', 'x' ] ], [ POST => [ 'Sec-Fetch-Site' => 'same-site', 'x' ] ],
	[ PUT => [ Origin => "https://localhost:$port", 'x' ] ], [ GET => [ 'Sec-Fetch-Site' => 'same-site', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'script' ] ],
	[ GET => [ 'Sec-Fetch-Site' => 'cross-site', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'iframe' ] ], [ OPTIONS => [ Origin => origin('other') ] ];
is(from(GET => 'Sec-Fetch-Site' => 'cross-site', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document'), 200, 'a link is followed');
sub ws { my ($name, $cookie, %o) = @_; return Naru::WebSocket->open($site, host($name), '/ws', Cookie => $cookie, defined $o{origin} ? (Origin => $o{origin}) : exists $o{origin} ? () : (Origin => origin($name))) }
is(ws('mine', $seat, origin => $_)->status, 403, 'a WebSocket from ' . ($_ // 'nowhere')) for origin('other'), "https://localhost:$port", "http://$id{mine}.apps.localhost:$port", 'null', undef;
is(ws('mine', '')->status, 401, 'and without a seat');
my $large = $site->raw("POST /x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nOrigin: https://evil.example\r\nContent-Length: 8000000\r\nConnection: close\r\n\r\n" . 'x' x 8_000_000);
like($large, qr{^HTTP/1.1 403.*other app}s, 'a refusal is told however large the body') or diag substr $large, 0, 200;

# ---- bodies ---------------------------------------------------------------------------------------------------------------------------------
my $chunked = "POST /x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" . join('', map { sprintf("%x\r\n%s\r\n", 3000, 'a' x 3000) } 1 .. 50) . "0\r\n\r\n";
like($site->raw($chunked), qr/"n":150000/, 'a body in chunks arrives');
like($site->raw("POST /x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\n\r\n"), qr{^HTTP/1.1 400}, 'two lengths: 400');
like($site->raw("POST /x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), qr{^HTTP/1.1 (400|501)}, 'another coding: refused');
like($site->raw("POST /x HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), qr{^HTTP/1.1 (400|502)}, 'chunks that are none');
# nginx may be cut off while it still sends, and then cannot tell the answer that came: a visitor tries again.
my $early;
for (1 .. 5) {
	$early = $site->raw("POST /early HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n" . 'x' x 4_000_000);
	last if $early =~ m{^HTTP/1.1 413};
}
like($early, qr{^HTTP/1.1 413.*large}s, 'an app that answers before it has all') or diag substr $early, 0, 200;
my (undef, $sum) = output('sh', '-c', "curl -sk --http2 -H 'Cookie: $seat' https://" . host('mine') . '/big | sha256sum');
my $big = join('', map { chr($_ % 251) } 0 .. 1048575) x 100;
is((split ' ', $sum)[0], sha256_hex($big), '100 MiB come as they are, with HTTP/2');
undef $big;

# ---- apps that mean harm --------------------------------------------------------------------------------------------------------------------------
for my $case ([ '/garbage', 502 ], [ '/nothing', 502 ], [ '/switch', 502 ], [ '/long', 502 ], [ '/hints', 200 ], [ '/two', 200 ], [ '/old', 200 ]) {
	my ($path, $want) = @$case;
	my ($status, undef, $body) = get('mine', $path, @seat, Accept => 'text/html');
	is($status, $want, "an app's $path: $want") or diag substr $body, 0, 300;
	unlike($body, qr/second/, 'and nothing behind it') if $path eq '/two';
}
my (undef, $ch) = get('mine', '/cookies', @seat);
is($ch->{'set-cookie'} // '', 'a=b', 'an app sets cookies of its own host and its own names only');
ok(!$ch->{'clear-site-data'}, 'and does not empty the browser');
like($ch->{'content-security-policy'}, qr/frame-ancestors 'self'/, 'nobody frames it');
like($ch->{'strict-transport-security'}, qr/max-age/, 'and TLS stays');
my $endless = fork;
if (!$endless) { my $n = 0; my $s = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $port, SSL_verify_mode => 0, SSL_hostname => host('mine') =~ s/:.*//r);
	print $s "GET /endless HTTP/1.1\r\nHost: " . host('mine') . "\r\nCookie: $seat\r\n\r\n"; sysread $s, my $x, 65536 for 1 .. 20; POSIX::_exit(0) }
waitpid $endless, 0;
ok(wait_until(5, sub { -e "$base/endless" }), 'a visitor who leaves ends what the app is sending');
for my $case ([ starts => 503, 'starting' ], [ service => 404, 'no pages' ], [ outside => 503, 'does not run' ]) {
	my ($name, $want, $says) = @$case;
	my ($status, $h, $body) = get($name, '/', Cookie => seat($name), Accept => 'text/html');
	is($status, $want, "$name: $want");
	like($body, qr{\Q$says\E.*lang="ko".*https://localhost:$port/apps/$id{$name}}s, 'in both languages, with the way to the portal');
}
record('drop', $id{gone}, 'alice');
is((get('gone', '/', Cookie => seat('gone')))[0], 404, 'a deleted app');

# ---- the gate's own socket -------------------------------------------------------------------------------------------------------------------------------
my $gate_socket = "$base/run/gate/sock";
my $as_other = fork;
if (!$as_other) { $) = '65534 65534'; $> = 65534; my $s = IO::Socket::UNIX->new(Peer => $gate_socket); POSIX::_exit($s ? 1 : 0) }
waitpid $as_other, 0;
is($?, 0, 'other users of the machine do not reach the gate\'s socket');
sub direct { return IO::Socket::UNIX->new(Peer => $gate_socket) // die $! }
my @held = map { my $s = direct(); syswrite $s, 'G' if $_ % 2; $s } 1 .. 300;
my $start = time;
is((get('mine', '/x', @seat))[0], 200, 'three hundred who hold a byte hold up nobody');
ok(time - $start < 1, 'not for a moment');
for my $head ("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nNaru-App: $id{mine}\r\nNaru-User: alice\r\nNaru-Seat: guessed\r\nNaru-Address: ::1\r\n\r\n", "\0" x 100 . "\r\n\r\n", 'x' x 70000) {
	my $s = direct();
	syswrite $s, $head;
	sysread $s, my $answer, 4096;
	unlike($answer // '', qr/^HTTP\/1.1 200/, 'the gate believes nothing that is not in the records: ' . (($answer // '') =~ /(\d{3})/ ? $1 : 'closed'));
}
my $closed = wait_until(12, sub { my $s = $held[0]; my $bits = ''; vec($bits, fileno $s, 1) = 1; select $bits, undef, undef, 0 });
ok($closed, 'who says nothing is sent away');
undef @held;

# ---- sessions ------------------------------------------------------------------------------------------------------------------------------------------------
sub cut_by {
	my ($what, $mech, $do) = @_;
	my $ws = ws('mine', seat('mine', $mech));
	$ws->send('x');
	is($ws->receive(5), 'x', "before $what");
	$do->();
	my $after = $ws->closed(5);
	ok(defined $after, "$what cuts a WebSocket") and diag sprintf 'after %.1f s', $after;
}
my $other_browser = $site->signed_in('alice');
cut_by('ending all other sessions', $other_browser, sub { $site->api($alice, POST => '/account/sessions/others') });
is((get('mine', '/x', @seat))[0], 200, 'and not one\'s own');
my $users = slurp("$base/etc/demo-users");
sub import_users { my ($text) = @_; Naru::Test::spew("$base/etc/demo-users.new", $text); output('chown', 'naru-account', "$base/etc/demo-users.new");
	my ($status, $said) = output('env', "NARU_CONF=$base/etc/naru.conf", 'setpriv', '--reuid', 'naru-account', '--regid', 'naru-account', '--init-groups', "$base/bin/naru-account", '--import', "$base/etc/demo-users.new"); die $said if $status }
cut_by('the end of a contract', $alice, sub { import_users($users =~ s/^(alice:.*):\+180:/$1:-1:/mr) });
is((get('mine', '/x', @seat))[0], 401, 'and every seat is gone');
import_users($users);
$seat = seat('mine');
@seat = (Cookie => $seat);

# ---- the program is replaced, and killed ---------------------------------------------------------------------------------------------------------------------------
my $stays = ws('mine', $seat);
$stays->send('a');
is($stays->receive(5), 'a', 'a WebSocket is open');
my $pid = $site->service_pid('gate');
my $load = fork;
if (!$load) { my $bad = 0; my $end = time + 4; while (time < $end) { $bad++ if (get('mine', '/x', @seat))[0] != 200 } POSIX::_exit($bad > 250 ? 250 : $bad) }
for (1 .. 4) { sleep 0.7; $site->sv('hup', 'gate') }
waitpid $load, 0;
is($? >> 8, 0, 'the gate is replaced four times and no request fails');
is($site->service_pid('gate'), $pid, 'its number stays');
$stays->send('b');
is($stays->receive(5), 'b', 'what was open goes on');
app('mine', generation => 2);
ok(defined $stays->closed(5), 'and is still cut when it must be');
ok(wait_until(5, sub { my (undef, $n) = output('pgrep', '-cf', "^$base/bin/naru-gate"); $n == 1 }), 'then the old ones have gone');
my $many = fork;
if (!$many) { my @ws = map { ws('mine', $seat) } 1 .. 30; sleep 60; POSIX::_exit(0) }
sleep 1;
kill KILL => $pid;
ok(wait_until(10, sub { (get('mine', '/x', @seat))[0] == 200 }), 'killed with thirty WebSockets open, it is back');
kill TERM => $many; waitpid $many, 0;
ok($site->sv('down', 'gate'), 'without the gate');
my ($down, undef, $page) = get('mine', '/x', @seat, Accept => 'text/html');
is($down, 502, 'visitors are told');
like($page, qr{/_naru/static/naru\.css.*https://localhost:$port/}s, 'on a page that looks as ours and leads to the portal');
$site->sv('up', 'gate');
ok(wait_until(10, sub { (get('mine', '/x', @seat))[0] == 200 }), 'and with it all is well');

# ---- many ---------------------------------------------------------------------------------------------------------------------------------------------------------------
sub rss { return slurp("/proc/$_[0]/status") =~ /VmRSS:\s+(\d+)/ ? $1 : 0 }
$pid = $site->service_pid('gate');
my $before = rss($pid);
my @idle = map { ws('mine', $seat) } 1 .. 650;
is((grep { $_->status == 101 } @idle), 650, '650 WebSockets at one app');
my $grown = rss($pid) - $before;
cmp_ok($grown, '<', $build =~ m{san} ? 20000 : 2000, "cost the gate $grown KiB");
is(ws('mine', $seat)->status, 503, 'the next is one too many for the app');
is((get('code', '/x', Cookie => seat('code')))[0], 200, 'not for others');
$_->closed(0) for @idle;
undef @idle;
ok(wait_until(5, sub { (get('mine', '/x', @seat))[0] == 200 }), 'when they go there is room again');
$site->finish;
done_testing;
