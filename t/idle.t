# Idle apps are asked themselves, whatever they answer: one that is slow on purpose holds up no other. The apps are records that a test program
# writes; what stands at their address is a server of this file.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Naru::Test qw(output wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use constant { SLOW => 20, HOUR => 3600 };

my $build = $ENV{BUILD} // "$Naru::Test::top/build";

# ---- what stands at the apps' address ------------------------------------------------------------------------------------
my $hour_ago = POSIX::strftime('%Y-%m-%dT%H:%M:%S.000000Z', gmtime time - HOUR);
my %says = (
	quick => { '/api/kernels' => qq([{"last_activity":"$hour_ago","execution_state":"idle"}]), '/api/status' => qq({"last_activity":"$hour_ago"}) },
	busy => { '/api/kernels' => qq([{"last_activity":"$hour_ago","execution_state":"busy"}]), '/api/status' => qq({"last_activity":"$hour_ago"}) },
	wrong => { '/api/kernels' => '[[[[[[', '/api/status' => 'null' },
	exporter => { '/metrics' => <<'M' },
# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",device="nvidia0",container="app",namespace="naru-bob",pod="naru-zgpubusyga"} 0
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-b",device="nvidia1",container="app",namespace="naru-bob",pod="naru-zgpubusyga"} 87
DCGM_FI_DEV_GPU_UTIL{gpu="2",UUID="GPU-c",modelName="a \" } \\\\",container="app",namespace="naru-bob",pod="naru-zgpucalmgb"} 0 1764444444000
DCGM_FI_DEV_GPU_UTIL{gpu="3",container="",namespace="",pod=""} 99
DCGM_FI_DEV_GPU_UTIL{gpu="4",pod="naru-zgpucalmgb"} NaN
DCGM_FI_DEV_GPU_UTIL{gpu="4",pod="naru-zgpucalmgb"} 1e300
DCGM_FI_DEV_GPU_UTIL{gpu="4",pod="naru-zgpucalmgb
DCGM_FI_DEV_MEM_COPY_UTIL{gpu="2",pod="naru-zgpucalmgb"} 90
M
);
my %port;
my @servers;
# A server at a port of its own, a process a connection. `slow` sends a byte a second, beginning with a good head.
sub stand {
	my ($name) = @_;
	my $listen = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
	$port{$name} = $listen->sockport;
	defined(my $pid = fork) or die;
	return push @servers, $pid if $pid;
	$SIG{CHLD} = 'IGNORE';
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	while (1) {
		my $s = $listen->accept or next;
		next if fork;
		my $head = '';
		while ($head !~ /\r\n\r\n$/) { sysread($s, $head, 1, length $head) or POSIX::_exit(0) }
		my ($path) = $head =~ m{^GET (\S+)};
		my $body = $says{$name}{$path // ''} // '[]';
		if ($name eq 'slow') {
			for my $byte (split //, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" . '[' x 100000) { syswrite($s, $byte) or last; sleep 1 }
		} else {
			print $s "HTTP/1.1 200 OK\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
		}
		$s->shutdown(2);
		POSIX::_exit(0);
	}
}
my $owner = $$;
END { if ($owner && $$ == $owner) { my $status = $?; kill TERM => @servers; waitpid $_, 0 for @servers; $? = $status } }
stand($_) for qw(slow quick busy wrong exporter);
my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[engine fake]\ntitle = Fake\ndriver = podman\nsocket = /nowhere/podman.sock\nnetworks = 127.0.0.0/8\n" .
	"gpu-metrics = http://127.0.0.1:$port{exporter}/metrics\n");
my $base = $site->base;

# ---- records --------------------------------------------------------------------------------------------------------------
ok(wait_until(15, sub { -s "$base/state/db/apps/data.mdb" }), 'the deployer has made its records');
ok($site->sv('down', 'deployer'), 'it is down, its records are this test\'s');
sub record { my ($status, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$build/t/apprecord", @_); is($status, 0, "@_[0 .. 2]") or diag $text }
# Records are looked through in the order of users and ids: those of alice come first.
sub app {
	my ($id, $user, $name, $offer) = @_;
	record('app', $id, $user, $offer // 'jupyter', 'fake', 'running', "127.0.0.1:$port{$name}", 1);
	record('set', $id, $user, 'used_at', int time);
}
app(sprintf('aslowslo%s%s', chr(97 + $_ / 20), chr(97 + $_ % 20)), 'alice', 'slow') for 0 .. SLOW - 1;
app('zquickquic', 'bob', 'quick');
app('zbusybusyb', 'bob', 'busy');
app('zwrongwron', 'bob', 'wrong');
# Of what says nothing of itself the CPU tells.
for ([ 'zcalmcalmc', 5 ], [ 'zworkworkw', 500 ]) {
	app($_->[0], 'bob', 'quick', 'code');
	record('set', $_->[0], 'bob', 'used_cpu_milli', $_->[1]);
	record('set', $_->[0], 'bob', 'active_at', int time - 30 * HOUR);
}
# Of what has GPUs the site's exporter: computes on one of two, does not, is not known there.
for my $id (qw(zgpubusyga zgpucalmgb zgpulostgc)) {
	app($id, 'bob', 'quick', 'code');
	record('set', $id, 'bob', @$_) for [ gpus => 1 ], [ used_cpu_milli => 5 ], [ active_at => int time - 30 * HOUR ];
}
sub apps { my (undef, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'apps');
	return map { $_->{value}{id} => $_->{value} } grep { $_->{table} eq 'A' } map { decode_json($_) } grep { /^\{/ } split /\n/, $text }
sub asked { my ($id) = @_; return { apps() }->{$id}{active_at} // 0 }

# ---- a round -----------------------------------------------------------------------------------------------------------------
ok($site->sv('up', 'deployer'), 'the deployer looks');
my $start = time;
ok(wait_until(40, sub { asked('zquickquic') }), 'the last app was asked');
my $took = time - $start;
cmp_ok($took, '<', 15, sprintf 'although %d that send a byte a second come before it (%.1f s)', SLOW, $took);
ok(wait_until(40, sub { my %a = apps(); $a{zcalmcalmc}{idle_ends} && $a{zgpucalmgb}{idle_ends} && !grep { !$_->{active_at} } values %a }), 'all were asked') or diag $site->log_tail('deployer');
my $all = time - $start;
cmp_ok($all, '<', 25, sprintf 'soon (%.1f s)', $all);
my %app = apps();
cmp_ok(abs($app{zquickquic}{active_at} - (time - HOUR)), '<', 60, 'what a notebook says of itself counts');
cmp_ok(time - $app{zbusybusyb}{active_at}, '<', 60, 'a kernel that computes is use, however long ago somebody was there');
cmp_ok(time - $app{aslowsloaa}{active_at}, '<', 60, 'of one that does not say it nothing bad is assumed');
cmp_ok($app{zcalmcalmc}{idle_ends}, '>', time, 'what uses no CPU for long is to be stopped');
cmp_ok(time - $app{zworkworkw}{active_at}, '<', 60, 'what uses it is in use');
cmp_ok(time - $app{zgpubusyga}{active_at}, '<', 60, 'what computes on a GPU is in use, whatever its CPU does');
cmp_ok($app{zgpucalmgb}{idle_ends}, '>', time, 'what has one and does nothing with it is to be stopped');
cmp_ok(time - $app{zgpulostgc}{active_at}, '<', 60, 'of GPUs that the exporter does not know nothing bad is assumed');
ok(!$app{$_}{idle_ends}, "nothing is announced: $_") for grep { $_ !~ /calm/ } sort keys %app;
is(join(' ', map { $_->{state} } grep { $_->{state} ne 'running' } values %app), '', 'none was ended');
ok(wait_until(20, sub { my (undef, $ps) = output('ps', '-eo', 'args'); !grep { m{^naru-deployer idle} } split /\n/, $ps }), 'no process of it is left');

$site->finish;
done_testing;
