# ops/images: the images of the apps that Naru ships. Each is started as the engine
# starts it (another uid, nothing to write but /tmp, /run and the home, no capability)
# and has to answer who shows the secret, and nobody else.
use strict;
use warnings;
use File::Temp;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use Naru::Test qw(output slurp wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my $base = "$dir/site";
my $home = "$dir/home/alice";
mkdir $_ for $base, "$dir/home", $home;
chown 20001, 30000, $home;
chmod 0700, $home;
my @env = ('env', '-u', 'NARU_SHARED', "NARU_BASE=$base", 'NARU_PORT_BASE=' . Naru::Test::free_ports());
my $owner = $$;
END { system @env, "$top/ops/podman", 'down', '--purge' if $owner == $$ && -d "$base/podman" }

# ---- building ------------------------------------------------------------------------------------

my ($status, $text) = output("$top/ops/images");
is($status, 0, 'ops/images') or diag $text;
my $start = time;
($status, $text) = output("$top/ops/images");
is("$status$text", '0', 'a second time there is nothing to do');
cmp_ok(time - $start, '<', 4, 'and it is quick');
($status, $text) = output("$top/ops/images", 'list');
is(() = $text =~ /^localhost\/naru-\w+:12 [\d.]+ [MG]B$/mg, 6, 'six images, with the one they stand on') or diag $text;
is((output("$top/ops/images", 'nosuch'))[0], 1, 'what has no recipe is refused');

# One that is cut off while it is built is not there, and in nobody's way.
my @cut = ('env', "NARU_CACHE=$dir/cache", "$top/ops/images");
defined(my $pid = fork) or die "fork: $!";
if (!$pid) {
	POSIX::setsid();
	open STDOUT, '>', '/dev/null';
	exec @cut, 'redis' or POSIX::_exit(1);
}
ok(wait_until(60, sub { -d "$dir/cache/images-build/base/etc" }), 'another store: a build has begun');
kill KILL => -$pid;
waitpid $pid, 0;
like((output(@cut, 'list'))[1], qr/naru-base:12 not built\nlocalhost\/naru-redis:12 not built/, 'cut off, there is no image');
is((output(@cut, 'podman', 'images', '-qa'))[1], '', 'nor a part of one');
is((output('flock', '-n', "$dir/cache/images-build/lock", 'true'))[0], 0, 'and the next build need not wait');
my @mounts = grep { index($_, "$dir/cache") >= 0 } map { (split ' ')[4] } split /\n/, slurp('/proc/self/mountinfo');
system 'umount', $_ for reverse sort @mounts;

# ---- running -------------------------------------------------------------------------------------

($status, $text) = output(@env, "$top/ops/podman", 'up');
is($status, 0, 'a podman') or diag $text;
my $secret = join '', map { sprintf '%02x', int rand 256 } 1 .. 32;
my $app = 'a234567abc.apps.localhost:8443';
sub podman { return output(@env, "$top/ops/podman", 'with', @_) }

# run NAME: starts the image and returns its address.
sub run {
	my ($name, @more) = @_;
	my ($code, $said) = podman('run', '-d', '--name', $name, '--user', '20001:30000', '--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all',
		'--security-opt', 'no-new-privileges', (map { ('--tmpfs', "$_:rw,nosuid,nodev,mode=1777") } '/tmp', '/run'), '--memory', '1g', '--pids-limit', 300,
		'-v', "$home:$home", '-e', "HOME=$home", '-e', "NARU_SECRET=$secret", @more, "localhost/naru-$name:12");
	is($code, 0, "$name starts") or diag $said;
	return (podman('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', $name))[1] =~ s/\s+//r;
}

sub http {
	my ($address, $port, $path, @headers) = @_;
	my ($code, $said) = output('curl', '-s', '-m', 10, '-D', '-', '-H', "Host: $app", '-H', 'X-Forwarded-Proto: https', (map { ('-H', $_) } @headers), "http://$address:$port$path");
	return ($said =~ m{^HTTP/\S+ (\d+)} ? $1 : 0, $said);
}

# The status line that a WebSocket's opening is answered with, and what follows.
sub websocket {
	my ($address, $port, $path, @headers) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 5) or return '';
	print $socket map { "$_\r\n" } "GET $path HTTP/1.1", "Host: $app", 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
		'Sec-WebSocket-Key: ' . encode_base64('x' x 16, ''), @headers, '';
	my $answer = '';
	while (IO::Select->new($socket)->can_read(2)) {
		sysread $socket, $answer, 4096, length $answer or last;
		last if $answer =~ /\r\n\r\n../s;
	}
	my ($line) = $answer =~ m{^HTTP/1.1 (\d+)};
	return ($line // 0, $answer =~ s/^.*?\r\n\r\n//sr);
}

sub lines {
	my ($address, $port, @lines) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 2) or return '';
	print $socket map { "$_\r\n" } @lines;
	my $answer = '';
	while (IO::Select->new($socket)->can_read(0.5)) { sysread $socket, $answer, 4096, length $answer or last }
	return $answer;
}

