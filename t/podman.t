# ops/podman: a podman of the site's own. It starts, answers who may ask, runs a
# container of an image that ops/images built, survives being killed, and leaves
# nothing behind.
use strict;
use warnings;
use File::Temp;
use IO::Socket::INET;
use JSON::PP;
use Naru::Test qw(output slurp wait_until);
use Test::More;
use Time::HiRes qw(sleep time);

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my $base = "$dir/site";
mkdir $base;
my $port_base = Naru::Test::free_ports();
my @env = ('env', '-u', 'NARU_SHARED', "NARU_BASE=$base", "NARU_PORT_BASE=$port_base");
my $owner = $$;
END { system @env, "$top/ops/podman", 'down', '--purge' if $owner == $$ && -d "$base/podman" }

sub podman { return output(@env, "$top/ops/podman", @_) }

my ($status, $text) = output("$top/ops/images", 'redis');
is($status, 0, 'the image of Redis is there') or diag $text;
my $start = time;
($status, $text) = podman('up');
is($status, 0, 'ops/podman up') or diag $text;
diag sprintf 'up in %.2f s', time - $start;
my %fact = slurp("$base/podman/facts") =~ /^(\w+)="(.*)"$/mg;
is($fact{socket}, "$base/run/podman/sock", 'the facts name the socket');
like($fact{subnet}, qr{^10\.\d+\.\d+\.0/20$}, 'and the subnet');

# ---- who may ask -----------------------------------------------------------------------------

# call AS-USER METHOD PATH BODY: (status, answer) of podman's API.
sub call {
	my ($user, $method, $path, $body) = @_;
	my ($code, $answer) = output('setpriv', '--reuid', $user, '--regid', ($user eq 'nobody' ? 'nogroup' : $user), '--init-groups',
		'curl', '-s', '-m', 30, '--unix-socket', $fact{socket}, '-X', $method, '-w', '\n%{http_code}', '-H', 'Content-Type: application/json',
		(defined $body ? ('-d', encode_json($body)) : ()), "http://podman/v4.0.0/libpod/$path");
	$answer =~ s/\n(\d+)\z//;
	return ($1 // 0, $answer);
}

is((output('stat', '-c', '%a %U %G', $fact{socket}))[1], "660 root naru-deployer\n", "the socket is the deployer's");
is((call('naru-deployer', GET => '_ping'))[0], 200, 'who is answered');
is((call('nobody', GET => '_ping'))[0], '000', 'and nobody else');
is((call('naru-deployer', GET => 'images/localhost/naru-redis:12/exists'))[0], 204, 'the images of the machine are there');
cmp_ok((output('du', '-sk', "$base/podman/storage"))[1] =~ /^(\d+)/ ? $1 : 1e9, '<', 2000, 'and not copied');

# ---- a container -------------------------------------------------------------------------------

my $secret = join '', map { sprintf '%02x', int rand 256 } 1 .. 32;

sub body {
	my ($name) = @_;
	return {
		name => $name, image => 'localhost/naru-redis:12', user => '20001:30000', read_only_filesystem => JSON::PP::true,
		env => { NARU_SECRET => $secret, HOME => '/tmp' }, cap_drop => ['ALL'], no_new_privileges => JSON::PP::true, netns => { nsmode => 'bridge' },
		mounts => [map { { destination => $_, type => 'tmpfs', options => [ 'mode=1777', 'nosuid', 'nodev', 'size=16777216' ] } } '/tmp', '/run'],
		resource_limits => { memory => { limit => 67108864 }, pids => { limit => 50 }, cpu => { quota => 50000, period => 100000 } },
	};
}

sub address {
	my ($name) = @_;
	my $state = decode_json((call('naru-deployer', GET => "containers/$name/json"))[1]);
	return $state->{NetworkSettings}{Networks}{ $fact{network} }{IPAddress};
}

# What Redis says to these lines.
sub redis {
	my ($address, @lines) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => 6379, Timeout => 2) or return '';
	print $socket map { "$_\r\n" } @lines, 'QUIT';
	local $/;
	return <$socket> // '';
}

$start = time;
is((call('naru-deployer', POST => 'containers/create', body('one')))[0], 201, 'a container is made');
is((call('naru-deployer', POST => 'containers/one/start'))[0], 204, 'and started');
my $address = address('one');
ok(wait_until(10, sub { redis($address, 'PING') =~ /NOAUTH/ }), 'it answers, and wants the secret');
diag sprintf 'create to answering in %.2f s', time - $start;
my ($net) = $fact{subnet} =~ /^(\d+\.\d+\.\d+)\./;
my ($chain) = (output('iptables', '-w', '-t', 'nat', '-S'))[1] =~ /-s \Q$net\E\S+ -j (NETAVARK-\S+)/;
ok($chain, 'netavark has made rules for the network');
like($address, qr/^\Q$net\E\.\d+$/, 'at an address of the site');
like(redis($address, "AUTH $secret", 'PING'), qr/\+OK\r\n\+PONG/, 'and with the secret it works');
my ($pid) = (podman('with', 'inspect', '--format', '{{.State.Pid}}', 'one'))[1] =~ /^(\d+)/;
my %s = slurp("/proc/$pid/status") =~ /^(\w+):\s*(.*)$/mg;
like($s{Uid}, qr/^20001\t20001\t20001\t20001$/, 'it runs as the user');
is("$s{CapEff} $s{CapBnd} $s{NoNewPrivs}", '0000000000000000 0000000000000000 1', 'without capabilities');
like((podman('with', 'exec', 'one', 'sh', '-c', 'touch /etc/x'))[1], qr/Read-only/, 'its files cannot be changed');
is((podman('with', 'exec', 'one', 'sh', '-c', 'for f in /proc/[0-9]*/cmdline; do case $(tr "\0" " " <$f) in *"$NARU_SECRET"*) echo $f; esac; done'))[1],
	'', 'the secret is in no command line');
