#!/usr/bin/perl
# axe-core, the accessibility checker, on each page in a real browser: WCAG 2.2 AA rules, light and dark, desktop and phone.
use strict;
use warnings;
use Naru::Browser;
use Naru::Test;
use Test::More;

my $site = Naru::Test->site(apps => 1);
BAIL_OUT(Naru::Browser::missing()) if Naru::Browser::missing();
my ($status, $path) = Naru::Test::output("$Naru::Test::top/ops/axe");
is($status, 0, 'axe-core is there') or diag $path;
($path) = (split /\n/, $path)[-1];
my $axe = Naru::Test::slurp($path);

my @pages = ('/', '/notices', '/account', '/account/password', '/account/sessions', '/account/codes', '/account/tokens', '/account/connect', '/account/contract',
	'/jobs', '/jobs/new', '/jobs/new?template=serial', '/jobs/demo/999999', '/files/', '/files/in/home', '/files/in/home/none');
# Files of each kind that has a page of its own.
my $home = $site->base . '/home/carol';
my %files = ('axe.md' => "# A\n\n| a |\n|---|\n| b |\n\n[x](y) `z`\n", 'axe.csv' => "a,b\n1,2\n", 'axe.txt' => "a\n" x 200_000, 'axe.bin' => "\0",
	'axe.jpg' => Naru::Test::slurp("$Naru::Test::top/t/fuzz/corpus/preview/small.jpg"), 'axe.ipynb' => Naru::Test::slurp("$Naru::Test::top/t/fuzz/corpus/preview/small.ipynb"));
for my $file (sort keys %files) {
	Naru::Test::spew("$home/$file", $files{$file});
	chown((stat $home)[4, 5], "$home/$file");
	push @pages, "/files/in/home/$file";
}
push @pages, '/files/in/home/axe.txt?look=lines', '/files/do/edit/home/axe.md', '/files/do/new/home';
# Where apps run, two of them, so that their pages are seen with something on them.
my $carol = $site->signed_in('carol');
$site->api($carol, POST => '/apps/requests', { what => 'Julia kernel' });
my @made;
for my $offer (qw(redis jupyter)) {
	my (undef, undef, $made) = $site->api($carol, POST => "/apps?offer=$offer", { quick => 'yes' });
	my ($id) = ($made->header('Location') // '') =~ m{/apps/([a-z2-7]{10})$};
	ok($id, "$offer is created") or diag($made->decoded_content), next;
	push @pages, "/apps/$id", "/apps/$id/log", "/apps/$id/delete";
	push @made, $id;
}
# A store that nobody answers for: its page has the most to say.
my (undef, undef, $kept) = $site->api($carol, POST => '/stores?kind=sftp', { title => 'Group machine', host => 'localhost', port => 1, user => 'carol', auth => 'password', secret => 'x' });
my ($store) = ($kept->header('Location') // '') =~ m{/stores/([a-z2-7]{10})$};
ok($store, 'a store is registered') or diag $kept->decoded_content;
push @pages, "/stores/$store", "/stores/$store/remove" if $store;
# What was copied is pasted, and stands on every folder's page.
my $line = $site->base . '/home/carol/axe.txt';
Naru::Test::spew($line, "a line\n");
chown 20003, 30000, $line;
$site->api($carol, POST => '/files/do/clip/home', { verb => 'copy', pick => [ 'axe.txt', 'gone.txt' ] });
my ($clip) = map { $_->{clip} } ($site->api($carol, GET => '/files/in/scratch'))[1];
my (undef, undef, $pasted) = $site->api($carol, POST => '/transfers/paste', { clip => $clip->{id}, place => 'scratch', path => '' });
my ($transfer) = ($pasted->header('Location') // '') =~ m{(/transfers/\w+)$};
ok($transfer, 'a transfer is made') or diag $pasted->decoded_content;
$site->api($carol, POST => '/files/do/mark/home/axe.txt', { favourite => 1, tags => 'axe, draft' });
push @pages, '/files/marks', '/files/marks?tags=axe', '/files/do/mark/home/axe.txt', '/files/find', '/files/find/home?go=1&name=axe', '/files/find/home?go=1&larger=much';
push @pages, '/transfers', '/transfers/all', '/transfers/none', $clip->{options_url}, '/files/in/scratch', $transfer ? $transfer : ();
my ($job) = $site->slurm('as', 'carol', 'sbatch', '--parsable', '-A', 'physics', '-o', '/dev/null', '--wrap', 'sleep 1') =~ /(\d+)/;
push @pages, '/apps', '/apps/new', '/apps/new?offer=jupyter', '/apps/new?offer=own-image', '/apps/volumes', '/apps/requests', '/apps/offers', '/apps/none';
push @pages, '/stores', '/stores/new', (map { "/stores/new?kind=$_" } qw(s3 sftp webdav ftp)), '/stores/none';
push @pages, '/shares', '/shares/new?place=home&path=', '/shares/new?place=home&path=&kind=link', '/shares/new?place=home&path=&kind=drop', '/s/' . 'A' x 32;
push @pages, "/jobs/demo/$job", '/jobs?group=all', '/jobs/new?template=array';
for my $look ({ width => 1280, height => 900 }, { width => 390, height => 844, dark => 1, lang => 'ko' }) {
	my $name = ($look->{dark} ? 'phone, dark' : 'desktop') . ': ';
	my $browser = Naru::Browser->new(%$look);
	$browser->get($site->url('/sign-in'));
	check($browser, "$name/sign-in");
	$browser->type('input[name=user]', 'carol');
	$browser->type('input[name=password]', 'carol-ferry');
	$browser->click('main form button');
	for my $page (@pages, '/notices/new') {
		$browser->get($site->url($page));
		check($browser, "$name$page");
	}
}
unlink map { "$home/$_" } keys %files;
$site->api($carol, POST => "/apps/$_/delete") for @made;
$site->api($carol, POST => "/stores/$store/remove") if $store;
$site->finish;
done_testing;

sub check {
	my ($browser, $name) = @_;
	$browser->run($axe);
	my $found = $browser->run_async(q{
		const done = arguments[arguments.length - 1];
		axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
			.then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' [' + v.nodes.map(n => n.html).slice(0, 3).join(' | ') + ']')))
			.catch(e => done(['axe failed: ' + e]));
	});
	is(join("\n", @$found), '', "$name has no violation");
	is($browser->run('return document.documentElement.scrollWidth > document.documentElement.clientWidth'), JSON::PP::false, "$name does not scroll sideways");
}
