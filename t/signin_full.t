#!/usr/bin/perl
# The disk with the accounts is full: who is signed in goes on, signing out works, signing in says why not, and works when there is space again.
use strict;
use warnings;
use lib 't/lib';
use Naru::Account qw(cookie get_as post_as status);
use Naru::Test qw(output run_ok wait_until);
use Test::More;

my $site = Naru::Test->site(private => 1, slurm => 0);
my $db = $site->base . '/state/db/accounts';
my ($one, $two) = map { $site->signed_in('alice') } 1, 2;
my ($id, $csrf) = (cookie($one, '__Host-naru'), $site->csrf($one));
my $mounted = 0;

sub service { my ($what) = @_; output('sv', '-w', '20', $what, $site->base . '/etc/sv/account') }

END {
	my $status = $?;
	if ($mounted) {
		service('stop');
		system 'umount', $db;
	}
	$? = $status;
}

service('stop');
run_ok('the accounts move to a small disk', 'sh', '-ec',
	'cp -a "$1" "$1.kept"; mount -t tmpfs -o size=400k,mode=0700,uid=$(stat -c %u "$1"),gid=$(stat -c %g "$1") none "$1"; cp -a "$1.kept"/* "$1"', 'sh', $db);
$mounted = 1;
output('dd', 'if=/dev/zero', "of=$db/fill", 'bs=4k');
service('start');
ok(wait_until(15, sub { status($site, '/sign-in') == 200 }), 'account starts on a full disk');

# The free pages of the file hold a few more sessions.
my $full;
for (1 .. 60) {
	my $mech = $site->mech;
	$mech->local_address("127.2.0.$_");
	$site->sign_in($mech, 'bob');
	$full = $mech, last if $mech->status == 503;
}
ok($full, 'then signing in is answered with 503');
like($full ? $full->content : '', qr/<h1>/, 'on a page');
is(get_as($site, cookie($one, '__Host-naru'), '/account'), 200, 'who is signed in goes on');
my ($status) = post_as($site, $id, '/sign-out', "csrf=$csrf&key=0123456789abcdef", Origin => 'https://localhost:' . $site->port);
is($status, 303, 'signing out works');
is(get_as($site, $id, '/account'), 401, 'and is one');
unlink "$db/fill";
my $mech = $site->mech;
$mech->local_address('127.2.1.1');
ok($site->sign_in($mech, 'bob'), 'with space again one can sign in');
is(get_as($site, cookie($two, '__Host-naru'), '/account'), 200, 'and nothing else has changed');

$site->finish;
done_testing;