unlike((podman('with', 'exec', 'one', 'env'))[1], qr/LISTEN_/, "nor does it inherit podman's socket");

# ---- a network of a user's own, which no other network reaches ----------------------------------

my ($first) = $fact{users} =~ m{^(\S+)/21$};
my $own = { name => 'nu1', network_interface => "nu$port_base", driver => 'bridge', subnets => [{ subnet => "$first/27" }], options => { isolate => 'true' } };
is((call('naru-deployer', POST => 'networks/create', $own))[0], 200, "a network of a user's");
is((call('naru-deployer', POST => 'containers/create', { %{ body('own') }, networks => { nu1 => {} } }))[0], 201, 'a container in it');
is((call('naru-deployer', POST => 'containers/own/start'))[0], 204, 'starts');
my $theirs = decode_json((call('naru-deployer', GET => 'containers/own/json'))[1])->{NetworkSettings}{Networks}{nu1}{IPAddress};
ok(wait_until(10, sub { redis($theirs, 'PING') =~ /NOAUTH/ }), 'the machine reaches it');
my $probe = 'exec 3<>/dev/tcp/$0/6379 && echo reached';
like((podman('with', 'exec', 'one', 'timeout', 3, 'bash', '-c', $probe, $address))[1], qr/^reached/, 'an app reaches another one in its network');
unlike((podman('with', 'exec', 'one', 'timeout', 1, 'bash', '-c', $probe, $theirs))[1], qr/reached/, 'and none in that of a user');

# ---- faults, and the end -----------------------------------------------------------------------

my $service = slurp("$base/etc/sv/podman/supervise/pid") + 0;
kill KILL => $service;
ok(wait_until(15, sub { (call('naru-deployer', GET => '_ping'))[0] == 200 && slurp("$base/etc/sv/podman/supervise/pid") != $service }), 'podman is back after kill -9');
like(redis($address, "AUTH $secret", 'PING'), qr/PONG/, 'and the container has not noticed');
$start = time;
($status, $text) = podman('up');
is($status, 0, 'a second up') or diag $text;
cmp_ok(time - $start, '<', 5, 'is quick');

is((call('naru-deployer', POST => 'containers/create', body('two')))[0], 201, 'another container');
is((call('naru-deployer', POST => 'containers/two/start'))[0], 204, 'runs');
my ($keeper) = grep { (eval { slurp("/proc/$_/cmdline") } // '') =~ /\0two\0/ } map { m{(\d+)$} } glob '/proc/[0-9]*';
ok($keeper, 'its keeper is found');
kill KILL => $keeper;
($status, $text) = podman('down');
is($status, 0, 'ops/podman down') or diag $text;

sub left_behind {
	my @left = map { "process $_ " . (eval { slurp("/proc/$_/cmdline") =~ tr/\0/ /r } // '') }
		grep { $_ != $$ && index((eval { slurp("/proc/$_/cmdline") } // '') . (eval { slurp("/proc/$_/environ") } // ''), "$base/") >= 0 } map { m{(\d+)$} } glob '/proc/[0-9]*';
	push @left, map { "mount $_" } grep { index($_, $base) >= 0 } split /\n/, slurp('/proc/self/mountinfo');
	push @left, map { "interface $_" } grep { -e "/sys/class/net/$_" } $fact{network}, "nu$port_base";
	push @left, grep { index($_, "$net.") >= 0 || index($_, $chain) >= 0 || /nu$port_base|\Q$first\E/ } map { split /\n/, (output('iptables', '-w', '-t', $_, '-S'))[1] } 'filter', 'nat';
	return @left;
}
is(join("\n", left_behind()), '', 'no process, no mount, no interface and no rule is left');
ok(!kill(0, $pid), 'the app has ended');
ok(!-e $fact{socket}, 'the socket is gone');
is((podman('down'))[0], 0, 'a second down is no error');

# After the machine was started again, what podman noted of before is not believed.
is((podman('up'))[0], 0, 'up again');
is((call('naru-deployer', POST => 'containers/create', body('three')))[0], 201, 'a container');
is((podman('down'))[0], 0, 'down');
Naru::Test::spew("$base/podman/boot", "of another day\n");
is((podman('up'))[0], 0, 'up after a restart of the machine');
is((call('naru-deployer', POST => 'containers/create', body('one')))[0], 201, 'the names of before are free');
is((call('naru-deployer', POST => 'containers/one/start'))[0], 204, 'and a container starts');
is((podman('down', '--purge'))[0], 0, 'down --purge');
ok(!-e "$base/podman", 'takes the storage along');
is(join("\n", left_behind()), '', 'and nothing is left');
done_testing;
