# ops/backup while people write, then everything gone, then ops/restore: sign-ins, notices, keys and the audit list are
# there again. And what restore refuses.
use strict;
use warnings;
use Naru::Account 'naru_account';
use Naru::Test qw(output slurp spew wait_until);
use POSIX ();
use Test::More;

my $site = Naru::Test->site(private => 1, slurm => 0);
my ($base, $dir) = ($site->base, $site->{dir});
my $alice = $site->signed_in('alice');
my $carol = $site->signed_in('carol');

sub ops { return output($site->_env, "$Naru::Test::top/ops/$_[0]", @_[1 .. $#_]) }
sub ctl { return output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", @_) }

sub notice {
	my ($text) = @_;
	my ($status) = $site->api($carol, POST => '/notices', { title => $text, body => "$text.", level => '' });
	return $status == 303 || $status == 200;
}
sub notices { my (undef, $data) = $site->api($carol, GET => '/notices'); return JSON::PP->new->canonical->encode($data // {}) }

sub modes { return (output('sh', '-c', 'cd "$1" && find etc/tls etc/naru.conf etc/naru.env etc/demo-users state/keys state/db ! -name lock.mdb ! -path "*audit/lock*" -printf "%p %m %u %g\n" | sort', 'sh', $base))[1] }

# ---- a backup while notices are written ----------------------------------------------------------
ok(notice("before $_"), "notice $_") for 1 .. 3;
my $said = "$dir/said";
spew($said, '');
defined(my $writer = fork) or die "fork: $!";
if (!$writer) {
	open my $log, '>>', $said or POSIX::_exit(1);
	$log->autoflush(1);
	for my $n (1 .. 400) { notice("during $n") and print $log "during $n\n" }
	POSIX::_exit(0);
}
ok(wait_until(20, sub { slurp($said) =~ /during 2\n/ }), 'somebody writes notices');
my @sure = split /\n/, slurp($said);
my $before = modes();
my $file = "$dir/naru.tar";
my ($status, $text) = ops('backup', $file);
is($status, 0, 'ops/backup') or diag $text;
like($text, qr/databases: (?=.*accounts)(?=.*portal)(?=.*audit)/, 'names the databases');
my $during = slurp($said);
kill TERM => $writer;
waitpid $writer, 0;
cmp_ok(scalar(split /\n/, $during), '>', scalar @sure, 'while they were written');
is((output('stat', '-c', '%a %U', $file))[1], "600 root\n", 'the file is root\'s alone');
is(join(' ', grep { !/^(naru\.tar|said|site)$/ } map { s{.*/}{}r } glob "$dir/{*,.naru*}"), '', 'nothing else is left beside it');
my $list = (output('tar', '-tvf', $file))[1];
like($list, qr{state/keys/proof\.key$}m, 'the keys are in it');
unlike($list, qr{etc/sv/|log/|home/|state/poller}, 'and nothing that is made again');

# ---- refusals ------------------------------------------------------------------------------------
($status, $text) = ops('restore', $file);
isnt($status, 0, 'restore refuses while the site runs');
like($text, qr/runs; stop it/, 'and says so');
is((ops('restore', "$dir/none"))[0], 1, 'and a file that is not there');
my $key = slurp("$base/state/keys/proof.key");
$site->ops('site', 'stop');
spew("$dir/short.tar", substr slurp($file), 0, int(0.6 * -s $file));
spew("$dir/bent.tar", slurp($file) =~ s/before 2\./BEFORE 2./r);
spew("$dir/other.tar", 'no tar at all');
for my $bad (qw(short bent other)) {
	($status, $text) = ops('restore', "$dir/$bad.tar");
	isnt($status, 0, "a $bad file is refused");
	like($text, qr/nothing was changed/, 'before anything is touched');
}
ok(-s "$base/state/db/portal/data.mdb" && !glob("$base/restore.*") && !glob("$base/state/db.*"), 'the state stands as it was');

# ---- everything gone, and back -----------------------------------------------------------------------
$site->ops('site', 'purge');
ok(!-e $base, 'the site is gone');
($status, $text) = ops('restore', $file);
is($status, 0, 'ops/restore') or diag $text;
like($text, qr/made 20\d\d-.* is back/, 'says of when it is');
is(modes(), $before, 'owners and modes are those of before');
$site->ops('site', 'make');
$site->ops('site', 'start');
is(slurp("$base/state/keys/proof.key"), $key, 'the key is the same');
is(($site->api($alice, GET => '/'))[0], 200, 'who was signed in is signed in');
is(($site->api($carol, GET => '/account'))[1]{user} // '', 'carol', 'as who they were');
my $there = notices();
ok(index($there, "before $_") >= 0, "notice $_ is there") for 1 .. 3;
is(join(' ', grep { index($there, "$_.") < 0 } @sure), '', 'and all that were confirmed before the backup');
($status, $text) = ctl('audit', 'verify');
is($status, 0, 'the chain of the audit list is whole') or diag $text;
my $kept = () = $there =~ /(?:before|during) \d+\./g;
my $listed = () = (ctl('dump', 'audit'))[1] =~ /notice\.\w+/g;
cmp_ok($listed, '>=', $kept, 'the list tells of each notice that is there');
ok(notice('afterwards'), 'and the site goes on');
is((ctl('audit', 'verify'))[0], 0, 'with the chain');

# ---- over a site that is there ----------------------------------------------------------------------
$site->ops('site', 'stop');
($status, $text) = ops('restore', $file);
is($status, 0, 'over a stopped site') or diag $text;
my ($aside) = glob "$base/state/db.*";
ok($aside && -s "$aside/portal/data.mdb", 'its databases are moved aside');
$site->ops('site', 'start');
unlike(notices(), qr/afterwards/, 'and those of the file are used');

# ---- naru-ctl backup by itself ---------------------------------------------------------------------------
mkdir "$dir/copies";
($status, $text) = ctl('backup', "$dir/copies");
is($status, 0, 'naru-ctl backup') or diag $text;
like($text, qr/^portal \d+\n(?:.*\n)*audit \d+\n\z/m, 'the audit list comes last');
($status) = ctl('backup', "$dir/copies");
is($status, 1, 'a folder that has copies is refused');
is((ctl('backup', "$dir/nowhere"))[0], 1, 'and one that is not there');
$site->finish;
done_testing;
