# A site without the demo's Slurm is pointed at a cluster that somebody else runs, as README says: key, socket, a section in
# naru.local.conf. The cluster is the one of another site.
use strict;
use warnings;
use Naru::Test qw(output slurp spew wait_until);
use Test::More;

my $theirs = Naru::Test->site;
my $socket = $theirs->base . '/slurm/run/rest/sock';
my $site = Naru::Test->site(private => 1, slurm => 0, env => { NARU_DEMO_CLUSTER => 'no' }, conf => <<"C");
[cluster physics]
title = Physics cluster
driver = slurm
socket = $socket
version = v0.0.38
poll-seconds = 2
token-file = state/poller/physics.jwt
accounting = yes
C
my $base = $site->base;
unlike(slurp("$base/etc/naru.conf"), qr/\[cluster demo\]/, 'the demo cluster is gone');
is((output('install', '-m', '0400', '-o', 'naru-account', '-g', 'naru-account', $theirs->base . '/slurm/etc/jwt.key', "$base/state/keys/slurm-jwt.key"))[0],
	0, 'the key of the cluster');
my $key = slurp("$base/state/keys/slurm-jwt.key");
$site->ops('site', 'make');
is(slurp("$base/state/keys/slurm-jwt.key"), $key, 'stays when the site is made again');
is((output('sv', '-w', '20', 'restart', "$base/etc/sv/$_"))[0], 0, "$_ starts again") for 'account', 'poller';
ok(wait_until(15, sub { $site->mech->get($site->url('/sign-in'))->code == 200 }), 'and account answers');

my $alice = $site->signed_in('alice');
my $list = sub { ($site->api($alice, GET => '/jobs'))[1] };
ok(wait_until(40, sub { my $page = $alice->get($site->url('/'))->decoded_content; $page =~ /normal/ && $page =~ /physics/i }), 'its partitions are on the first page')
	or diag $site->log_tail('poller');
unlike($alice->content, qr/demo/, 'under its own name');
my $script = "#!/bin/bash\n#SBATCH --job-name=afar\n#SBATCH --account=physics\n#SBATCH --time=00:01:00\n#SBATCH --chdir=/tmp\n#SBATCH --output=/dev/null\nsleep 1\n";
my ($status, $data, $response) = $site->api($alice, POST => '/jobs?cluster=physics', { script => $script, cluster => 'physics', sure => 'yes' });
is($status, 303, 'a job is sent') or diag $response->content;
ok(wait_until(40, sub { ($site->api($alice, GET => '/jobs?group=all'))[2]->content =~ /afar/ }), 'and is in the list');
# Accounting takes a moment to hear of a job that has ended.
ok(wait_until(30, sub { ($theirs->slurm_run('sacct', '-n', '-X', '--name', 'afar', '-o', 'user%20,state%20', '-S', 'now-10minutes')
	. $theirs->slurm_run('squeue', '-h', '-n', 'afar', '-t', 'all', '-o', '%u')) =~ /alice/ }), 'the cluster has it, of the user');
$site->finish;
done_testing;
