# What the deployer holds to beside the usual course, on real podman: volumes whose process was killed, an image of somebody's own and its digest,
# apps that hang while they start, and apps of people whose account is closed.
use strict;
use warnings;
use JSON::PP;
use Naru::Test qw(output slurp spew wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $top = $Naru::Test::top;
my $catalogue = File::Temp::tempdir('naru-rules-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $catalogue;
# Beside what is shipped: an app that sends a byte a second as long as it lives, and so never answers.
output('sh', '-c', 'cp "$1"/fcgi-apps/apps/catalogue/*.app "$2"', 'sh', $top, $catalogue);
spew("$catalogue/slow.app", <<'A');
[app]
title = Slow
title.ko = 느림
help = Sends a byte a second.
help.ko = 1초에 1바이트를 보냅니다.
icon = image
image = localhost/naru-jupyter:12
command = python3 slow.py
port = 8080
ready = /
secret = env NARU_SECRET
gate = header Authorization: Bearer %s
places = home
tmpfs = /tmp
cpu = 0.1 0.1 1
memory = 64 64 512
gpus = 0 0 0
hours = 1 1 8
idle = none
A
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, conf => "[apps]\ncatalogue = $catalogue\nquota-apps = 20\nquota-cpu = 16\n");
my $base = $site->base;
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob);

