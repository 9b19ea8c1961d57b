# A notebook, from the sign-in to a cell that has run: real podman, real Jupyter, the real gateway. Then VS Code and the desktop.
# t/jupyter_kubernetes.t is the same on Kubernetes.
use strict;
use warnings;
use Naru::Notebook;
use Naru::Test qw(wait_until);
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1);
my $apps = Naru::Notebook->new($site);
my $alice = $apps->{alice};
$apps->journey(within => 20);

# ---- how soon ----------------------------------------------------------------------------------------------------------------------------
# From Create to an answer through the gateway when the image is there.
sub took {
	my ($offer, $path) = @_;
	my $start = time;
	my ($code, undef, $response) = $site->api($alice, POST => "/apps?offer=$offer", { quick => 'yes' });
	my ($id) = ($response->header('Location') // '') =~ m{/apps/(\w+)$} or return 1000;
	my $cookie;
	for (my $end = time + 30; time < $end && !$cookie; sleep 0.02) { $cookie = $apps->enter($alice, $id) }
	my ($got) = $cookie ? $apps->app($id, $cookie, GET => $path) : 0;
	my $took = $got == 200 || $got == 302 ? time - $start : 1000;
	$site->api($alice, POST => "/apps/$id/delete", { confirmed => 'yes' });
	wait_until(30, sub { ($site->api($alice, GET => "/apps/$id"))[0] == 404 });
	return $took;
}
# How many times as long everything takes now, because the machine has other work as well: 1 on an idle one.
sub busy {
	my ($start, $used) = (time, 0);
	my $before = (times)[0];
	$used = (times)[0] - $before while $used < 0.2;
	return (time - $start) / $used;
}
# What else the machine does may spoil a try, but not each of five.
for my $kind ([ code => '/' ], [ jupyter => '/tree' ]) {
	my ($most, @took) = (0);
	for (1 .. 5) {
		my $before = busy();
		my $took = took(@$kind);
		$most = 2 * ($before + busy()) / 2;
		push @took, sprintf '%.2f s of %.2f', $took, $most;
		last if $took < $most;
	}
	diag "$kind->[0]: " . join ', ', @took;
	cmp_ok((split / /, $took[-1])[0], '<', $most, "$kind->[0]: from Create to an answer in less than two seconds of an idle machine");
}

# ---- VS Code and the desktop ------------------------------------------------------------------------------------------------------------
for my $kind ([ code => '/', qr/code-server|vscode|workbench/i ], [ desktop => '/', qr/noVNC|vnc/i ]) {
	my ($offer, $path, $looks) = @$kind;
	my ($code, undef, $response) = $site->api($alice, POST => "/apps?offer=$offer", { quick => 'yes' });
	is($code, 303, "$offer: one click") or diag $response->content;
	my ($id) = ($response->header('Location') // '') =~ m{/apps/(\w+)};
	ok($apps->running($alice, $id, 60), "$offer: it answers") or diag $site->log_tail('deployer');
	my $key = $apps->enter($alice, $id);
	my ($got, $head, $page) = $apps->app($id, $key, GET => $path);
	($got, $head, $page) = $apps->app($id, $key, GET => $head->{location} =~ s{^\./}{/}r =~ s{^https://[^/]+}{}r) if $got == 302;
	is($got, 200, "$offer: its page is there");
	like($page, $looks, "$offer: and is what it should be") or diag substr $page, 0, 300;
}
$site->finish;
done_testing;
