# The way to users' apps: a ticket becomes a seat on the app's host, the gate passes requests and WebSockets on, adds the app's secret, and
# cuts what may not go on. The apps are records that a test program writes; what stands at their address is a server of this file.
use strict;
use warnings;
use Digest::SHA 'sha1_base64';
use IO::Socket::INET;
use IO::Socket::SSL ();
use JSON::PP;
use Naru::Test qw(output slurp wait_until);
use Naru::WebSocket;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[engine fake]\ntitle = Fake\ndriver = podman\nsocket = /nowhere/podman.sock\nnetworks = 127.0.0.0/8\n");
my $base = $site->base;
my $build = $ENV{BUILD} // "$Naru::Test::top/build";
my %id = (mine => 'agatetest2', other => 'bgatetest2', deaf => 'dgatetest2', far => 'egatetest2', service => 'fgatetest2');
sub host { return "$id{$_[0]}.apps.localhost:" . $site->port }
sub origin { return 'https://' . host(@_) }

# ---- what stands at the apps' address: tells what it was asked, echoes WebSockets ---------------------------------------
sub echo_frames {
	my ($s, $head) = @_;
	my ($key) = $head =~ /^Sec-WebSocket-Key: *(\S+)/mi;
	print $s "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
		sha1_base64("${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), "=\r\n\r\n";
	while (sysread($s, my $two, 2) == 2) {
		my $n = ord(substr $two, 1) & 127;
		if ($n == 126) { sysread $s, my $more, 2; $n = unpack 'n', $more }
		sysread $s, my $mask, 4;
		my ($text, $i) = ('', 0);
		while (length $text < $n) { sysread($s, $text, $n - length $text, length $text) or return }
		$text = join '', map { chr(ord($_) ^ ord substr $mask, $i++ % 4, 1) } split //, $text;
		syswrite $s, "\x81" . ($n < 126 ? chr $n : "\x7e" . pack 'n', $n) . $text;
	}
}
sub serve {
	my ($s) = @_;
	my $head = '';
	while ($head !~ /\r\n\r\n$/) { sysread($s, $head, 1, length $head) or return }
	return echo_frames($s, $head) if $head =~ /^Upgrade: *websocket/mi;
	my ($n) = $head =~ /^Content-Length: *(\d+)/mi;
	my $body = '';
	while (length $body < ($n // 0)) { sysread($s, $body, $n - length $body, length $body) or last }
	return print $s "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nmine" if $head =~ m{^GET /missing };
	if (my ($size) = $head =~ m{^GET /big/(\d+) }) {
		print $s "HTTP/1.1 200 OK\r\nContent-Length: $size\r\n\r\n", 'x' x $size;
		return;
	}
	if (my ($pause) = $head =~ m{^GET /endless/([\d.]+) }) {
		syswrite $s, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n";
		1 while syswrite($s, 'x' x 8192) && (!$pause || sleep $pause);
		return;
	}
	my $json = encode_json({ head => $head, n => length $body, sum => unpack('%32C*', $body) });
	print $s "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b; Domain=localhost; Path=/\r\n",
		"Set-Cookie: c=d; Path=/\r\nX-Accel-Redirect: /static/naru.css\r\nContent-Length: ", length $json, "\r\n\r\n$json";
}
my $listen = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
my $at = '127.0.0.1:' . $listen->sockport;
defined(my $server = fork) or die;
if (!$server) {
	$SIG{CHLD} = 'IGNORE';
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	while (1) {
		my $s = $listen->accept or next;
		next if fork;
		close $listen;
		serve($s);
		$s->shutdown(2);
		POSIX::_exit(0);
	}
}
close $listen;
my $owner = $$;
END { if ($owner && $$ == $owner && $server) { my $status = $?; kill TERM => $server; waitpid $server, 0; $? = $status } }

# ---- records --------------------------------------------------------------------------------------------------------------
ok(wait_until(15, sub { -s "$base/state/db/apps/data.mdb" }), 'the deployer has made its records');
ok($site->sv('down', 'deployer'), 'it is down, its records are this test\'s');
sub record { my ($status, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$build/t/apprecord", @_); is($status, 0, "@_[0, 1]") or diag $text; return $text }
sub app { my ($name, %o) = @_; record('app', $id{$name}, $o{user} // 'alice', $o{offer} // 'jupyter', 'fake', $o{state} // 'running', $o{address} // $at, $o{generation} // 1) }
app('mine');
app('other', user => 'bob');
app('deaf', address => '127.0.0.1:1');
app('far', address => '192.0.2.1:80');
app('service', offer => 'redis');
chomp(my $secret = record('secret', $id{mine}));

# ---- from the portal to the app ----------------------------------------------------------------------------------------------
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
sub ticket {
	my ($mech, $name) = @_;
	my $copy = $mech->clone;
	$copy->requests_redirectable([]);
	return $copy->get($site->url("/apps/$id{$name}/open"))->header('Location') // '';
}
sub get { my ($name, $path, @headers) = @_; return $site->http(GET => $path, Host => host($name), @headers) }
sub redeem {
	my ($name, $url) = @_;
	my ($path) = $url =~ m{^https://[^/]+(/.*)$} or return (0, {}, '', '');
	my ($status, $h, $body) = get($name, $path);
	my ($cookie) = ($h->{'set-cookie'} // '') =~ /(__Host-naru-app=[^;]+)/;
	return ($status, $h, $cookie // '', $body);
}
my $late = ticket($alice, 'mine');
my $late_since = time;
my $url = ticket($alice, 'mine');
like($url, qr{^\Q@{[ origin('mine') ]}\E/_naru/enter\?ticket=[^&]+&next=%?}, 'open leads to the app\'s own host with a ticket');
my ($status, $h, $seat) = redeem('mine', $url);
is($status, 303, 'the ticket is taken');
like($h->{'set-cookie'}, qr/^__Host-naru-app=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/m, 'for a cookie of that host alone');
like($h->{location}, qr{^/tree}, 'and leads to where the app starts');
my @seat = (Cookie => "theme=dark; $seat; __Host-naru=portal");
my ($code, $ph, $page) = get('mine', '/tree?a=b', @seat, 'Naru-User' => 'root', 'Naru-Seat' => 'x', Authorization => 'Bearer mine', 'X-Forwarded-User' => 'root');
my $said = eval { decode_json($page) } // {};
is($code, 200, 'the app answers') or diag $page, $site->log_tail('gate');
like($said->{head} // '', qr{^GET /tree\?a=b HTTP/1\.1\r\n}, 'to what was asked');
like($said->{head} // '', qr/^Authorization: token $secret\r$/mi, 'it sees its secret');
unlike($said->{head} // '', qr/Bearer/, 'and not the visitor\'s authorization');
like($said->{head} // '', qr/^Cookie: theme=dark\r$/mi, 'its own cookies, none of the portal');
unlike($said->{head} // '', qr/^Naru-/mi, 'nothing that is between nginx and the gate');
unlike(join(' ', values %$ph), qr/$secret/, 'the visitor does not see the secret');
like($ph->{'set-cookie'} // '', qr/a=b/, 'the app may set cookies');
unlike($ph->{'set-cookie'} // '', qr/domain=localhost/i, 'not for other hosts');
unlike($page, qr/font-family/, 'it cannot have nginx send another file');
is((get('mine', '/missing', @seat))[2], 'mine', 'an error of the app is the app\'s page');

# ---- bodies ---------------------------------------------------------------------------------------------------------------------
my $body = 'abc' x 400_000;
my (undef, undef, $posted) = $site->http(POST => '/save', Host => host('mine'), @seat, Origin => origin('mine'), 'Content-Type' => 'text/plain', $body);
my $took = eval { decode_json($posted) } // {};
is($took->{n}, length $body, 'a large body arrives whole') or diag substr $posted, 0, 300;
is($took->{sum}, unpack('%32C*', $body), 'and as it is');
is(length((get('mine', '/big/3000000', @seat))[2]), 3_000_000, 'a large answer comes whole');

# ---- who may not -------------------------------------------------------------------------------------------------------------------
isnt((redeem('mine', $url))[2], $seat, 'a ticket used before gives no other seat');
is((redeem('mine', $url))[0], 403, 'it is refused');
is((redeem('other', ticket($alice, 'mine')))[0], 403, 'a ticket is for one app');
my $broken = ticket($alice, 'mine');
$broken =~ s/(ticket=.{20})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/e;
is((redeem('mine', $broken))[0], 403, 'a changed ticket is refused');
is(ticket($bob, 'mine'), '', 'bob gets no ticket for an app of alice');
is((get('other', '/', @seat, Accept => '*/*'))[0], 401, 'a seat is for one app');
is((get('mine', '/', Accept => '*/*'))[0], 401, 'nobody is told so');
my ($no, $nh) = get('mine', '/lab?x=1', Accept => 'text/html');
is($no, 303, 'who looks is sent to the portal');
like($nh->{location}, qr{^https://localhost:\d+/apps/$id{mine}/open}, 'to open the app there');
# A page of the app that was asked for without a seat is reached after signing in; an address from outside leads nowhere else.
my ($deep) = (get('mine', '/lab/tree/%ED%95%9C.ipynb?x=1&y=%2F', Accept => 'text/html'))[1]{location} =~ m{^https://[^/]+(/apps/\w+/open\?.+)$};
my $newcomer = $site->mech;
$newcomer->get($site->url($deep));
is($newcomer->uri->path, '/sign-in', 'nobody signs in first');
$newcomer->requests_redirectable([]);
$newcomer->submit_form(with_fields => { user => 'alice', password => 'alice-ferry' });
sub led { my ($path) = @_; return $newcomer->get($site->url($path))->header('Location') // '' }
is($newcomer->response->header('Location'), $deep, 'and is led on to open the app');
is((redeem('mine', led($deep)))[1]{location}, '/lab/tree/%ED%95%9C.ipynb?x=1&y=%2F', 'at the page that was asked for');
is((redeem('mine', led("/apps/$id{mine}/open?next=$_")))[1]{location}, '/tree', "next=$_ leads to where the app starts")
	for '', '/', '//evil.example/', '/%5cevil.example', 'https://evil.example/', '/_naru/enter', 'javascript:x', 'lab', '/a%0d%0aX:%20y', '/%ED%95%9C';
my @wrong = (Origin => 'https://localhost:' . $site->port);
is(($site->http(POST => '/save', Host => host('mine'), @seat, @wrong, 'Content-Type' => 'text/plain', 'x'))[0], 403, 'a page of the portal\'s host changes nothing');
is(($site->http(DELETE => '/save', Host => host('mine'), @seat, Origin => origin('other')))[0], 403, 'nor does another app\'s');
is(Naru::WebSocket->open($site, host('mine'), '/ws', @seat, @wrong)->status, 403, 'or opens a WebSocket');
for my $case ([ deaf => 502 ], [ far => 503 ]) {
	my ($name, $want) = @$case;
	my (undef, undef, $there) = redeem($name, "https://x/_naru/enter?" . (ticket($alice, $name) =~ s/^[^?]*\?//r));
	SKIP: {
		skip "no ticket: $name", 1 unless $there;
		is((get($name, '/', Cookie => $there))[0], $want, "an app that is $name: $want");
	}
}

# A download that does not end by itself, once it has begun; and seconds until it ends, undef if it does not.
sub endless {
	my ($cookie, $pause) = @_;
	my $s = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_hostname => 'localhost', SSL_ca_file => "$base/etc/tls/cert.pem", SSL_verifycn_name => 'localhost') or die;
	print $s "GET /endless/$pause HTTP/1.1\r\nHost: ", host('mine'), "\r\nCookie: $cookie\r\n\r\n";
	my $head = '';
	while (length $head < 16384) { sysread($s, $head, 16384, length $head) or last }
	like($head, qr{^HTTP/1\.1 200 .*\r\n\r\nxxxx}s, 'a download has begun') or diag substr $head, 0, 200;
	return $s;
}
sub ended {
	my ($s, $seconds) = @_;
	my ($start, $part) = (time);
	$s->blocking(0);
	while (time < $start + $seconds) {
		my $n = sysread $s, $part, 65536;
		return time - $start if defined $n ? !$n : !$!{EAGAIN} && $IO::Socket::SSL::SSL_ERROR !~ /WANT/;
		sleep 0.01 if !defined $n;
	}
	return;
}
sub is_cut { my ($s, $what) = @_; my $after = ended($s, 5); ok(defined $after, $what) and diag sprintf 'after %.1f s', $after }

# ---- sharing --------------------------------------------------------------------------------------------------------------------------
record('share', $id{mine}, 'bob', time =~ s/\..*//r + 600);
my (undef, undef, $bobs) = redeem('mine', ticket($bob, 'mine'));
is((get('mine', '/', Cookie => $bobs))[0], 200, 'who it is shared with comes in');
my $shared = Naru::WebSocket->open($site, host('mine'), '/ws', Cookie => $bobs, Origin => origin('mine'));
my $download = endless($bobs, 0.05);
record('share', $id{mine}, 'bob', 1);
is_cut($download, 'when the share is over, a download is cut');
my $cut = $shared->closed(5);
ok(defined $cut, 'when the share is over, what is open is cut') and diag sprintf 'after %.1f s', $cut;
is((get('mine', '/', Cookie => $bobs))[0], 404, 'and nothing more is answered');

# ---- WebSockets -------------------------------------------------------------------------------------------------------------------------
sub socket_of { my ($cookie) = @_; return Naru::WebSocket->open($site, host('mine'), '/ws', Cookie => $cookie, Origin => origin('mine')) }
my $ws = socket_of($seat);
is($ws->status, 101, 'a WebSocket opens') or diag $ws->head, $site->log_tail('gate');
$ws->send('hello');
is($ws->receive(5), 'hello', 'and echoes');
$ws->send('long' x 5000);
is($ws->receive(5), 'long' x 5000, 'long messages too');
my @downloads = map { endless($seat, $_) } 0.05, 0;
ok(!defined ended($downloads[0], 2.5), 'a download goes on while nothing changes');
$ws->send('still');
is($ws->receive(5), 'still', 'it stays while nothing changes');
app('mine', state => 'stopped');
$cut = $ws->closed(5);
ok(defined $cut, 'a stop of the app cuts it') and diag sprintf 'after %.1f s', $cut;
is_cut($downloads[0], 'and a download that drips');
is_cut($downloads[1], 'and one as fast as it goes, whose visitor has stopped reading');
is((get('mine', '/', @seat))[0], 503, 'and the visitor is told');
app('mine', generation => 2);
is((get('mine', '/', @seat))[0], 200, 'started again, the same seat is good');
$ws = socket_of($seat);
app('mine', generation => 3);
ok(defined $ws->closed(5), 'what belongs to an earlier start is cut');

# ---- the gate is killed ---------------------------------------------------------------------------------------------------------------------
my $pid = $site->service_pid('gate');
kill KILL => $pid;
ok(wait_until(10, sub { (get('mine', '/', @seat))[0] == 200 }), 'killed, the gate is back');

# ---- a ticket that cannot be redeemed now ------------------------------------------------------------------------------------------------------
# Neither a refused connection nor a socket that is not there may bring the ticket into nginx's log; other requests are told there.
my $way = ticket($alice, 'mine');
my ($word) = $way =~ /ticket=([^&]{20,})/;
ok($word, 'a ticket on its way');
ok($site->sv('down', 'account'), 'account goes away');
is((redeem('mine', $way))[0], 502, 'it cannot be redeemed');
is((get('mine', '/seen-in-the-log', @seat))[0] >= 500, 1, 'nor is anything else answered');
rename "$base/run/account/sock", "$base/run/account/away";
is((redeem('mine', $way))[0], 502, 'nor without a socket');
rename "$base/run/account/away", "$base/run/account/sock";
like($site->log_text('nginx-error'), qr/seen-in-the-log/, 'the log of nginx tells that account is away');
unlike($site->log_text('nginx-error'), qr/\Q$word\E|_naru\/enter/, 'and holds no ticket');
unlike(slurp("$base/log/access.log"), qr/\Q$word\E/, 'nor does the other one');
$site->sv('up', 'account');
my $new = wait_until(20, sub { my @got = redeem('mine', $way); $got[0] == 303 ? $got[2] : '' });
ok($new, 'account is back and takes it');
@seat = (Cookie => $seat = $new);

# ---- the session ends ----------------------------------------------------------------------------------------------------------------------------
$ws = socket_of($seat);
is($ws->status, 101, 'a WebSocket before signing out') or diag $ws->head;
$download = endless($seat, 0.05);
$site->api($alice, POST => '/sign-out');
$cut = $ws->closed(5);
ok(defined $cut, 'signing out cuts it') and diag sprintf 'after %.1f s', $cut;
is_cut($download, 'and a download');
is((get('mine', '/', @seat, Accept => '*/*'))[0], 401, 'the seat is gone');
my $again = $site->signed_in('alice');
my $aged = ticket($again, 'mine');
sleep 31;
is((redeem('mine', $aged))[0], 403, 'a ticket is good for half a minute');
is((redeem('mine', $late))[0], 403, 'and not after its session');

$site->finish;
done_testing;
