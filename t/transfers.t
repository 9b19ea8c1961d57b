# Transfers between folders of this machine, by real processes: what is copied and how names are chosen, checks, pauses, faults, turns.
use strict;
use warnings;
use utf8;
use Naru::Test qw(output slurp spew wait_until);
use Naru::Transfers qw(ask create record files state_is settled);
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[mover]\nrunning-per-user = 1\n");
Naru::Transfers::of($site);
my ($home, $scratch) = map { $site->base . "/$_/alice" } qw(home scratch);
ok(wait_until(20, sub { -s $site->base . '/state/launcher/people' }), 'the launcher knows whose accounts there are');
sub sh { my ($status, $said) = output('sh', '-c', "cd $home && " . $_[0]); is($status, 0, "made: $_[0]") or diag $said; return }
sub equal { my ($a, $b, $what) = @_; my ($status, $said) = output('diff', '-r', $a, $b); return is("$status$said", '0', $what) }

sh(q{mkdir -p in/deep/er in/empty out && for i in $(seq 300); do echo "content $i" > in/f$i; done; head -c 3000000 /dev/urandom > in/deep/big; : > in/deep/er/none;
	printf x > 'in/odd name ('; ln -s f1 in/link; chown -R alice:researchers in out; chmod 700 in});
my $id = create('alice', from_path => 'in', to_path => 'out');
my $t = settled($id);
is($t->{state}, 'done', 'a folder is copied') or diag explain $t;
diag explain $t;
$site->finish;
done_testing();
