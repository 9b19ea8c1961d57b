# Transfers between all kinds of stores: real servers, each kind to each kind, byte for byte; faults of servers in the middle.
use strict;
use warnings;
use utf8;
use Naru::Stores;
use Naru::Test qw(output slurp spew wait_until);
use Naru::Transfers qw(ask create record files settled state_is);
use Test::More;
use Time::HiRes qw(sleep time);

my $bed = Naru::Stores::bed(qw(s3 sftp ftp webdav));
my $site = Naru::Test->site(private => 1, slurm => 0,
	conf => "[store]\nnetworks = 127.0.0.0/8 ::1/128\nca-file = $bed->{STORES_CA}\nplain = yes\n[mover]\nrunning = 4\nrunning-per-user = 4\nrunning-per-store = 4\n");
Naru::Transfers::of($site);
my $home = $site->base . '/home/alice';
my $alice = $site->signed_in('alice');
my %form = Naru::Stores::forms($bed);
my %place = (posix => 'home');
for my $kind (sort keys %form) {
	$place{$kind} = Naru::Stores::register($site, $alice, $bed, $kind, $form{$kind});
	ok($place{$kind}, "$kind is registered");
}
my %on_disk = (sftp => $bed->{SFTP_FILES}, ftp => $bed->{FTP_FILES}, webdav => $bed->{WEBDAV_FILES}, posix => $home);

sub sh { my ($status, $said) = output('sh', '-ec', "cd $home; $_[0]"); is($status, 0, 'made') or diag "$_[0]: $said"; return }
sub sums { my ($folder) = @_; return (output('sh', '-c', "cd '$folder' && find . -type f -print0 | sort -z | xargs -0 -r md5sum"))[1] }
sub counts { my ($t) = @_; return "$t->{state} " . join ' ', map { $t->{$_} } qw(files_done files_skipped files_failed) }
sub start { my ($from, $to, %how) = @_; return create('alice', from_place => $place{$from}, to_place => $place{$to}, %how) }

# ---- each to each ------------------------------------------------------------------------------------------------------

sh(q{mkdir -p src/sub/deep back; for i in $(seq 20); do head -c $((i * 900)) /dev/urandom >src/f$i; done; head -c 7000000 /dev/urandom >src/sub/big; : >src/sub/none; printf x >'src/sub/deep/한글 %20+&.txt';
	chown -R alice:researchers .});
my $want = sums("$home/src");
my @kinds = sort keys %form;
my %first = map { $_ => start('posix', $_, from_path => '', names => 'src', to_path => '', verify => $_ eq 's3' ? 'checksum' : 'size') } @kinds;
is(counts(settled($first{$_}, 60)), 'done 23 0 0', "posix to $_") or diag explain record($first{$_}), files($first{$_}) for @kinds;
my %second;
for my $from (@kinds) {
	$second{"$from $_"} = start($from, $_, from_path => 'src', to_path => "from-$from") for @kinds;
	$second{"$from posix"} = start($from, 'posix', from_path => 'src', to_path => "back/$from");
}
for my $pair (sort keys %second) {
	my ($from, $to) = split ' ', $pair;
	my $t = settled($second{$pair}, 120);
	is(counts($t), 'done 23 0 0', "$from to $to") or diag explain $t, grep { $_->{state} ne 'done' } files($second{$pair});
	is(sums($to eq 'posix' ? "$home/back/$from" : "$on_disk{$to}/from-$from"), $want, "$from to $to: byte for byte") if $on_disk{$to};
}
my $back = start('s3', 'posix', from_path => '', names => join(',', map { "from-$_" } @kinds), to_path => 'back');
is(counts(settled($back, 60)), 'done 92 0 0', 'all that came to S3 comes back');
is(sums("$home/back/from-$_"), $want, "$_ to s3: byte for byte") for @kinds;

# ---- a second time ---------------------------------------------------------------------------------------------------------

my %again = map { $_ => start('posix', $_, from_path => 'src', to_path => 'src', verb => 'sync') } @kinds;
is(counts(settled($again{$_}, 60)), 'done 0 23 0', "sync to $_ finds nothing to do") or diag explain [ map { "$_->{path} $_->{action} $_->{code}" } files($again{$_}) ] for @kinds;

# ---- what goes wrong on the way ---------------------------------------------------------------------------------------------

# Its server ends the session, several times.
my $name = "$on_disk{sftp}/cut";
mkdir $name;
my $owner = (stat $on_disk{sftp})[4];
chown $owner, -1, $name;
my $id = start('posix', 'sftp', from_path => 'src', to_path => 'cut', rate => 2_000_000, lanes => 2);
my $cut = 0;
for (1 .. 3) {
	wait_until(20, sub { my $t = record($id); $t->{state} eq 'running' && $t->{bytes_done} > 0 || $t->{state} eq 'done' });
	my @sessions = map { split /\n/, (output('pgrep', '-u', $_))[1] } $owner;
	$cut += kill 9, grep { (eval { slurp("/proc/$_/cmdline") } // '') =~ /^sshd|sftp-server/ } @sessions;
	sleep 0.5;
	ask('alice', 'resume', $id) if record($id)->{state} eq 'waiting';
}
ok($cut, "$cut processes of the server were killed");
wait_until(20, sub { record($id)->{state} =~ /done|waiting/ });
ask('alice', 'resume', $id) if record($id)->{state} eq 'waiting';
is(counts(settled($id, 60)), 'done 23 0 0', 'it comes to its end') or diag explain record($id);
is(sums($name), $want, 'byte for byte, no other names');

# The password is another one.
$id = start('posix', 'webdav', from_path => 'src/sub', names => 'big', to_path => '', rate => 1_000_000);
ok(wait_until(20, sub { record($id)->{bytes_done} > 0 }), 'a transfer goes on');
ask('alice', 'pause', $id);
my $store = $place{webdav} =~ s/store-//r;
$site->api($alice, POST => "/stores/$store", { %{ $form{webdav} }, secret => 'wrong', save_anyway => 'yes' });
ask('alice', 'resume', $id);
my $t = settled($id, 30);
is("$t->{state} $t->{code}", 'failed 1016', 'a refused sign-in stops it') or diag explain $t;
$site->api($alice, POST => "/stores/$store", $form{webdav});
ask('alice', 'resume', $id);
is(counts(settled($id, 30)), 'done 1 0 0', 'with the right password it goes on');
is((output('cmp', "$on_disk{webdav}/big", "$home/src/sub/big"))[0], 0, 'to the same bytes');

$site->finish;
Naru::Stores::down();
done_testing();
