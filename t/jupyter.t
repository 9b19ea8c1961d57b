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
$apps->journey(within => 10);

# ---- how soon ----------------------------------------------------------------------------------------------------------------------------
# From Create to an answer through the gateway when the image is there. What else the machine does may spoil a try, but not each of five.
sub took {
	my ($offer, $path) = @_;
	my $start = time;
	my ($code, undef, $response) = $site->api($alice, POST => "/apps?offer=$offer", { quick => 'yes' });
	my ($id) = ($response->header('Location') // '') =~ m{/apps/(\w+)$} or return 1000;
	my $cookie;
	for (1 .. 1000) { last if $cookie = $apps->enter($alice, $id); sleep 0.02 }
	my ($got) = $apps->app($id, $cookie, GET => $path);
	my $took = $got == 200 || $got == 302 ? time - $start : 1000;
	$site->api($alice, POST => "/apps/$id/delete", { confirmed => 'yes' });
	wait_until(30, sub { ($site->api($alice, GET => "/apps/$id"))[0] == 404 });
	return $took;
}
for my $kind ([ code => '/login' ], [ jupyter => '/tree' ]) {
	my @took;
	for (1 .. 5) { push @took, took(@$kind); last if $took[-1] < 2 }
	diag "$kind->[0]: " . join ', ', map { sprintf '%.2f s', $_ } @took;
	cmp_ok($took[-1], '<', 2, "$kind->[0]: from Create to an answer in less than two seconds");
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