# What holds for each: nobody sees the secret on a command line, nothing runs as somebody else.
sub looked_at {
	my ($name) = @_;
	is((podman('exec', $name, 'sh', '-c', 'for f in /proc/[0-9]*/cmdline; do case $(tr "\0" " " <$f) in *"$NARU_SECRET"*) echo $f; esac; done'))[1], '', "$name: the secret is in no command line");
	like((podman('exec', $name, 'sh', '-c', 'id -u; awk "/^CapEff/ { print \$2 }" /proc/1/status; touch /etc/x'))[1], qr/^20001\n0{16}\n.*Read-only/s, 'it runs as the user, in files that cannot be changed');
	$start = time;
	is((podman('stop', '-t', 9, $name))[0], 0, 'and stops');
	cmp_ok(time - $start, '<', 5, 'when it is asked to');
}

my $address = run('redis');
ok(wait_until(10, sub { lines($address, 6379, 'PING', 'QUIT') =~ /NOAUTH/ }), 'Redis wants the secret');
like(lines($address, 6379, "AUTH $secret", 'SET a b', 'GET a', 'QUIT'), qr/\+OK\r\n\+OK\r\n\$1\r\nb/, 'and works with it');
like(lines($address, 6379, "AUTH $secret", 'CONFIG GET maxmemory', 'QUIT'), qr/\b805306368\b/, 'it keeps to three quarters of its memory');
looked_at('redis');

$address = run('memcached');
ok(wait_until(10, sub { lines($address, 11211, 'get a', 'quit') =~ /unauthenticated/ }), 'Memcached wants the secret');
like(lines($address, 11211, 'set x 0 0 69', "naru $secret", 'set a 0 0 1', 'b', 'get a', 'quit'), qr/^STORED\r\nSTORED\r\nVALUE a 0 1\r\nb/, 'and works with it');
looked_at('memcached');

