# Transfers between folders of this machine, by real processes: what is copied and how names are chosen, checks, pauses, faults, turns.
use strict;
use warnings;
use utf8;
use File::Temp;
use Naru::Test qw(output slurp spew wait_until);
use Naru::Transfers qw(ask create record files state_is settled);
use Test::More;
use Time::HiRes qw(sleep time);

# A small disk, to be full.
my $tiny = File::Temp::tempdir('naru-tiny-XXXXXXXX', TMPDIR => 1);
chmod 0755, $tiny;
system 'mount', '-t', 'tmpfs', '-o', 'size=2m,mode=0777', 'tiny', $tiny;
my $owner = $$;
END { if ($$ == $owner) { my $status = $?; system 'umount', '-l', $tiny; rmdir $tiny; $? = $status } }

my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[mover]\nrunning = 1\n[place tiny]\ntitle = Tiny\npath = $tiny\n");
Naru::Transfers::of($site);
my ($home, $scratch, $bobs) = map { $site->base . "/$_" } qw(home/alice scratch/alice home/bob);
ok(wait_until(20, sub { -s $site->base . '/state/launcher/people' }), 'the launcher knows whose accounts there are');
sub sh { my ($status, $said) = output('sh', '-ec', "cd $home; $_[0]"); is($status, 0, 'made') or diag "$_[0]: $said"; return }
sub tree { my ($folder) = @_; my (undef, $out) = output('sh', '-c', "cd '$folder' && find . ! -type l ! -name . -printf '%p %y\\n' | sort; find . -type f -print0 | sort -z | xargs -0 -r md5sum"); return $out }
sub equal { my ($x, $y, $what) = @_; return is(tree($y), tree($x), $what) }
sub counts { my ($t) = @_; return "$t->{state} " . join ' ', map { $t->{$_} } qw(files_done files_skipped files_failed) }
sub go { my (%how) = @_; my $id = create('alice', %how); return settled($id) }
sub actions { my ($t) = @_; return join ' ', sort map { "$_->{path}=" . ($_->{action} || $_->{code}) } grep { $_->{kind} eq ord 'f' } files($t->{id}) }

# ---- a tree --------------------------------------------------------------------------------------------------------

sh(q{mkdir -p in/deep/er in/empty out; for i in $(seq 60); do echo "content $i" >in/f$i; done; head -c 3000000 /dev/urandom >in/deep/big; : >in/deep/er/none;
	printf x >'in/odd name (é'; chmod 755 in/f1; touch -d 2020-02-02 in/f2; ln -s f1 in/link; chown -R alice:researchers .});
my $t = go(from_path => 'in', to_path => 'out');
is(counts($t), 'done 63 1 0', 'a folder\'s content is copied, a link is told') or diag explain $t;
equal("$home/in", "$home/out", 'byte for byte');
is(join(' ', map { (stat "$home/out/$_")[4] } 'f1', 'deep/er/none'), '20001 20001', 'as the user');
is(sprintf('%o %d', (stat "$home/out/f1")[2] & 0777, (stat "$home/out/f2")[9]), '755 ' . (stat "$home/in/f2")[9], 'with rights and times');
is("$t->{bytes_done} $t->{bytes_copied}", "$t->{bytes} $t->{bytes}", 'the sums are right');

# ---- rules -----------------------------------------------------------------------------------------------------------

sh(q{mkdir -p r; printf new >r/same; printf newer >r/old; printf x >r/only; touch -d 2024-01-02 r/same r/old; mkdir r/clash;
	for d in rename skip newer replace refuse sync; do mkdir -p to-$d; printf was >to-$d/same; printf was >to-$d/old; touch -d 2025-01-01 to-$d/same; touch -d 2023-01-01 to-$d/old; done
	printf file >to-replace/clash; chown -R alice:researchers .});
