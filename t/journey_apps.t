#!/usr/bin/perl
# Apps in a real browser with JavaScript switched off, on real podman with the real images: from the sign-in to a notebook, VS Code, a desktop and
# Redis, and what can be done with them on the portal's pages. What an app shows needs JavaScript: it is looked at in a browser that has it.
use strict;
use warnings;
use utf8;
use IO::Socket::INET;
use Naru::Browser;
use Naru::Test 'wait_until';
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1);
BAIL_OUT(Naru::Browser::missing()) if Naru::Browser::missing();
my ($START, $SHOW) = (120, 120);   # seconds that a slow machine may take to start an app, and an app's page to show itself
my %words = (
	en => { dashboard => qr/Dashboard/, running => qr/^Running/, stopped => qr/^Stopped/, failed => qr/^Failed/, gone => qr/There is no such app/, none => qr/You have no apps/ },
	ko => { dashboard => qr/대시보드/, running => qr/^실행 중/, stopped => qr/^중지됨/, failed => qr/^실패/, gone => qr/그런 앱이 없습니다/, none => qr/앱이 없습니다/ },
);
my $lang = 'en';
my ($pages, $clicks, $waited) = (0, 0, 0);
my ($alice, $bob) = map { Naru::Browser->new(js => 0) } 1 .. 2;
my $screen = Naru::Browser->new(log => 1);
my $notes = $site->base . '/home/alice/나루 notes.txt';
Naru::Test::spew($notes, "a line\n");
chown 20001, 30000, $notes;

