# ops/up and ops/down in a base of their own: a second up is quick, only the
# loopback listens, down leaves no process, no file changes hands.
use strict;
use warnings;
use File::Basename;
use File::Temp;
use Naru::Test qw(output slurp spew wait_until);
use Test::More;
use Time::HiRes 'time';

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my $base = "$dir/site";
my $port_base = Naru::Test::free_ports();
my @env = ('env', '-u', 'NARU_SHARED', "NARU_BASE=$base", "NARU_PORT_BASE=$port_base", 'NARU_NO_BUILD=1');
my $owner = $$;
END { system @env, "$top/ops/down", '--purge' if $owner == $$ && -d $base }

# Listening TCP sockets (address, port) of processes that belong to the base.
sub listeners {
	my @found;
	for my $file ('/proc/net/tcp', '/proc/net/tcp6') {
		open my $f, '<', $file or next;
		while (<$f>) {
			my (undef, $local, undef, $state) = split;
			next unless ($state // '') eq '0A';
			my ($address, $port) = split /:/, $local;
			push @found, [ $address, hex $port ];
		}
	}
	return @found;
}

# Processes whose command line or environment names the base.
sub processes {
	my @found;
	for my $process (glob '/proc/[0-9]*') {
		next if $process eq "/proc/$$";
		my ($command, $environment) = map { eval { slurp("$process/$_") } // '' } 'cmdline', 'environ';
		push @found, basename($process) . ' ' . $command =~ tr/\0/ /r if index("$command$environment", "$base/") >= 0;
	}
	return @found;
}

my ($status, $text) = output(@env, "$top/ops/up");
is($status, 0, 'ops/up') or diag $text;
like($text, qr{https://localhost:@{[ $port_base + 3 ]}/}, 'prints the address');
like($text, qr/alice\s+alice-ferry.*bob\s+bob-ferry.*carol\s+carol-ferry/s, 'the users and their passwords');
like($text, qr{ops/down}, 'and how to stop');
is((output('curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', "https://localhost:@{[ $port_base + 3 ]}/sign-in"))[1], '200', 'it answers');

my $start = time;
($status, $text) = output(@env, "$top/ops/up");
is($status, 0, 'a second ops/up');
my $took = time - $start;
cmp_ok($took, '<', 15, sprintf 'takes under 15 s (%.1f)', $took);

my @ours = grep { $_->[1] >= $port_base && $_->[1] < $port_base + 40 } listeners();
ok(@ours >= 7, 'its daemons listen');
is(join(' ', map { "$_->[0]:$_->[1]" } grep { $_->[0] !~ /^0100007F$|^00000000000000000000000001000000$/ } @ours), '', 'on the loopback alone');

# ---- who owns what ----------------------------------------------------------------------------
my %mode = (
	'state/keys/proof.key' => '400 naru-account', 'state/keys/slurm-jwt.key' => '400 naru-account', 'state/keys/proof.pub' => '444 root',
	'state/db/accounts' => '700 naru-account', 'state/db/portal' => '2770 root', 'state/db/audit' => '2770 root', 'etc/tls/key.pem' => '600 root',
	'etc/demo-users' => '600 naru-account', 'slurm/etc/jwt.key' => '600 slurm', 'slurm/etc/slurmdbd.conf' => '600 slurm', 'slurm/munge/priv/munge.key' => '400 munge',
	'home/alice' => '700 alice', 'log' => '750 root',
);
for my $file (sort keys %mode) {
	is((output('stat', '-c', '%a %U', "$base/$file"))[1], "$mode{$file}\n", "$file is $mode{$file}");
}
is(-s "$base/state/keys/proof.key", 64, 'the signing key is as libsodium wants it');
is(substr(slurp("$base/state/keys/proof.key"), 32), slurp("$base/state/keys/proof.pub"), 'and ends in its public half');
for my $module (grep { -S "$base/run/$_/sock" } map { m{/([a-z]+)/$} } glob "$base/run/*/") {
	like((output('stat', '-c', '%a', "$base/run/$module/sock"))[1], qr/^660$/, "the socket of $module is 0660");
	my ($got) = output('setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'perl', '-MIO::Socket::UNIX', '-e',
		'exit(IO::Socket::UNIX->new(Peer => shift) ? 0 : 7)', "$base/run/$module/sock");
	is($got, 7, 'and nobody else may connect');
}
for my $module (grep { -s "$base/etc/sv/$_/supervise/pid" } map { m{/([a-z]+)/$} } glob "$base/etc/sv/*/") {
	next if $module eq 'nginx' || $module eq 'podman';
	my $pid = slurp("$base/etc/sv/$module/supervise/pid") + 0;
	my %s = slurp("/proc/$pid/status") =~ /^(\w+):\s*(.*)$/mg;
	if ($module eq 'launcher') {
		like($s{CapBnd}, qr/^0{13}[01][0-9a-f]{2}$/, 'the launcher may change who it is, and nothing else') or diag $s{CapBnd};
	} else {
		like($s{Uid}, qr/^(?!0\b)\d+\t/, "$module does not run as root");
		is("$s{CapBnd} $s{NoNewPrivs}", '0000000000000000 1', 'has no capability and gets none');
	}
}

# ---- the units for systemd -----------------------------------------------------------------------
my $units = "$dir/units";
mkdir $units;
($status, $text) = output(@env, "$top/ops/site", 'units', $units);
is($status, 0, 'units for systemd are written') or diag $text;
my @modules = map { m{/([a-z]+)/manifest$} } grep { slurp($_) !~ /^kind="tool"/m } glob "$top/fcgi-apps/*/manifest";
for my $module (@modules) {
	my $unit = eval { slurp("$units/naru-$module.service") } // '';
	my $manifest = slurp("$top/fcgi-apps/$module/manifest");
	my ($user) = $manifest =~ /^user="(.*)"/m;
	$user //= "naru-$module";
	like($unit, qr/^User=\Q$user\E$/m, "$module: the unit names its user");
	like($unit, qr{^ExecStart=\Q$base\E/bin/naru-$module\b}m, 'and its program');
	next if $manifest =~ /^kind="daemon"/m;
	like(slurp("$units/naru-$module.socket"), qr{^ListenStream=\Q$base\E/run/$module/sock\n(.*\n)*SocketMode=0660$}m, 'the socket is opened by systemd');
	like($unit, qr/^NoNewPrivileges=yes\nCapabilityBoundingSet=$/m, 'without privileges');
}
($status, $text) = output('systemd-analyze', 'verify', glob("$units/*.service"), glob("$units/*.socket"), "$units/naru.target");
is(join("\n", grep { /naru/ && !/not executable|man page|Failed to (open|create)/ } split /\n/, $text), '', 'systemd-analyze finds nothing') if $status != 127;

# ---- faults and the end ------------------------------------------------------------------------------
my ($first) = grep { -S "$base/run/$_/sock" } 'dashboard', @modules;
my $pid = slurp("$base/etc/sv/$first/supervise/pid") + 0;
kill 9, $pid;
ok(wait_until(10, sub { my $now = eval { slurp("$base/etc/sv/$first/supervise/pid") } || 0; $now != $pid && $now > 0 && -S "$base/run/$first/sock" }), "$first is back after kill -9");
my ($job) = (output(@env, "$top/ops/slurm", 'as', 'alice', 'sbatch', '--parsable', '--wrap', 'setsid sleep 300 & sleep 300'))[1] =~ /^(\d+)/;
ok($job, 'a job runs while the site goes down');
wait_until(15, sub { (output(@env, "$top/ops/slurm", 'run', 'squeue', '-h', '-j', $job, '-o', '%T'))[1] =~ /RUNNING/ });
($status, $text) = output(@env, "$top/ops/down");
is($status, 0, 'ops/down') or diag $text;
is(join("\n", processes()), '', 'no process is left');
is(join(' ', map { $_->[1] } grep { $_->[1] >= $port_base && $_->[1] < $port_base + 40 } listeners()), '', 'no port is open');
ok(-s "$base/state/keys/proof.key", 'the state stays');
is((output(@env, "$top/ops/down"))[0], 0, 'a second down is no error');
is((output(@env, "$top/ops/down", '--purge'))[0], 0, 'with --purge');
ok(!-e $base, 'the base is gone');
done_testing;
