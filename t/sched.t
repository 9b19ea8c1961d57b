# The Slurm driver and the poller against a real Slurm: what a user can do, what the snapshot then says, and what is left when parts of it fail.
use strict;
use warnings;
use Naru::Sched;
use Naru::Test qw(wait_until slurp spew);
use Test::More;
use Time::HiRes qw(sleep time);

my $bed = Naru::Sched->new(slurm => 1);
my $home = "$bed->{dir}/alice";
mkdir $home;
chown +(getpwnam 'alice')[2, 3], $home;
$bed->poller_start;
ok(wait_until(20, sub { ($bed->tool('cluster', 'demo')->{as_of} // 0) > 0 }), 'the poller sees the cluster') or diag $bed->log;

# ---- submit ----

my $script = "#!/bin/bash\n# \"quotes\" and \\backslashes\\ \$(id)\nid -un; id -gn; env | cut -d= -f1 | grep -v SLURM | sort | tr '\\n' ' '; pwd\nexit 7\n";
my $sent = $bed->submit('alice', $script, account => 'chem', name => 'first', comment => 'naru:c1', home => $home, output => 'out-%j.txt');
ok($sent->{job}, 'a job is accepted') or diag $sent->{text};
my $job = $bed->until_job('alice', $sent->{job}, sub { $_[0]{state} eq 'FAILED' });
is($job->{exit_code}, 7, 'its exit code is right') or diag $job->{text};
is($job->{says}, 'Failed (exit code 7)', 'in words');
is($job->{out}, "$home/out-$sent->{job}.txt", 'its output is where the snapshot says');
my $output = slurp($job->{out});
like($output, qr/\Aalice\nresearchers\n/, 'it ran as alice with her group');
like($output, qr/\bHOME\b.*\bLANG\b.*\bLOGNAME\b.*\bPATH\b.*\bSHELL\b.*\bUSER\b/, 'with the six variables');
unlike($output, qr/\b\w*(?:TOKEN|SECRET|NARU_|JWT)\w*\b/, 'and no secret');
is($bed->tool('comment', 'alice', 'naru:c1')->{id}, $sent->{job}, 'it is found by its comment');
is($bed->tool('job', 'bob', 'demo', $sent->{job})->{found}, 0, 'bob does not see it');
is($bed->tool('comment', 'bob', 'naru:c1')->{found}, 0, 'nor by its comment');

my $gpu = $bed->submit('alice', "#!/bin/sh\necho \$CUDA_VISIBLE_DEVICES\n", account => 'chem', gpus => 2, home => $home, tasks => 2, cpus => 2);
$job = $bed->until_job('alice', $gpu->{job}, sub { $_[0]{state} eq 'COMPLETED' });
is(join(' ', @$job{qw(gpus cpus node_count tasks)}), '2 4 1 2', 'GPUs, CPUs and tasks arrive');
is(slurp($job->{out}), "0,1\n", 'and the job sees its GPUs');

# ---- refusals ----

my @refusals = (
	[ 'partition', { partition => 'nowhere' }, qr/no such partition/ ],
	[ 'account', { account => 'biology' }, qr/may not use this account/ ],
	[ 'memory', { memory => 9000000 }, qr/No node of this partition/ ],
	[ 'wall time', { minutes => 999999 }, qr/wall time is missing or longer/ ],
	[ 'nodes', { nodes => 99 }, qr/as many (?:nodes|CPUs)/ ],
	[ 'array', { array => '0-99999' }, qr/array range/ ],
	[ 'GPUs', { gpus => 99 }, qr/GPUs/ ],
	[ 'dependency', { dependency => 'sometime' }, qr/dependency/ ],
	[ 'name with a line break', { name => "a\n#SBATCH -n 5" }, qr/line break/ ],
	[ 'folder', { folder => 'relative' }, qr/path that begins/ ],
);
for (@refusals) {
	my ($what, $ask, $want) = @$_;
	like($bed->submit('alice', "#!/bin/sh\n", account => 'chem', %$ask)->{error} // 'accepted', $want, "refused in words: $what");
}
like($bed->submit('alice', "echo no interpreter\n")->{error}, qr/begin with #!/, 'a script without #! is refused before it fails');
like($bed->submit('alice', "#!/bin/sh\r\n")->{error}, qr/line ends of Windows/, 'so is one of Windows');
like($bed->submit('alice', "#!/bin/sh\n\xff\n")->{error}, qr/UTF-8/, 'and one that is not UTF-8');
like($bed->submit('root', "#!/bin/sh\n", token => 'alice')->{error}, qr/may not use/, 'root never submits');
like($bed->submit('alice', "#!/bin/sh\n", token => 'bob')->{error}, qr/did not/, "bob's token does not make a job of alice's");
is($bed->run('squeue', '-h', '-u', 'root'), '', 'nothing was left by them');

# ---- the rarer things, as the scheduler has them ----

$bed->run(qw(sacctmgr -i add qos high));
$bed->run(qw(sacctmgr -i modify user alice set qos+=high));
spew("$bed->{dir}/site/slurm/etc/slurm.conf", slurp("$bed->{dir}/site/slurm/etc/slurm.conf") . "Licenses=matlab:2\n");
$bed->run(qw(scontrol reconfigure));
$bed->run(qw(scontrol create reservation reservationname=course users=alice starttime=now duration=60 nodes=n1 flags=ignore_jobs));
my @rare = (
	[ { qos => 'high' }, qr/ QOS=high / ], [ { constraint => 'gpu&avx512' }, qr/ Features=gpu&avx512 / ], [ { exclusive => 'yes' }, qr/ OverSubscribe=NO / ],
	[ { exclusive => 'user' }, qr/ OverSubscribe=USER / ], [ { memory => 0, memory_cpu => 300 }, qr/ MinMemoryCPU=300M / ],
	[ { begin => '2035-01-31T08:00' }, qr/ EligibleTime=2035-01-31T08:00:00 / ], [ { begin => 'now+2days' }, qr/ EligibleTime=\d{4}-/ ],
	[ { ntasks => 3, nodes => 2, tasks => 0 }, qr/ NumNodes=2-2 .* NumTasks=3 / ], [ { ntasks => 3, nodes => 0, tasks => 0 }, qr/ NumTasks=3 / ],
	[ { nodes => 2, nodes_most => 3 }, qr/ NumNodes=2-3 / ], [ { nice => 50 }, qr/ Nice=50 / ], [ { gres => 'gpu:fake:1' }, qr/ TresPerNode=gres:gpu:fake:1 / ],
	[ { requeue => 1 }, qr/ Requeue=1 / ], [ { licenses => 'matlab:1' }, qr/ Licenses=matlab:1 / ], [ { reservation => 'course' }, qr/ Reservation=course / ],
);
for (@rare) {
	my ($ask, $want) = @$_;
	my $sent = $bed->submit('alice', "#!/bin/sh\n", account => 'physics', hold => 1, home => $home, %$ask);
	like($sent->{job} ? $bed->run(qw(scontrol -o show job), $sent->{job}) : "refused: $sent->{text}", $want, join ' ', %$ask);
	$bed->control('alice', $sent->{job}, 'cancel') if $sent->{job};
}
for ([ { qos => 'nosuch' }, qr/QOS/ ], [ { constraint => 'nosuch' }, qr/feature/ ], [ { licenses => 'matlab:9' }, qr/licences/ ],
	[ { reservation => 'nosuch' }, qr/reservation/ ], [ { begin => 'sometime' }, qr/time is not understood/ ], [ { variable => 'A' }, qr/NAME=VALUE/ ]) {
	my ($ask, $want) = @$_;
	like($bed->submit('alice', "#!/bin/sh\n", account => 'physics', %$ask)->{error} // 'accepted', $want, "refused in words: @{[ %$ask ]}");
}
spew("$home/kept.txt", "old\n");
chown +(getpwnam 'alice')[2, 3], "$home/kept.txt";
my $kept = $bed->submit('alice', "#!/bin/sh\necho \"\$COLOUR\"\n", account => 'physics', home => $home, output => 'kept.txt', open_mode => 'append', variable => 'COLOUR=red wine');
$bed->until_job('alice', $kept->{job}, sub { $_[0]{state} eq 'COMPLETED' });
is(slurp("$home/kept.txt"), "old\nred wine\n", 'output is appended, and the variable is there');
spew("$home/step", "#!/bin/bash\ntrap 'echo got it; exit 0' USR1\nfor i in {1..100}; do sleep 0.2; done\n");
chmod 0755, "$home/step";
# Slurm sends it up to a minute early: on a busy machine that may be before the shell has set its trap, which ends the step without a word.
for my $try (1 .. 3) {
	my $signal = $bed->submit('alice', "#!/bin/sh\nsrun $home/step\n", account => 'physics', home => $home, output => 'signal.txt', minutes => 1, signal => 'USR1@60',
		variable => "SLURM_CONF=$bed->{dir}/site/slurm/etc/slurm.conf");
	$bed->until_job('alice', $signal->{job}, sub { $_[0]{ended} > 0 }, 60);
	last if length slurp("$home/signal.txt");
}
like(slurp("$home/signal.txt"), qr/got it/, 'the signal comes before the end');

# ---- control ----

my $held = $bed->submit('alice', "#!/bin/sh\nsleep 60\n", account => 'chem', hold => 1, home => $home, name => 'held');
is($held->{warning}, '', 'held as asked is no warning') or diag $held->{text};
$job = $bed->until_job('alice', $held->{job}, sub { $_[0]{reason} eq 'JobHeldUser' });
is($job->{says}, 'Held', 'held');
like($job->{why}, qr/Release it/, 'and what to do');
for my $verb (qw(cancel hold release)) {
	like($bed->control('bob', $held->{job}, $verb)->{error} // 'done', qr/no such job, or it is not yours/, "bob cannot $verb it");
}
is($bed->control('alice', $held->{job}, 'release')->{done}, 1, 'release');
$job = $bed->until_job('alice', $held->{job}, sub { $_[0]{state} eq 'RUNNING' });
is($job->{state}, 'RUNNING', 'it runs');
is($bed->tool('usage', 'alice')->{running}, 1, 'and counts');
is($bed->control('alice', $held->{job}, 'cancel')->{done}, 1, 'cancel');
$job = $bed->until_job('alice', $held->{job}, sub { $_[0]{state} eq 'CANCELLED' });
is($job->{says}, 'Cancelled', 'cancelled');
like($bed->control('alice', $_, 'cancel')->{error} // 'done', qr/no such job/, "no job: $_")
	for '999999', "$held->{job}_0", "$held->{job},1", '1..9', "../jobs", '', "$held->{job}?signal=9";
$job = $bed->until_job('alice', $held->{job}, sub { $_[0]{ended} > 0 });
is($bed->tool('usage', 'alice')->{running}, 0, 'no longer counts');

my $array = $bed->submit('alice', "#!/bin/sh\nsleep 30\n", account => 'chem', array => '0-4%2', home => $home, name => 'many');
$job = $bed->until_job('alice', "$array->{job}_1", sub { $_[0]{state} eq 'RUNNING' });
is($job->{out}, "$home/slurm-$array->{job}_1.out", 'a task of an array has its own output');
$job = $bed->until_job('alice', $array->{job}, sub { $_[0]{reason} eq 'JobArrayTaskLimit' });
like($job->{why}, qr/At most 2 run at once/, 'why the rest waits');
is($bed->control('alice', "$array->{job}_1", 'cancel')->{done}, 1, 'one task is cancelled');
is($bed->until_job('alice', "$array->{job}_1", sub { $_[0]{state} eq 'CANCELLED' })->{state}, 'CANCELLED', 'it alone');
is($bed->control('alice', $array->{job}, 'cancel')->{done}, 1, 'all of it is cancelled');
wait_until(20, sub { !grep { !/CANCELLED/ } @{ $bed->tool('jobs', 'alice', "match=$array->{job}")->{rows} // ['none'] } });
ok(!(grep { !/CANCELLED/ } @{ $bed->tool('jobs', 'alice', "match=$array->{job}")->{rows} }), 'every task ends');

# ---- the site ----

my $partitions = $bed->tool('partitions', 'demo')->{text};
like($partitions, qr/name=normal\n.*?cpus=12\n/s, 'partitions with their CPUs');
like($partitions, qr/name=debug\n.*?max_minutes=10\n.*?gpus=2\n/s, 'limits and GPUs');
ok(wait_until(30, sub { ($bed->tool('usage', 'alice')->{accounts} // '') eq 'chem physics' }), 'accounts of a user');

# ---- faults ----

my $before = $bed->tool('jobs', 'alice')->{total};
my $stay = $bed->submit('alice', "#!/bin/sh\nsleep 8\n", account => 'chem', home => $home, name => 'stay');
$bed->until_job('alice', $stay->{job}, sub { $_[0]{state} eq 'RUNNING' });
$bed->slurm('stop-rest');
ok(wait_until(20, sub { $bed->tool('cluster', 'demo')->{error} }), 'slurmrestd down is noticed');
my $cluster = $bed->tool('cluster', 'demo');
ok($cluster->{error_since} > 0 && $cluster->{as_of} > 0, 'since when, and of when the data is');
my $begun = time;
like($bed->submit('alice', "#!/bin/sh\n", account => 'chem')->{error}, qr/^12 /, 'a submit says so');
cmp_ok(time - $begun, '<', 2, 'at once');
is($bed->tool('job', 'alice', 'demo', $stay->{job})->{state}, 'RUNNING', 'the last state is kept');
$bed->slurm('start-rest');
ok(wait_until(30, sub { !$bed->tool('cluster', 'demo')->{error} }), 'and it is back');
$job = $bed->until_job('alice', $stay->{job}, sub { $_[0]{state} eq 'COMPLETED' });
is($job->{state}, 'COMPLETED', 'the job went on meanwhile');

$bed->slurm('stop-ctld');
ok(wait_until(30, sub { $bed->tool('cluster', 'demo')->{error} }), 'slurmctld down is noticed');
cmp_ok($bed->tool('jobs', 'alice')->{total}, '>=', $before + 1, 'no job is lost by it');
$begun = time;
like($bed->submit('alice', "#!/bin/sh\n", account => 'chem', name => 'down', comment => 'naru:down')->{error} // 'accepted', qr/^1[23] /, 'a submit says so');
cmp_ok(time - $begun, '<', 6, 'within five seconds');
$bed->slurm('start-ctld');
ok(wait_until(40, sub { !$bed->tool('cluster', 'demo')->{error} }), 'and it is back') or diag $bed->log;

# slurmrestd goes on trying after it was given up: the job may come all the same, once, and is found by its comment.
sleep 5;
my @down = @{ $bed->tool('jobs', 'alice', 'match=down')->{rows} // [] };
cmp_ok(scalar @down, '<=', 1, 'a submit that was given up makes one job at most');
is($bed->tool('comment', 'alice', 'naru:down')->{found}, scalar @down, 'and its comment tells');

# ---- the poller itself ----

my $usage = $bed->tool('usage', 'alice');
$bed->poller_stop('KILL');
my $later = $bed->submit('alice', "#!/bin/bash\nfor i in {1..200000}; do :; done\nx=\$(head -c 20000000 /dev/zero | tr '\\0' a)\nsleep 2\n", account => 'chem',
	home => $home, name => 'later');
ok(wait_until(30, sub { $bed->run('sacct', '-n', '-X', '-j', $later->{job}, '-o', 'State') =~ /COMPLETED/ }), 'a job ends while no poller runs');
$bed->slurm('stop-ctld');
unlink glob "$bed->{dir}/site/slurm/state/ctld/job_state*";
$bed->slurm('start-ctld');
unlike($bed->run('scontrol', 'show', 'job', $later->{job}), qr/JobState/, 'and the scheduler has forgotten it');
$bed->poller_start;
$job = $bed->until_job('alice', $later->{job}, sub { $_[0]{max_rss_kb} > 0 }, 60);
is($job->{state}, 'COMPLETED', 'accounting tells of it') or diag $bed->log;
cmp_ok($job->{max_rss_kb}, '>', 1000, 'with the memory that it used');
is($job->{out}, '', 'and where its output went is not made up');
my $after = $bed->tool('usage', 'alice');
is($after->{finished}, $bed->tool('jobs', 'alice', 'group=3', 'match=', 'order=3', 'size=1000')->{total}, 'counts are right after kill -9');
cmp_ok($after->{cpu_seconds}, '>=', $usage->{cpu_seconds} + 2, 'sums, too');
is($bed->until_job('alice', $sent->{job}, sub { $_[0]{seen} })->{exit_code}, 7, 'accounting does not spoil the exit code');
is($bed->poller_stop, 0, 'TERM ends the poller');
unlike($bed->log, qr/Sanitizer|runtime error/, 'no sanitizer report');
done_testing;