# ---- Jupyter: from the sign-in to a notebook -----------------------------------------------------------------------------
$alice->sign_in($site, 'alice');
speak('en');
($pages, $clicks) = (2, 1);
like($alice->text('h1'), $words{en}{dashboard}, 'the dashboard');
follow('main form[action="/apps?offer=jupyter"] button');
my $jupyter = comes_up('Jupyter');
my $portal = open_app($jupyter);
diag "from the sign-in to the notebook: $pages pages, $clicks clicks";
cmp_ok($pages, '<=', 4, 'at most four pages from the sign-in to the notebook');
cmp_ok($clicks, '<=', 3, 'and three clicks');
like($alice->url, qr{^https://\Q@{[ host($jupyter) ]}\E/tree$}, 'which has a host of its own');
like($alice->title, qr/^Home Page/, 'and is Jupyter');
my $there = $alice->window;
$alice->window($portal);
$bob->sign_in($site, 'bob');
unseen($jupyter);
notebook($jupyter);

# ---- what can be done with it, on its page ------------------------------------------------------------------------------------
sub part { my ($what) = @_; return qq{form[action="/apps/$jupyter/$what"] button} }
$alice->get($site->url("/apps/$jupyter"));
my $ends = $alice->text('#time');
follow(part('extend') . '[value="8"]');
like($alice->text('main .flash'), qr/runs longer/, 'Extend');
isnt($alice->text('#time'), $ends, 'it ends later');
follow(qq{main a[href="/apps/$jupyter/log"]});
like($alice->text('pre.log'), qr/\S/, 'Log shows what it wrote');
follow('.crumb a');
$alice->type('#share [name=with]', 'bob');
$alice->type('#share [name=until]', tomorrow());
follow(part('share'));
like($alice->text('#share'), qr/bob shared until/, 'Share');
$bob->get($site->url('/apps'));
$bob->follow_out(qq{main a[href="/apps/$jupyter/open"]});
like($bob->title, qr/^Home Page/, 'bob finds it under Apps and is let in');
follow(part('unshare'));
$bob->reload;
unlike($bob->title, qr/^Home Page/, 'until the share is ended');
$bob->close_window;
$bob->window($bob->windows);
unseen($jupyter);
follow(part('stop'));
state_is('stopped', 'Stop');
$alice->window($there);
$alice->reload;
unlike($alice->title, qr/^Home Page/, 'its own page is gone with it');
$alice->window($portal);
follow(part('start'));
state_is('running', 'Start');
delete_app($jupyter);

# ---- the same in Korean -----------------------------------------------------------------------------------------------------------
$alice->get($site->url('/'));
speak('ko');
like($alice->text('h1'), $words{ko}{dashboard}, 'the dashboard in Korean');
is($alice->text('main form[action="/apps?offer=jupyter"] button'), '주피터 시작', 'one click');
follow('main form[action="/apps?offer=jupyter"] button');
my $korean = comes_up('주피터');
$portal = open_app($korean);
like($alice->title, qr/^Home Page/, 'Jupyter');
$alice->window($portal);
unseen($korean);
follow(qq{form[action="/apps/$korean/stop"] button});
state_is('stopped', 'stopped');
delete_app($korean);
speak('en');

# ---- the others ----------------------------------------------------------------------------------------------------------------------
my $code = from_catalogue('code');
ok(shows($code, '.monaco-workbench'), 'VS Code shows itself');
my $desktop = from_form('desktop', name => '데스크톱 "<b>"');
ok(shows($desktop, 'html.noVNC_connected canvas'), 'noVNC shows a desktop');
my $redis = from_catalogue('redis');
service($redis, $code);

# ---- several at once, on the page of all -------------------------------------------------------------------------------------------
follow('.crumb a');
my $cards = $alice->text('main');
like($cards, qr/\Q$_\E.*Running/s, "a card: $_") for 'VS Code', '데스크톱 "<b>"', 'Redis';
$alice->click("#pick-$_") for $code, $desktop, $redis;
follow('button[name=verb][value=delete]');
like($alice->text('main'), qr/not saved in a running one is lost/, 'deleting asks once more');
follow('main form button.danger');
ok(eval { $alice->wait_text('main', $words{en}{none}, $START) }, 'they go, and the page shows it') or diag $@;
ok($waited, 'pages of starting apps reloaded by themselves until they ran');
$site->finish;
done_testing;

# ---- steps -------------------------------------------------------------------------------------------------------------------------------

sub host { return "$_[0].apps.localhost:" . $site->port }
sub follow { $alice->follow(@_); $pages++; $clicks++ }
sub tomorrow { my @t = localtime time + 86400; return sprintf '%02d%02d%04d', $t[4] + 1, $t[3], $t[5] + 1900 }

sub speak {
	($lang) = @_;
	$alice->follow("form.language button[lang=$lang]") if $alice->source !~ /<html lang="$lang"/;
	like($alice->source, qr/<html lang="$lang"/, "the page speaks $lang");
}

# Alice's page of an app, which reloads by itself, comes to a state.
sub state_is {
	my ($state, $name) = @_;
	my $text = eval { $alice->wait_text('.job-state', qr/$words{$lang}{$state}|$words{$lang}{failed}/, $START) } // $@;
	like($text, $words{$lang}{$state}, $name) or BAIL_OUT(join "\n", $alice->text('main'), $site->log_tail('deployer'));
}

# She is on the page of an app that she has just created: it says what happens until the app answers. Its id.
sub comes_up {
	my ($name) = @_;
	my ($id) = $alice->url =~ m{/apps/([a-z][a-z2-7]{9})$};
	ok($id, "$name has a page") or BAIL_OUT($alice->text('main'));
	$waited++ if $alice->text('.job-state') !~ $words{$lang}{running};
	state_is('running', "$name runs");
	like($alice->text('h1'), qr/\Q$name\E/, 'under its name');
	return $id;
}

sub open_app {
	my ($id) = @_;
	my $here = $alice->follow_out(qq{main a[href="/apps/$id/open"]}, $SHOW);
	$pages++;
	$clicks++;
	return $here;
}

sub from_catalogue {
	my ($offer) = @_;
	$alice->get($site->url('/'));
	follow('main a[href="/apps/new"]');
	follow(qq{main form[action="/apps?offer=$offer"] button});
	my $id = comes_up($alice->text('h1'));
	unseen($id);
	return $id;
}

sub from_form {
	my ($offer, %typed) = @_;
	$alice->get($site->url('/apps/new'));
	follow(qq{main a.button[href="/apps/new?offer=$offer"]});
	$alice->type("[name=$_]", $typed{$_}) for sort keys %typed;
	follow('main form button.primary');
	my $id = comes_up($typed{name});
	unseen($id);
	return $id;
}

sub unseen {
	my ($id) = @_;
	$bob->get($site->url("/apps/$id"));
	like($bob->text('main'), qr/$words{en}{gone}/, 'for bob there is no such app');
	$bob->get($site->url("/apps/$id/open"));
	like($bob->text('main'), qr/$words{en}{gone}/, 'nor a way into it');
	$bob->get($site->url('/apps'));
	like($bob->text('main'), $words{en}{none}, 'nor a card');
}

sub delete_app {
	my ($id) = @_;
	follow(qq{main a[href="/apps/$id/delete"]});
	follow('main form button.danger');
	is($alice->url, $site->url('/apps'), 'Delete leads to the list');
	ok(eval { $alice->wait_text('main', $words{$lang}{none}, $START) }, 'from which it goes') or diag $@;
}

# ---- what the apps show, with JavaScript -----------------------------------------------------------------------------------------------

# Opens it as a person does; the portal's window is where we are afterwards, the app's stays open.
sub enter {
	my ($id) = @_;
	$screen->get($site->url("/apps/$id"));
	$screen->sign_in($site, 'alice') if $screen->url =~ /sign-in/;
	$screen->get($site->url("/apps/$id"));
	return $screen->follow_out(qq{main a[href="/apps/$id/open"]}, $SHOW);
}

sub appears {
	my ($code) = @_;
	return wait_until($SHOW, sub { eval { $code->() } }) || !diag 'instead: ', $screen->url, ' ', $screen->text('body');
}

sub shows {
	my ($id, $css) = @_;
	my $portal = enter($id);
	my $there = appears(sub { scalar(my @found = $screen->all($css)) });
	is($screen->url =~ m{^https://\Q@{[ host($id) ]}\E/} ? 1 : 0, 1, 'on its own host');
	$screen->close_window;
	$screen->window($portal);
	return $there;
}

# A file of hers is in the list; a cell runs; and all that the browser sends to the app's host are cookies of that host.
sub notebook {
	my ($id) = @_;
	my $portal = enter($id);
	ok(appears(sub { $screen->text('#notebook_list') =~ /나루 notes\.txt/ }), 'the notebook lists her files');
	ok(appears(sub { $screen->run('return !!document.querySelector("#kernel-python3 a")') }), 'it has Python');
	$screen->click('#new-dropdown-button');
	$screen->follow_out('#kernel-python3 a', $SHOW);
	ok(appears(sub { $screen->run('return Jupyter.notebook.kernel.is_connected()') }), 'a kernel is reached');
	$screen->run('const c = Jupyter.notebook.get_cell(0); c.set_text(arguments[0]); c.execute()', 'import os; print("uid", os.getuid(), 6 * 7)');
	ok(appears(sub { $screen->text('.output_area') =~ /uid 20001 42/ }), 'and runs a cell as alice');
	my @sent = grep { ($_->{host} // $_->{':authority'} // '') eq host($id) } $screen->requests;
	cmp_ok(scalar @sent, '>', 10, 'the browser has asked the app for a lot');
	my %cookies = map { s/=.*//sr => 1 } map { split /;\s*/, $_->{cookie} // '' } @sent;
	is(join(' ', sort grep { /naru/ } keys %cookies), '__Host-naru-app', 'and sent the cookie of its host, none of the portal') or diag join ' ', sort keys %cookies;
	unlike($screen->run('return document.cookie'), qr/naru/, 'which no script of the app can read');
}

# No page of its own: what is shown is enough to use it, with the very line that is shown.
sub service {
	my ($id, $other) = @_;
	is(scalar(my @open = $alice->all(qq{main a[href="/apps/$id/open"]})), 0, 'Redis has no page to open');
	my ($host, $port) = map { $alice->text("main section dl dd.mono:nth-of-type($_)") } 1, 2;
	like("$host $port", qr/^\d+\.\d+\.\d+\.\d+ 6379$/, 'host and port');
	$alice->click('main details summary');
	my $password = $alice->text('main details p.mono');
	like($password, qr/^[0-9a-f]{64}$/, 'the password, on demand');
	like(redis($host, $port, 'PING'), qr/^-NOAUTH/, 'without it nobody is let in');
	is(redis($host, $port, "AUTH $password", 'PING'), "+OK\r\n+PONG\r\n+OK\r\n", 'what is shown is good');
	my $line = $alice->text('main details pre');
	like($site->ops('podman', 'with', 'exec', "naru-$other", 'timeout', '20', 'bash', '-c', $line), qr/^\+PONG/m, 'so is the line to try it with, in another app of hers');
}

sub redis {
	my ($host, $port, @commands) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 20) or return "connect: $!";
	print $s map { "$_\r\n" } @commands, 'QUIT';
	local $/;
	return <$s> // '';
}
