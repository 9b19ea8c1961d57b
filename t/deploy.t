# The deployer against real podman: an app is recorded, brought about, found again after kills, ended, removed. Asked as a module asks it, with
# proofs that the site's key signs.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Naru::Test qw(output slurp spew wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

# What is shipped runs on the engine that is there; "far" is another cluster, one that does not answer. "never" does not either.
my $catalogue = File::Temp::tempdir('naru-deploy-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $catalogue;
spew("$catalogue/" . s{.*/}{}r, slurp($_) . "engines = local\n") for glob "$Naru::Test::top/fcgi-apps/apps/catalogue/*.app";
my $entry = "[app]\ntitle = T\nimage = localhost/naru-redis:12\nport = 6379\nkind = service\nsecret = env NARU_SECRET\ntmpfs = /tmp /run\nhours = 1 1 8\nidle = none\n"
	. "memory = 64 64 1024\n";
spew("$catalogue/never.app", $entry . "cpu = 0.1 0.1 1\nengines = local\ncommand = sleep 3600\n");
spew("$catalogue/train.app", $entry . "cpu = 0.1 1 8\ngpus = 0 0 4\nplaces = home\n");
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, conf => <<"C");
[apps]
catalogue = $catalogue
start-minutes = 1
quota-apps = 3
quota-cpu = 4
quota-memory = 1024

[engine far]
driver = kubernetes
server = https://127.0.0.1:1
ca = /nonexistent/ca.pem
token-file = /nonexistent/token
networks = 10.9.0.0/16
quota-cpu = 8
quota-gpus = 1
C
my $base = $site->base;
my $build = $ENV{BUILD} // "$Naru::Test::top/build";
my %person = (alice => [ 20001, 30000, '30000,30001', 'user' ], bob => [ 20002, 30000, '30000', 'user' ], carol => [ 20003, 30000, '30000', 'admin' ],
	dave => [ 20004, 30000, '30000', 'expired' ], dora => [ 20005, 30000, '30000', 'user' ], evil => [ 0, 0, '0', 'user' ]);

