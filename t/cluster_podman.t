# Engines: the contract of cluster.h with a real podman, asked by the deployer's user as on a site.
use strict;
use warnings;
use File::Temp;
use JSON::PP;
use Naru::Test qw(output slurp spew);
use Test::More;
use Time::HiRes qw(sleep time);

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
# Where the deployer's user comes to, wherever the tree is.
my $program = "$dir/contract";
system 'install', '-m', '0755', ($ENV{BUILD} // "$top/build") . '/t/cluster_contract_test', $program;
my ($base, $home) = ("$dir/site", "$dir/home/alice");
mkdir $_ for $base, "$dir/home", $home, "$home.other";
chown 20001, 30000, $home;
chmod 0700, $home;
my @env = ('env', '-u', 'NARU_SHARED', "NARU_BASE=$base", 'NARU_PORT_BASE=' . Naru::Test::free_ports());
my $owner = $$;
END { system @env, "$top/ops/podman", 'down', '--purge' if $owner == $$ && -d "$base/podman" }

sub podman { return output(@env, "$top/ops/podman", @_) }

my ($status, $text) = output("$top/ops/images", 'base');
is($status, 0, 'the image that all others stand on') or diag $text;
($status, $text) = podman('up');
is($status, 0, 'a podman') or do { diag $text; done_testing(); exit };
my %fact = slurp("$base/podman/facts") =~ /^(\w+)="(.*)"$/mg;

sub conf {
	my ($users) = @_;
	spew("$dir/naru.conf", <<C);
[site]
host = contract.example.org:8443
[engine pod]
driver = podman
socket = $fact{socket}
network = $fact{network}
networks = $fact{subnet}
@{[ $users ? "user-networks = $fact{subnet}" : '' ]}
C
	chmod 0644, "$dir/naru.conf";
}

# The program as the deployer's user, its lines as tests of this file.
sub contract {
	my ($what, $least) = @_;
	my ($code, $said) = output('setpriv', '--reuid', 'naru-deployer', '--regid', 'naru-deployer', '--init-groups',
		'env', "NARU_CONF=$dir/naru.conf", $program, 'pod', $home);
	my ($good, $bad) = (0, 0);
	for (split /\n/, $said) {
		if (/^ok /) { $good++ }
		elsif (/^not ok \d+ - (.*)/) { $bad++; fail("$what: $1") }
		elsif (/^# (.*)/) { diag $1 }
	}
	is($code, 0, "$what: all of it is kept");
	cmp_ok($good, '>=', $least, "$what: $good cases") or diag $said;
	return $said =~ /up after (\d+) ms/ ? $1 / 1000 : 99;
}

sub nothing_left {
	my ($what) = @_;
	for my $kind ([ 'containers', 'ps', '-aq' ], [ 'volumes', 'volume', 'ls', '-q' ], [ 'secrets', 'secret', 'ls', '-q' ]) {
		my ($name, @words) = @$kind;
		is((podman('with', @words))[1], '', "$what: no $name are left");
	}
}

my $oom = -e '/oom';
conf(1);
my @took = contract('a network for each user', 110);
nothing_left('a network for each user');
my ($code, $networks) = podman('with', 'network', 'ls', '--filter', 'label=naru.site', '-q');
is(() = $networks =~ /^\w+$/mg, 3, 'alice, bob and carol have networks');
conf(0);
push @took, contract('one network for all', 100);
nothing_left('one network for all');
is(-e '/oom', $oom, 'no trace of memory that ran out in the root folder');

# By hand: the better of two, as above, since the rest of the machine is not still.
my @by_hand = map {
	my $start = time;
	podman('with', 'run', '-d', '--name', "by-hand-$_", '--user', '20001:30000', '--read-only', '--cap-drop', 'all', '--memory', '128m', '--network', $fact{network},
		'localhost/naru-base:12', 'sleep', 60);
	time - $start;
} 1, 2;
my ($ours, $theirs) = map { my @two = sort { $a <=> $b } @$_; $two[0] } \@took, \@by_hand;
cmp_ok($ours, '<', $theirs + 0.3, sprintf 'an app runs after %.2f s, by hand after %.2f s', $ours, $theirs);

done_testing();