my %wanted = (
	rename => 'old=renamed only=new same=renamed', skip => 'old=kept only=new same=kept', newer => 'old=replaced only=new same=kept',
	replace => 'old=replaced only=new same=replaced', refuse => 'old=2000 only=new same=2000', sync => 'old=replaced only=new same=same',
);
for my $rule (sort keys %wanted) {
	my @how = $rule eq 'sync' ? (verb => 'sync') : (rule => $rule);
	is(actions(go(from_path => 'r', to_path => "to-$rule", @how, dry => 1)), $wanted{$rule}, "$rule: told before") unless $rule eq 'refuse';
	is(-e "$home/to-$rule/only", undef, "$rule: and not done");
	is(actions(go(from_path => 'r', to_path => "to-$rule", @how)), $wanted{$rule}, "$rule: done");
}
is(slurp("$home/to-rename/same (2)") . slurp("$home/to-rename/same"), 'newwas', 'a renamed one stands beside');
my ($clash) = grep { ($_->{path} // '') eq 'clash' } files(go(from_path => 'r', to_path => 'to-replace', rule => 'replace')->{id});
is($clash->{code}, 2004, 'a folder does not take a file\'s place');
is(actions(go(from_path => '', names => 'in', to_path => '', rule => 'rename')) =~ /in\/f1=new/ && -s "$home/in (2)/deep/big", 3000000, 'a folder beside itself has another name');

sh(q{mkdir me; printf 'only one' >me/f; ln -s . again; chown -hR alice:researchers me again});
is(actions(go(from_path => 'me', names => 'f', to_path => 'again/me', verb => 'move', rule => 'replace')), 'f=same', 'what is moved over itself, through a link');
is(slurp("$home/me/f"), 'only one', 'is not lost');
unlink "$home/again";

# ---- checks ------------------------------------------------------------------------------------------------------------

sh(q{mkdir -p sums; cp -a r/same r/old sums/; printf neu >sums/same; touch -r r/same sums/same; chown -R alice:researchers sums});
is(actions(go(from_path => 'r', to_path => 'sums', verb => 'sync')), 'old=same only=new same=same', 'size and time see no change');
is(actions(go(from_path => 'r', to_path => 'sums', verb => 'sync', verify => 'checksum')), 'old=same only=same same=replaced', 'a checksum finds one changed byte');
equal("$home/r", "$home/sums", 'and it is put right');
sh(q{printf extra >sums/extra; mkdir sums/more; printf y >sums/more/y; chown -R alice:researchers sums});
$t = go(from_path => 'r', to_path => 'sums', verb => 'mirror');
is("$t->{state} $t->{files_deleted}", 'done 2', 'what the source has not is deleted');
equal("$home/r", "$home/sums", 'and nothing else');

# ---- moving ----------------------------------------------------------------------------------------------------------

sh(q{mkdir -p m1/a/b m2; printf 1 >m1/a/one; printf 2 >m1/a/b/two; chown -R alice:researchers .});
my $before = tree("$home/m1");
is(counts(go(from_path => '', names => 'm1', to_path => 'm2', verb => 'move')), 'done 0 0 0', 'a folder is moved in its place');
is(tree("$home/m2/m1") . (-e "$home/m1" ? 'still' : ''), $before, 'whole');
is(counts(go(from_path => 'm2', to_place => 'scratch', to_path => '', verb => 'move', verify => 'checksum')), 'done 2 0 0', 'and to another place');
is(tree("$scratch/m1") . join('', glob "$home/m2/*"), $before, 'and is gone here');

# ---- what is refused ---------------------------------------------------------------------------------------------------

like((ask('alice', 'create', 'from_path=', 'names=in', 'to_path=in/deep'))[1], qr/^9 to_path .*into itself/, 'not into itself');
like((ask('alice', 'create', 'from_path=../bob', 'to_path=in'))[1], qr/^9 from_path/, 'not out of the place');
like((ask('alice', 'create', 'from_path=in', 'to_path=out', 'rule=burn'))[1], qr/^9 rule/, 'not by another rule');
$t = go(from_path => 'nowhere', to_path => 'out');
is("$t->{state} $t->{files_failed}", 'done 1', 'what is not there has failed');
like((ask('bob', 'pause', $t->{id}))[1], qr/^4 /, 'nobody finds another\'s');
like((ask('alice', 'pause', $t->{id}))[1], qr/^6 /, 'what is over is not paused');
my $once = create('alice', from_path => 'r', to_path => 'out', rule => 'skip', key => 'k1');
is(create('alice', from_path => 'r', to_path => 'out', rule => 'skip', key => 'k1'), $once, 'the same key is the same transfer');
settled($once);
is((ask('alice', 'clear', $once))[0], 0, 'removed');
ok(wait_until(5, sub { !%{ record($once) } && !files($once) }), 'with its files');

# ---- pause, resume, cancel -------------------------------------------------------------------------------------------------

sh(q{mkdir -p slow p1 p2; head -c 600000 /dev/urandom >slow/one; head -c 500000 /dev/urandom >slow/two; chown -R alice:researchers .});
my $id = create('alice', from_path => 'slow', to_path => 'p1', rate => 400_000, lanes => 1);
ok(wait_until(10, sub { record($id)->{bytes_done} > 0 }), 'it goes on');
is((ask('alice', 'pause', $id))[0], 0, 'paused');
is(record($id)->{state}, 'paused', 'at once');
sleep 0.3;
my $files = join ' ', map { s{.*/}{}r } glob "$home/p1/*";
unlike($files, qr/two/, 'the rest waits');
is((ask('alice', 'resume', $id))[0], 0, 'resumed');
is(counts(settled($id)), 'done 2 0 0', 'to the end');
equal("$home/slow", "$home/p1", 'whole');
$id = create('alice', from_path => 'slow', to_path => 'p2', rate => 300_000, lanes => 1);
state_is($id, 'running', 10);
is((ask('carol', 'cancel', $id))[0], 0, 'an administrator cancels it');
sleep 0.3;
is(record($id)->{state} . join('', glob "$home/p2/* $home/p2/.??*"), 'cancelled', 'nothing half is left');
is((ask('alice', 'again', $id))[0], 0, 'again');

# ---- turns: while that one runs, alice has three more and bob one ----------------------------------------------------------

my @queued = map { create('alice', from_path => 'r', to_path => 'out', rule => 'skip') } 1 .. 3;
my $bob = create('bob', from_path => '', to_place => 'scratch');
settled($_) for @queued;
my %ended = map { $_ => record($_)->{started} . ' ' . record($_)->{id} } @queued;
is(counts(settled($id)), 'done 2 0 0', 'it is done');
cmp_ok(record($bob)->{run}, '>=', 1, 'bob had his turn');
cmp_ok(record($bob)->{ended}, '<=', record($queued[1])->{ended}, 'before alice\'s second');

# ---- a full disk -----------------------------------------------------------------------------------------------------------

$id = create('alice', from_path => 'in/deep', names => 'big', to_place => 'tiny');
ok(state_is($id, 'waiting'), 'no room: it waits');
is(record($id)->{code} . join('', glob "$tiny/* $tiny/.??*"), 28, 'and says so, and leaves nothing');
system 'mount', '-o', 'remount,size=20m', $tiny;
is((ask('alice', 'resume', $id))[0], 0, 'with room it is tried at once');
is(counts(settled($id)), 'done 1 0 0', 'done') or diag explain record($id);

# ---- kill -9 ----------------------------------------------------------------------------------------------------------------

sub processes { my ($what) = @_; my (undef, $out) = output('pgrep', '-f', $what); return grep { $_ != $$ } split /\n/, $out }
sh(q{mkdir -p k1/sub k2; for i in $(seq 200); do head -c $((i * 41)) /dev/urandom >k1/f$i; cp k1/f$i k1/sub/g$i; done; head -c 1500000 /dev/urandom >k1/big; printf mine >k2/f7;
	chown -R alice:researchers k1 k2});
$id = create('alice', from_path => 'k1', to_path => 'k2', rate => 1_000_000, lanes => 2);
my $kills = 0;
my $base = $site->base;
srand 4;
for my $round (1 .. 20) {
	last unless wait_until(10, sub { record($id)->{state} eq 'running' || record($id)->{state} eq 'done' }) && record($id)->{state} eq 'running';
	my @workers = processes("naru-mover work $id");
	my $daemon = $site->service_pid('mover');
	my @connectors = grep { (eval { slurp("/proc/$_/status") } // '') =~ /^Uid:\s+20001/m } processes("$base/bin/naru-launcher");
	my $victim = $round % 5 == 0 ? $daemon : $round % 5 == 1 ? $connectors[rand @connectors] : $workers[rand @workers];
	$kills += kill 9, $victim if $victim;
	sleep 0.05 + rand 0.2;
	ask('alice', 'resume', $id) if record($id)->{state} eq 'waiting';
}
cmp_ok($kills, '>=', 5, "$kills processes were killed");
ask('alice', 'resume', $id) if record($id)->{state} eq 'waiting';
$t = settled($id, 60);
is(counts($t), 'done 401 0 0', 'it comes to its end') or diag explain $t;
is("$t->{bytes_copied}", 1500000 + 41 * 200 * 201, 'each byte is counted once');
is(slurp("$home/k2/f7"), 'mine', 'what was there is still there');
rename "$home/k2/f7 (2)", "$home/k2/f7";
equal("$home/k1", "$home/k2", 'byte for byte, no other names');

# ---- inside a big file -------------------------------------------------------------------------------------------------------

sh(q{mkdir -p huge; head -c 60000000 /dev/urandom >huge/file; chown -R alice:researchers huge; mkdir -p ../../scratch/alice/h; chown alice:researchers ../../scratch/alice/h});
my @big = (from_path => 'huge', to_place => 'scratch', to_path => 'h', rate => 25_000_000);
sub part { return grep { !m{/\.\.?$} } glob "$scratch/h/.*" }
$id = create('alice', @big);
ok(wait_until(20, sub { record($id)->{bytes_done} > 20_000_000 }), 'a third of a big file is there');
kill 9, processes("naru-mover work $id");
ok(wait_until(5, sub { part() && !processes("naru-mover work $id") }), 'what is there is kept');
my $inode = (stat ((part())[0] // '/'))[1];
ask('alice', 'resume', $id) if record($id)->{state} eq 'waiting';
is(counts(settled($id)), 'done 1 0 0', 'another process goes on') or diag explain record($id);
is((stat "$scratch/h/file")[1], $inode, 'with the same file');
is((output('cmp', "$home/huge/file", "$scratch/h/file"))[0] . join('', part()), '0', 'byte for byte, and nothing is left beside it');
$id = create('alice', @big, rule => 'replace');
ok(wait_until(20, sub { part() }), 'once more');
is((ask('alice', 'cancel', $id))[0], 0, 'cancelled');
ok(wait_until(5, sub { !part() }), 'nothing half is left, not even hidden');

$site->finish;
done_testing();
