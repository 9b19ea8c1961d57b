# A notebook, from the sign-in to a cell that has run: real podman, real Jupyter, the real gateway. Then VS Code and the desktop.
# t/jupyter_kubernetes.t is the same on Kubernetes.
use strict;
use warnings;
use Naru::Notebook;
use Naru::Test;
use Test::More;

my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1);
my $apps = Naru::Notebook->new($site);
my $alice = $apps->{alice};
$apps->journey(within => 10);

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
