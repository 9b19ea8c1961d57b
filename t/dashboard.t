#!/usr/bin/perl
# The dashboard: what it shows of contract, jobs, nodes and space; notices; and one line when Slurm does not answer.
use strict;
use warnings;
use utf8;
use Naru::Pages 'faults';
use Naru::Test 'wait_until';
use Test::More;
use Time::HiRes 'time';

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(private => 1, conf => "[cluster demo]\npeople-seconds = 3\n");
my $alice = $site->signed_in('alice');
my $carol = $site->signed_in('carol');

sub home { my ($status, $page) = $site->api($alice, GET => '/'); return $page // {} }

# ---- what is there ----
ok(wait_until(15, sub { @{ home()->{partitions} // [] } == 3 }), 'the three partitions of the demo');
my $page = home();
my %partition = map { $_->{name} => $_ } @{ $page->{partitions} };
is($partition{normal}{nodes}, 3, 'normal has three nodes');
is($partition{normal}{gpus}, 2, 'and two GPUs');
is($partition{debug}{nodes_free}, 1, 'debug has a free node');
like($page->{contract}, qr/^\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, \d+ days left$/, 'contract with its days left');
ok(wait_until(45, sub { (home()->{accounts} // '') eq 'chem, physics' }), 'accounts of alice');
is_deeply([ map { $_->{title} } @{ $page->{places} } ], [ 'Home', 'Scratch' ], 'her places');
like($_->{free}, qr/^\d+(?:\.\d)? (?:[KMGT]i)?B$/, "free space of $_->{title}") for @{ $page->{places} };

my $json = $alice->clone->get($site->url('/notices.json'));
is($json->header('Content-Type'), 'application/json', 'a page whose address ends in .json is JSON');
$json = $alice->clone->get($site->url('/jobs.json'));
is($json->code, 200, 'the list of jobs too');

# ---- a job of hers, running and then finished ----
my $id = $site->slurm_run('sh', '-c', 'cd /; setpriv --reuid alice --regid $(id -g alice) --init-groups env HOME=/ sbatch --parsable -A physics -t 5 -o /dev/null --wrap "sleep 60"');
($id) = $id =~ /(\d+)/;
ok($id, 'a job of alice') or diag $id;
ok(wait_until(20, sub { my $h = home(); $h->{running} == 1 && @{ $h->{jobs} } == 1 }), 'it is counted and has its card');
my ($card) = @{ home()->{jobs} };
is($card->{path}, "/jobs/demo/$id", 'the card leads to the job');
my $live = $alice->get($site->url('/'));
ok($live->header('Refresh'), 'the page reloads by itself while it runs');
like($live->decoded_content, qr/href="\/\?refresh=no"/, 'and says how to stop that');
my $still = $alice->get($site->url('/?refresh=no'));
is($still->header('Refresh'), undef, 'then it stays as it is');
like($still->decoded_content, qr/<a href="\/">Reload by itself/, 'until that is asked for again');
my ($status, $bobs) = $site->api($site->signed_in('bob'), GET => '/');
is($bobs->{running}, 0, 'bob sees none of it');
is_deeply($bobs->{jobs}, [], 'nor its card');
$site->slurm_run('scancel', $id);
ok(wait_until(20, sub { my $h = home(); $h->{running} == 0 && $h->{finished} == 1 }), 'and is finished when it was cancelled');

# ---- hours that Slurm allots to an account ----
like($site->slurm_run('sacctmgr', '-i', 'modify', 'account', 'chem', 'set', 'GrpTRESMins=cpu=6000,gres/gpu=600'), qr/Modified/, 'chem gets its hours');
ok(wait_until(75, sub { (home()->{cpu_hours_limit} // '') eq '100.0' }), 'the page shows the CPU hours');
is(home()->{gpu_hours_limit}, '10.0', 'and the GPU hours');
like($alice->get($site->url('/'))->decoded_content, qr{<dd>[\d.]+ / 100\.0 <svg class="bar"[^>]*aria-label="[\d.]+ of 100\.0 CPU hours used"}, 'with a bar that says it too');

# ---- notices ----
is(($site->api($alice, POST => '/notices', { title => 'x' }))[0], 403, 'users publish no notices');
is(($site->api($alice, GET => '/notices/new'))[0], 403, 'nor see the form');
my $hostile = q{<script>alert(1)</script> "onx=" javascript:};
my @key = (key => Naru::Test::random_key());
is(($site->api($carol, POST => '/notices', { title => 'x', body => "\e[31m" }))[0], 422, 'a terminal\'s escape is refused');
for (1 .. 2) {
	($status) = $site->api($carol, POST => '/notices', { title => $hostile, body => "Line 1\nLine 2 \x{202e}", level => 'warn', @key });
	is($status, 303, 'an administrator publishes one');
}
my $shown = $alice->get($site->url('/'))->decoded_content;
like($shown, qr/&lt;script&gt;alert\(1\)&lt;\/script&gt;/, 'it is shown, escaped');
unlike($shown, qr/<script|\e|\x{202e}/, 'and nothing in it acts');
is_deeply([ faults($shown, 'en') ], [], 'the page is sound');
my (undef, $list) = $site->api($carol, GET => '/notices');
is(scalar @{ $list->{rows} }, 1, 'sent twice, published once');
($status, my $form) = $site->api($carol, POST => '/notices', { title => '', from => '2027-02-01', until => '2027-01-01' });
is($status, 422, 'one without title comes back');
my %message = map { $_->{name} => $_->{message} } @{ $form->{form}{fields} };
ok($message{title}, 'with a message at the title');
ok($message{until}, 'and at the day that is before the first');
is(($site->api($carol, POST => '/notices', { title => 'later', from => '2090-01-01' }))[0], 303, 'one for later');
unlike($alice->get($site->url('/'))->decoded_content, qr/later</, 'is not shown yet');
is(($site->api($carol, POST => "/notices/$list->{rows}[0]{id}/remove"))[0], 303, 'removed');
unlike($alice->get($site->url('/'))->decoded_content, qr/alert\(1\)/, 'and gone');

# ---- Slurm down ----
$site->slurm('stop-rest');
ok(wait_until(20, sub { @{ home()->{troubles} } == 1 }), 'one line says that the cluster does not answer');
my $before = time;
$page = home();
cmp_ok(time - $before, '<', 1, 'the page comes within a second');
is(scalar @{ $page->{partitions} }, 3, 'and shows the nodes as they were');
like($page->{troubles}[0]{what}, qr/demo has not answered since \d\d:\d\d/, 'with the time');
$site->slurm('start-rest');
ok(wait_until(30, sub { @{ home()->{troubles} } == 0 }), 'and goes when it answers again');

$site->finish;
done_testing;
