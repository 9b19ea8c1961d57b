# The private Slurm of ops/slurm: real jobs under real uids, tokens, faults.
use strict;
use warnings;
use Naru::Test qw(wait_until slurp output);
use Test::More;

my $site = Naru::Test->site;
my $base = $site->base;
my $home = "$base/home/alice";

sub rest {
	my ($user, $token, $path, @more) = @_;
	my (undef, $text) = output('setpriv', '--reuid', 'naru-batchjob', '--regid', 'naru-batchjob', '--init-groups', 'curl', '-s', '-m', '10',
		'--unix-socket', "$base/slurm/run/rest/sock", '-H', "X-SLURM-USER-NAME: $user", '-H', "X-SLURM-USER-TOKEN: $token",
		@more, "http://localhost/slurm/v0.0.38$path");
	return $text;
}

is(scalar(grep { / up / } split /\n/, $site->slurm('status')), 8, 'eight daemons run') or diag $site->slurm('status');
like($site->slurm_run('sinfo', '-h', '-N', '-p', 'normal', '-o', '%N %G'), qr/n3 gpu:fake:2/, 'the third node has two GPUs');

chomp(my $token = $site->slurm('token', 'alice'));
like(rest('alice', $token, '/ping'), qr/"ping": "UP"|"mode": "primary"/, 'slurmrestd answers a token');
my $answer = rest('alice', $token, '/job/submit', '-H', 'Content-Type: application/json', '-d',
	qq({"script":"#!/bin/sh\\nid -un > $home/who\\n","job":{"name":"smoke","account":"chem","current_working_directory":"$home","environment":{"PATH":"/usr/bin:/bin"}}}));
my ($id) = $answer =~ /"job_id": (\d+)/;
ok($id, 'a job is accepted') or diag $answer;
ok(wait_until(30, sub { $site->job_state($id // 0) eq 'COMPLETED' }), 'it completes');
is(eval { slurp("$home/who") }, "alice\n", 'it ran as alice');
unlike(rest('bob', $token, '/jobs'), qr/"job_id"/, "a token of alice's is none of bob's");
like($site->slurm('as', 'bob', 'sh', '-c', "curl -sS -m 5 --unix-socket $base/slurm/run/rest/sock http://localhost/ 2>&1; true"),
	qr/Permission denied|connect/i, 'a user cannot reach slurmrestd');
my ($port) = slurp("$base/slurm/etc/slurmdbd.conf") =~ /^StoragePort=(\d+)/m;
for my $way ("-S $base/slurm/state/mysql/s.sock", "-h 127.0.0.1 -P $port") {
	like($site->slurm('as', 'bob', 'sh', '-c', "mariadb --no-defaults $way -u root -e 'select 1' 2>&1; true"), qr/denied|not allowed/i, "a user is not root of the accounting ($way)");
}
like($site->slurm('as', 'bob', 'sh', '-c', 'sbatch -A chem --wrap true 2>&1; true'), qr/Invalid account/, 'an account that bob lacks is refused');
ok(wait_until(20, sub { $site->slurm_run('sacct', '-n', '-X', '-j', $id, '-o', 'State') =~ /COMPLETED/ }), 'accounting knows the job');

my $own = Naru::Test->site(private => 1, slurm => 0);
$own->slurm('up', '--no-accounting');
my ($job) = $own->slurm('as', 'alice', 'sbatch', '--parsable', '--wrap', 'sleep 100') =~ /(\d+)/;
$own->slurm('stop-ctld');
isnt((output('env', "NARU_BASE=" . $own->base, "$Naru::Test::top/ops/slurm", 'run', 'scontrol', 'ping'))[0], 0, 'slurmctld is down when stopped');
$own->slurm('start-ctld');
ok(wait_until(20, sub { $own->job_state($job) =~ /RUNNING|PENDING/ }), 'it comes back with its jobs');
$own->slurm('stop-rest');
ok(!grep({ /slurmrestd up/ } split /\n/, $own->slurm('status')), 'slurmrestd is down when stopped');
$own->slurm('start-rest');
ok(-S $own->base . '/slurm/run/rest/sock', 'and back');
$own->slurm('down');
is(join('', grep { / up / } split /^/, $own->slurm('status')), '', 'after down nothing is left');
my (undef, $left) = output('sh', '-c', 'grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null', 'sh', 'SLURM_CONF=' . $own->base . '/slurm/etc/slurm.conf');
is($left, '', 'not even a process of a job');
$_->finish for $site, $own;
done_testing;