$address = run('jupyter');
my @shown = ("Authorization: token $secret");
ok(wait_until(20, sub { (http($address, 8888, '/api/status', @shown))[0] == 200 }), 'Jupyter answers who shows the secret');
is((http($address, 8888, '/api/status'))[0], 403, 'and nobody else');
is((http($address, 8888, '/tree'))[0], 302, 'who is sent to its own sign-in');
my ($page) = (http($address, 8888, '/tree', @shown))[1];
like($page, qr/<body[^>]*data-base-url="\/"/s, 'the list of notebooks opens at once');
my ($xsrf) = $page =~ /^Set-Cookie: _xsrf=([^;]+)/mi;
my %kernel = %{ decode_json((http($address, 8888, '/api/kernelspecs', @shown))[1] =~ s/^.*?\r\n\r\n//sr)->{kernelspecs} };
is(join(' ', sort keys %kernel), 'ir python3', 'for Python and R');
sub start_kernel { return (output('curl', '-s', '-m', 20, '-X', 'POST', '-d', '{"name":"python3"}', '-H', "Host: $app", (map { ('-H', $_) } @shown, @_), "http://$address:8888/api/kernels"))[1] }
like(start_kernel("Origin: https://$app"), qr/_xsrf/, 'a form of somebody else starts no kernel');
my $id = eval { decode_json(start_kernel("Origin: https://$app", "Cookie: _xsrf=$xsrf", "X-XSRFToken: $xsrf"))->{id} };
ok($id, "Jupyter's own page does");
like(start_kernel('Origin: https://other.apps.localhost:8443', "Cookie: _xsrf=$xsrf", "X-XSRFToken: $xsrf"), qr/Not Found/, 'that of another app does not');
is((websocket($address, 8888, "/api/kernels/$id/channels", @shown, "Origin: https://$app"))[0], 101, 'it is spoken to by WebSocket');
is((websocket($address, 8888, "/api/kernels/$id/channels", "Origin: https://$app"))[0], 403, 'not without the secret');
is((websocket($address, 8888, "/api/kernels/$id/channels", @shown, 'Origin: https://other.apps.localhost:8443'))[0], 403, "nor from another app's page");
looked_at('jupyter');

$address = run('code');
@shown = ("Cookie: code-server-session=$secret");
ok(wait_until(20, sub { (http($address, 8080, '/healthz'))[0] == 200 }), 'code-server answers');
like((http($address, 8080, '/'))[1], qr{^location: \./login}mi, 'without the secret it asks for a password');
like((http($address, 8080, '/', @shown))[1], qr{^location: \./\?folder=\Q$home\E}mi, 'with it the home opens');
($status, $page) = http($address, 8080, "/?folder=$home", @shown);
is($status, 200, 'the workbench is there');
my ($commit) = $page =~ /(stable-[0-9a-f]+)/;
my $path = "/$commit?reconnectionToken=1&reconnection=false&skipWebSocketFrames=false";
ok(wait_until(20, sub { (websocket($address, 8080, $path, @shown, "Origin: https://$app"))[0] == 101 }), 'its WebSocket opens');
is((websocket($address, 8080, $path, "Origin: https://$app"))[0], 401, 'not without the secret');
is((websocket($address, 8080, $path, @shown, 'Origin: https://other.apps.localhost:8443'))[0], 403, "nor from another app's page");
is((podman('exec', 'code', 'rg', '--version'))[0], 0, 'it can search');
looked_at('code');

$address = run('desktop');
@shown = ('Authorization: Basic ' . encode_base64("naru:$secret", ''));
ok(wait_until(20, sub { (http($address, 6080, '/', @shown))[0] == 200 }), 'the desktop answers who shows the secret');
is((http($address, 6080, $_))[0], 401, "$_ is for nobody else") for '/', '/vnc.html';
is((http($address, 6080, '/', 'Authorization: Basic ' . encode_base64("naru:${secret}0", '')))[0], 401, 'nor for who has another');
like((http($address, 6080, '/', @shown))[1], qr{url=vnc\.html\?autoconnect=1}, 'its page connects at once');
my $greeting;
ok(wait_until(10, sub { ($status, $greeting) = websocket($address, 6080, '/websockify', @shown, "Origin: https://$app"); $status == 101 && $greeting =~ /RFB 003/ }), 'the X server greets');
is((websocket($address, 6080, '/websockify', "Origin: https://$app"))[0], 401, 'not without the secret');
is((websocket($address, 6080, '/websockify', @shown, 'Origin: https://other.apps.localhost:8443'))[0], 403, "nor from another app's page");
unlike((podman('exec', 'desktop', 'cat', '/proc/net/tcp', '/proc/net/tcp6'))[1], qr/:(1770|170D) .* 0A /, 'no other way leads to it');
looked_at('desktop');

is((output(@env, "$top/ops/podman", 'down', '--purge'))[0], 0, 'the end');
done_testing;