sub get { my ($who, $path) = @_; return ($site->api($mech{$who}, GET => $path))[1] // {} }
sub post { my ($who, $path, $fields) = @_; return $site->api($mech{$who}, POST => $path, $fields) }
sub made { my ($response) = @_; return ($response->header('Location') // '') =~ m{/apps/([a-z][a-z2-7]{9})$} ? $1 : '' }
sub records { my (undef, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'apps');
	return map { $_->{value} } grep { $_->{table} eq $_[0] } map { decode_json($_) } grep { /^\{/ } split /\n/, $text }
sub app { my ($id) = @_; my ($a) = grep { $_->{id} eq $id } records('A'); return $a // {} }
sub state_is { my ($id, $state, $seconds) = @_; return wait_until($seconds // 30, sub { (app($id)->{state} // '') eq $state }) }
sub events { my ($who, $id) = @_; return join "\n", map { $_->{what} } @{ get($who, "/apps/$id")->{events} // [] } }
sub podman { my (undef, $text) = output($site->_env, "$top/ops/podman", 'with', @_); return $text }
sub redis { my ($who, $name) = @_; return made((post($who, '/apps?offer=redis', { name => $name, cpu => 0.1, memory => 64, hours => 1 }))[2]) }

# ---- volumes -------------------------------------------------------------------------------------------------------------
my ($engine) = slurp("$base/etc/naru.conf") =~ /^\[engine (\S+)\]/m;
sub volume { my ($name) = @_; my ($v) = grep { $_->{name} eq $name } records('V'); return $v ? $v->{state} : 'none' }
sub volumes_there { return join ' ', sort map { /^(naru-(?:work|gone|twice)-)/ ? $1 : () } split /\n/, podman('volume', 'ls', '-q') }
# The process that works on a volume; podman stands still meanwhile.
sub working { my ($name) = @_; return map { /^\s*(\d+) naru-deployer volume \S+ \S+ \Q$name\E$/ ? $1 : () } split /\n/, (output('ps', '-eo', 'pid,args'))[1] }
sub halfway {
	my ($name, $kill, $ask) = @_;
	my $podman = $site->service_pid('podman');
	kill STOP => $podman;
	$ask->();
	my ($pid) = wait_until(10, sub { (working($name))[0] });
	ok($pid, "$name: a process works on it");
	kill KILL => $kill eq 'process' ? $pid : $site->service_pid('deployer');
	wait_until(10, sub { !kill 0, $pid });
	isnt(volume($name), 'ready', "$name: the $kill was killed halfway");
	kill CONT => $podman;
}
sub make { my ($name) = @_; return sub { my ($status, undef, $r) = post('alice', '/apps/volumes', { name => $name, engine => $engine, size => 1 }); is($status, 303, "$name is asked for") or diag $r->content } }
halfway('work', 'process', make('work'));
ok(wait_until(30, sub { volume('work') eq 'ready' }), 'it is made all the same') or diag volume('work'), $site->log_tail('deployer');
halfway('gone', 'deployer', make('gone'));
ok(wait_until(30, sub { volume('gone') eq 'ready' }), 'the next deployer makes it') or diag volume('gone'), $site->log_tail('deployer');
is(volumes_there(), 'naru-gone- naru-work-', 'both are on the engine');
halfway('gone', 'process', sub { is((post('alice', "/apps/volumes/$engine/gone/delete"))[0], 303, 'gone is to be deleted') });
ok(wait_until(30, sub { volume('gone') eq 'none' }), 'and it is') or diag volume('gone'), $site->log_tail('deployer');
is(volumes_there(), 'naru-work-', 'on the engine too');
# What is asked for while a process works is not lost with what that process writes at its end.
my $podman = $site->service_pid('podman');
kill STOP => $podman;
make('twice')->();
ok(wait_until(10, sub { working('twice') }), 'while it is being made');
is((post('alice', '/apps/volumes', { name => 'twice', engine => $engine, size => 2 }))[0] =~ /^(?:409|422)$/, 1, 'it is not made twice');
is((post('alice', "/apps/volumes/$engine/twice/delete"))[0], 303, 'but may be deleted');
kill CONT => $podman;
ok(wait_until(30, sub { volume('twice') eq 'none' && volumes_there() eq 'naru-work-' }), 'then it is gone') or diag volume('twice'), volumes_there();

# ---- an image of one's own ---------------------------------------------------------------------------------------------------
my $image = 'localhost/naru-memcached:12';
my $digest = podman('image', 'inspect', '--format', '{{.Digest}}', $image) =~ s/\s//gr;
like($digest, qr/^sha256:[0-9a-f]{64}$/, 'podman knows its digest');
sub page { my ($who, $path) = @_; $mech{$who}->get($site->url($path)); return $mech{$who}->content =~ s/.*<main/<main/sr }
like(page('alice', '/apps/new?offer=own-image'), qr/listen on port 8080.*check the secret in its variable NARU_SECRET itself.*Authorization: Bearer \$NARU_SECRET/s,
	'the form says what the image has to do');
$site->speak($mech{alice}, 'ko');
my $korean = page('alice', '/apps/new?offer=own-image');
like($korean, qr/8080.*NARU_SECRET.*Authorization: Bearer/s, 'in Korean too');
unlike($korean, qr/listen|secret in/, 'and in nothing but Korean');
$site->speak($mech{alice}, 'en');
my %own = (name => 'Own', image => $image, cpu => 0.1, memory => 64, hours => 1);
my ($status, $review) = post('alice', '/apps?offer=own-image', \%own);
is($status, 422, 'it is looked at once more');
is_deeply([ map { $_->{value} } grep { $_->{what} eq 'Digest' } @{ $review->{facts} } ], [ $digest ], 'and the review shows the digest');
(undef, $review) = post('alice', '/apps?offer=own-image', { %own, image => 'localhost/not-there:1' });
like(join('', map { $_->{value} } grep { $_->{what} eq 'Digest' } @{ $review->{facts} }), qr/^Not known before/, 'of one that is not there it says so');
$podman = $site->service_pid('podman');
kill STOP => $podman;
my $start = time;
($status, $review) = post('alice', '/apps?offer=own-image', \%own);
kill CONT => $podman;
is($status, 422, 'an engine that hangs keeps nobody from the review') or diag explain($review);
like(join('', map { $_->{value} } grep { $_->{what} eq 'Digest' } @{ $review->{facts} }), qr/could not be asked/, 'which says that it could not be asked');
cmp_ok(time - $start, '<', 8, 'after a moment');
my $own = made((post('alice', '/apps?offer=own-image', { %own, confirmed => 'yes' }))[2]);
ok($own, 'it is created');
ok(wait_until(30, sub { (get('alice', "/apps/$own")->{digest} // '') eq $digest }), "the app's page shows the digest") or diag explain(get('alice', "/apps/$own")), $site->log_tail('deployer');

# ---- apps that hang while they start --------------------------------------------------------------------------------------------
# In its home.
spew("$base/home/bob/slow.py", <<'P');
import socket, threading, time
listener = socket.create_server(("0.0.0.0", 8080))
def answer(to):
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9999:
        to.send(bytes([byte]))
        time.sleep(1)
while True:
    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
P
my @slow = map { made((post('bob', '/apps?offer=slow', { name => "S$_", cpu => 0.1, memory => 64, hours => 1 }))[2]) } 1 .. 3;
is(scalar(grep { $_ } @slow), 3, 'bob starts three that never answer');
ok(state_is($_, 'starting'), 'one begins') or diag explain(app($_)), $site->log_tail('deployer') for @slow;
$start = time;
my $mine = redis('alice', 'Hers');
ok(state_is($mine, 'running'), 'those of others start');
cmp_ok(time - $start, '<', 15, sprintf 'at once (%.1f s)', time - $start);
my $his = redis('bob', 'His');
ok(state_is($his, 'running'), 'and another one of his');
is(join(' ', map { app($_)->{state} } @slow), 'starting starting starting', 'while they hang');
is((post('bob', "/apps/$slow[0]/stop"))[0], 303, 'he stops one');
ok(state_is($slow[0], 'stopped'), 'which does not wait for the others');

# ---- closed accounts ---------------------------------------------------------------------------------------------------------------
sub account { my ($code, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-account", @_); is($code, 0, "naru-account $_[0]") or diag $text }
account('--block', 'alice');
$start = time;
ok(state_is($mine, 'stopped', 60), 'what a blocked user runs is stopped') or diag explain(app($mine)), $site->log_tail('account'), $site->log_tail('deployer');
cmp_ok(time - $start, '<', 60, sprintf 'within a minute (%.1f s)', time - $start);
ok(wait_until(60, sub { my %a = (state => '', %{ app($own) }); $a{state} eq 'stopped' || $a{state} eq 'failed' }), 'also what was just starting') or diag explain(app($own));
like(join("\n", map { $_->{message} } records('E')), qr/was blocked, or its contract is over/, 'the record says why');
is(app($his)->{state}, 'running', 'others run on');
unlike(podman('ps', '-a', '--format', '{{.Names}}'), qr/naru-$mine/, 'nothing of it is on the engine');
is((get('alice', '/apps')->{mine}), undef, 'her session is over');
ok(!$site->sign_in($site->mech, 'alice'), 'and she does not come in');
account('--unblock', 'alice');
$mech{alice} = $site->signed_in('alice');
like(events('alice', $mine), qr/The account that it belongs to was blocked.*files are all there/, 'unblocked, she reads what happened');
is((post('alice', "/apps/$mine/start"))[0], 303, 'and starts it again');
ok(state_is($mine, 'running'), 'it runs');
sleep 6;
is(app($mine)->{state}, 'running', 'and goes on');
account('--add-user', 'bob::20002:30000:30000:user:-180:-1:Bob Lee:bob@example.org');
ok(state_is($his, 'stopped', 60), 'the end of a contract is such an end too') or diag explain(app($his));
is(app($mine)->{state}, 'running', 'of his apps alone');
my ($code) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-account", '--block', 'nobody-here');
is($code, 1, 'nobody is blocked whom there is not');

$site->finish;
done_testing;