# (status, text) of an ask.
sub ask {
	my ($who, @words) = @_;
	my ($status, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$build/t/deploy", $who, @{ $person{$who} }, @words);
	chomp $text;
	return ($status, $text);
}
my $number = 0;
sub create {
	my ($who, %o) = @_;
	return ask($who, 'create', $o{offer} // 'redis', $o{name} // 'R', $o{cpu} // 100, $o{memory} // 128, $o{minutes} // 60, $o{key} // 'key' . ++$number, $o{image} // '',
		$o{engine} // '', $o{gpus} // 0, @{ $o{places} // [] });
}
sub records { my ($table) = @_; my (undef, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'apps');
	return grep { $_->{table} eq $table } map { decode_json($_) } grep { /^\{/ } split /\n/, $text }
sub app { my ($id) = @_; my ($r) = grep { $_->{value}{id} eq $id } records('A'); return $r ? $r->{value} : undef }
sub state_is { my ($id, $state, $seconds) = @_; return wait_until($seconds // 15, sub { my $a = app($id); $a && $a->{state} eq $state }) }
sub podman { my (undef, $text) = output($site->_env, "$Naru::Test::top/ops/podman", 'with', @_); return $text }
sub secret_of { my ($secret) = map { s/^NARU_SECRET=//r } grep { /^NARU_SECRET=/ } @{ decode_json(podman('inspect', "naru-$_[0]"))->[0]{Config}{Env} }; return $secret }
sub containers { return sort grep { /\S/ } split /\n/, podman('ps', '-a', '--format', '{{.Names}}') }

# ---- from the ask to an answer ---------------------------------------------------------------------------------
my $start = time;
my ($status, $id) = create('alice', name => '"; rm -rf / $(id) {}', key => 'first');
is($status, 0, 'an app is created') or BAIL_OUT($id);
like($id, qr/^[a-z][a-z2-7]{9}$/, 'its id is a host name that nobody guesses');
ok(state_is($id, 'running'), 'and it answers') or diag explain(app($id)), $site->log_tail('deployer');
my $took = time - $start;
cmp_ok($took, '<', 20, sprintf 'within seconds (%.2f)', $took);
my $app = app($id);
is($app->{name}, '"; rm -rf / $(id) {}', 'its name is what was typed');
is_deeply([ containers() ], [ "naru-$id" ], 'one container, named after it');
my ($inspect) = @{ decode_json(podman('inspect', "naru-$id")) };
is($inspect->{Config}{User}, '20001:30000', 'it runs as the user');
ok(!$inspect->{HostConfig}{Privileged}, 'not privileged');
is($inspect->{HostConfig}{Memory}, 128 << 20, 'with its memory');
is_deeply($inspect->{EffectiveCaps} // [], [], 'without capabilities');
unlike($inspect->{HostConfig}{$_} // '', qr/host/, "no host's $_") for qw(NetworkMode PidMode IpcMode UTSMode UsernsMode);

# A Redis answers its own password only.
my ($host, $port) = $app->{address} =~ /^(.*):(\d+)$/;
sub redis { my ($line) = @_; my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 3) or return ''; print $s "$line\r\nPING\r\n"; my $out = ''; $s->timeout(2); for (1 .. 2) { my $l = <$s> // last; $out .= $l } return $out }
like(redis('AUTH wrong'), qr/WRONGPASS.*NOAUTH/s, 'a wrong password is refused by the app itself');
my ($env) = grep { /^NARU_SECRET=/ } @{ $inspect->{Config}{Env} };
like(redis('AUTH ' . ($env =~ s/^NARU_SECRET=//r)), qr/^\+OK\r\n\+PONG/, 'the right one is taken');
unlike(join(' ', map { encode_json($_) } records('A')), qr/\Q@{[ $env =~ s{^NARU_SECRET=}{}r ]}\E/, 'the secret is in no record');

# ---- what is refused -----------------------------------------------------------------------------------------------
is_deeply([ create('alice', key => 'first') ], [ 0, $id ], 'the same key again is the same app');
for ([ 'offer', offer => 'nothing' ], [ 'cpu', cpu => 999999 ], [ 'memory', memory => 1 ], [ 'hours', minutes => 1e6 ], [ 'name', name => "a\nb" ],
	[ 'image', offer => 'own-image', image => 'evil.example/x:1', cpu => 100 ], [ 'image', offer => 'own-image', image => '--privileged' ], [ 'cpu', cpu => 4000 ]) {
	my ($field, %o) = @$_;
	my ($code, $text) = create('alice', %o);
	ok($code != 0 && $text =~ /^9 $field /, "refused, and the field is named: $field") or diag $text;
}
my $desk = $site->service_pid('deployer');
like((ask('alice', $_, 'x' x 600))[1], qr/^4 /, "an id that is none: $_") for qw(stop start delete keep log);
like((ask('alice', 'extend', 'x' x 600, 60))[1], qr/^4 /m, 'an id that is none: extend');
is($site->service_pid('deployer'), $desk, 'and the deployer goes on');
is((ask('bob', $_, $id))[0], 1, "somebody else's app: $_") for qw(stop start delete keep log);
like((ask('bob', 'stop', $id))[1], qr/^4 /, 'is not found');
isnt((create('dave'))[0], 0, 'an ended contract runs no apps');
isnt((create('evil'))[0], 0, 'root runs no apps');
is(app($id)->{state}, 'running', 'nothing of it has changed the app');

# ---- fifty at the last free place ------------------------------------------------------------------------------------
my ($second) = (create('alice'))[1];
ok(state_is($second, 'running'), 'a second app');
my @children = map { my $n = $_; my $pid = fork // die; $pid or POSIX::_exit((create('alice', key => "race$n"))[0]); $pid } 1 .. 50;
my @made = grep { waitpid $_, 0; $? == 0 } @children;
is(scalar @made, 1, 'fifty creates at the last free place: one is made');
is(scalar(grep { $_->{value}{user} eq 'alice' } records('A')), 3, 'and three are recorded');
like((create('alice'))[1], qr/^9 - You may have 3 apps/, 'the next is told why');

# ---- stop, start, log, extend, share ------------------------------------------------------------------------------------
my $old = secret_of($second);
is((ask('alice', 'stop', $second))[0], 0, 'stop');
ok(state_is($second, 'stopped'), 'it stops');
ok(!(grep { $_ eq "naru-$second" } containers()), 'and its container is gone');
is((ask('alice', 'start', $second))[0], 0, 'start');
ok(state_is($second, 'running'), 'it runs again') or diag explain(app($second));
is(app($second)->{generation}, 2, 'as a second generation');
isnt(secret_of($second), $old, 'with another secret');
like((ask('alice', 'log', $second))[1], qr/Ready to accept connections/, 'its log is fetched');
my $ends = app($second)->{ends};
cmp_ok((ask('alice', 'extend', $second, 60))[1], '==', $ends + 3600, 'an hour longer');
like((ask('alice', 'extend', $second, 60 * 24 * 300))[1], qr/^\d+$/, 'longer than allowed is as long as allowed');
like((ask("alice", "extend", $second, 60))[1], qr/^9 minutes .*168 hours/m, 'and then no more');
is((ask('alice', 'share', $second, 'bob', time + 86400 | 0))[0], 0, 'shared');
isnt((ask('alice', 'share', $second, '../x', time + 86400 | 0))[0], 0, 'not with what is no name');
like((ask('alice', 'share', $second, 'zed', time + 86400 | 0))[1], qr/^9 with .*user name zed/m, 'nor with somebody whom account does not know');
like(slurp($site->base . '/state/deployer/people'), qr/\n\Q$_\E\n/, "who knows $_") for qw(alice bob carol dave);
is(scalar(records('S')), 1, 'the share is recorded');
is((ask('alice', 'unshare', $second, 'bob'))[0], 0, 'no longer');
is(scalar(records('S')) + scalar(records('H')), 0, 'and nothing is left of it');

# ---- kills -------------------------------------------------------------------------------------------------------------------
is((ask('alice', 'delete', $second))[0], 0, 'delete');
ok(wait_until(15, sub { !app($second) && !grep { $_ eq "naru-$second" } containers() }), 'no record, no container');
for my $round (1 .. 5) {
	my $pid = $site->service_pid('deployer');
	my ($code, $new) = create('bob', key => "kill$round");
	select undef, undef, undef, 0.03 * ($round - 1);
	kill 9, $pid;
	is($code, 0, "round $round: created, then the deployer was killed");
	ok(state_is($new, 'running', 20), 'the next one brings it about') or diag explain(app($new)), $site->log_tail('deployer');
	is((ask('bob', 'delete', $new))[0], 0, 'deleted');
	ok(wait_until(20, sub { !app($new) }), 'and gone');
}
ok(wait_until(20, sub { my @r = map { "naru-$_->{value}{id}" } records('A'); "@{[ sort @r ]}" eq "@{[ containers() ]}" }), 'no orphan and no lost app') or diag explain([ containers() ]);

# ---- what no record wants ------------------------------------------------------------------------------------------------------
my %labels = %{ decode_json(podman('inspect', "naru-$id"))->[0]{Config}{Labels} };
sub plant {
	my ($name, %other) = @_;
	my %l = (%labels, 'naru.app' => $name, %other);
	return podman('run', '-d', '--name', "naru-$name", '--network', 'none', '--entrypoint', 'sleep', (map { ('--label', "$_=$l{$_}") } sort keys %l), 'localhost/naru-redis:12', '600');
}
plant('otherapp23', 'naru.site' => 'another');
plant('orphanapp2');
my $planted = join ' ', containers();
like($planted, qr/naru-otherapp23/, 'a container of another site on the engine') or diag $planted;
ok($planted =~ /naru-orphanapp2/ || $site->log_text('deployer') =~ /removing orphanapp2/, 'and one of this site that no record knows');
ok(wait_until(30, sub { !grep { $_ eq 'naru-orphanapp2' } containers() }), 'that one is removed') or diag $site->log_tail('deployer');
like($site->log_text('deployer'), qr/removing orphanapp2 of alice: no record wants it/, 'by the deployer, which says so');
my @left = containers();
ok((grep { $_ eq 'naru-otherapp23' } @left) && (grep { $_ eq "naru-$id" } @left), 'the others stay') or diag "@left";
podman('rm', '-f', 'naru-otherapp23');

# ---- where ------------------------------------------------------------------------------------------------------------------------
for ([ 'places', 'The place scratch cannot be used by this app\.', places => ['scratch'] ], [ 'places', 'The place', places => ['../home'] ],
	[ 'places', 'The place home cannot', offer => 'redis', places => ['home'] ],
	[ 'engine', 'This app cannot run on that cluster', offer => 'redis', engine => 'far' ], [ 'engine', 'This app cannot run on that cluster', engine => 'nowhere' ],
	[ 'gpus', 'This cluster has no GPUs', engine => 'local', gpus => 1 ],
	[ 'gpus', 'Your quota has 1 GPU left; you asked for 2\.', engine => 'far', gpus => 2 ], [ 'gpus', 'Your quota has 1 GPU left; you asked for 2\.', gpus => 2 ],
	[ 'cpu', 'Your quota has 4 cores left; you asked for 5\.', engine => 'local', cpu => 5000 ]) {
	my ($field, $says, %o) = @$_;
	like((create('bob', offer => 'train', %o))[1], qr/^9 $field $says/, "refused: $says");
}
for ([ 'local', 'where there is room: not where nobody answers' ], [ 'far', 'unless the quota of the other is too small', cpu => 5000 ], [ 'far', 'or the user says so', engine => 'far' ],
	[ 'far', 'or only that one has GPUs', gpus => 1 ]) {
	my ($engine, $what, %o) = @$_;
	my ($code, $new) = create('bob', offer => 'train', %o);
	is($code == 0 && app($new)->{engine}, $engine, $what) or diag $new;
	is((ask('bob', 'delete', $new))[0], 0, 'deleted');
}
my ($near) = grep { $_->{value}{engine} eq 'local' && $_->{value}{user} eq 'bob' } records('A');
ok(!$near || wait_until(20, sub { !app($near->{value}{id}) }), 'and gone, where the engine answers');

# ---- what failed gives its place back ---------------------------------------------------------------------------------------------
my ($none) = (create('dora', offer => 'own-image', image => 'localhost/none:1', memory => 1024))[1];
ok(state_is($none, 'failed'), 'an app without its image fails') or diag explain(app($none));
my ($never) = (create('dora', offer => 'never', memory => 1024))[1];
ok(app($never), 'all of the quota can be had again') or diag $never;
like((create('dora'))[1], qr/^9 memory Your quota has 0 MiB of memory left; you asked for 128\./, 'and is then used up');

# ---- volumes keep their size on podman ------------------------------------------------------------------------------------------------
sub volume { my ($v) = grep { $_->{value}{name} eq 'work' } records('V'); return $v ? $v->{value} : {} }
is((ask('bob', 'volume', 'local', 'work', 1024))[0], 0, 'a volume');
ok(wait_until(20, sub { (volume()->{state} // '') eq 'ready' }), 'is made') or diag explain(volume());
like((ask('bob', 'volume', 'local', 'work', $_))[1], qr/^9 size Volumes of this cluster cannot change their size\./, "and cannot have $_ MiB") for 2048, 512;
is(volume()->{size_mb}, 1024, 'it is as large as before');
is(volume()->{state}, 'ready', 'and ready');

# ---- behind its back -------------------------------------------------------------------------------------------------------------
podman("kill", "naru-$id");
ok(state_is($id, 'failed', 30), 'an app that dies is noted') or diag explain(app($id));
like(app($id)->{message}, qr/ended|killed/, "with the reason");
is(app($id)->{address}, undef, 'and has no address any more');
is((ask('alice', 'start', $id))[0], 0, 'it can be started again');
ok(state_is($id, 'running'), 'and runs');
podman('rm', '-f', "naru-$id");
ok(state_is($id, 'failed', 30), 'one that is removed there is noted too');

# ---- the engine away ----------------------------------------------------------------------------------------------------------------------
$site->sv('down', 'podman');
my ($late) = (create('carol'))[1];
ok(wait_until(10, sub { app($late)->{message} && app($late)->{message} =~ /does not answer/ }), 'while the engine is away the app says so') or diag explain(app($late));
$site->sv('up', 'podman');
ok(state_is($late, 'running', 60), 'and is brought about when it is back') or diag explain(app($late)), $site->log_tail('deployer');

# ---- a start that takes too long ---------------------------------------------------------------------------------------------------------
ok(state_is($never, 'failed', 90), 'an app that never answers is given up') or diag explain(app($never)), $site->log_tail('deployer');
like(app($never)->{message}, qr/did not answer in time/, 'with the reason');
cmp_ok(app($never)->{ended} - app($never)->{asked}, '>=', 60, 'after the minute that it has');
ok(wait_until(20, sub { !grep { $_ eq "naru-$never" } containers() }), 'and taken off the engine');
is((create('dora', memory => 1024))[0], 0, 'its place is free again');

$site->finish;
done_testing;
