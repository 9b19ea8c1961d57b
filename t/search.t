#!/usr/bin/perl
# Searching through nginx: in a place, from a folder down, over favourites, by tag, in a remote store; what is not followed; going on; quotas of a site's file.
# And marks in a store: they stand when the server hangs, and the page does, too.
use strict;
use warnings;
use utf8;
use Encode;
use FindBin;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);
use lib "$FindBin::Bin/lib";
use Naru::Stores;
use Naru::Test qw(slurp spew output);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $bed = Naru::Stores::bed('webdav');
my $quota = "/tmp/naru-quota-$$";
my $site = Naru::Test->site(slurm => 0, private => 1,
	conf => "[store]\nnetworks = 127.0.0.0/8 ::1/128\nca-file = $bed->{STORES_CA}\nplain = yes\n\n[place scratch]\nquota-file = $quota\n");
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
END { unlink $quota if $quota && $site && $site->{owner} == $$ }

sub plant {
	my ($name, $size) = @_;
	my $path = "$home/$name";
	$name =~ m{/$} ? mkdir($path) : spew($path, 'x' x ($size // 1));
	chown $uid, $gid, $path;
}
sub query { my (%q) = @_; return join '&', 'go=1', map { "$_=" . encode_utf8($q{$_}) =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger } sort keys %q }
# The whole search, page by page: (names, pages, the last page's data)
sub find {
	my ($mech, $where, %q) = @_;
	my ($url, @names, $pages) = ("/files/find$where?" . query(%q));
	while ($url) {
		my ($status, $data) = $site->api($mech, GET => $url);
		return ("status $status", $pages, $data) if $status != 200;
		push @names, map { $_->{name} } @{ $data->{rows} };
		$pages++;
		$url = $data->{next} or return (join(' ', sort @names), $pages, $data);
	}
}
sub found { return (find($alice, @_))[0] }
sub post { my ($path, %fields) = @_; return ($site->api($alice, POST => $path, \%fields))[0] }

plant($_) for 'run/', 'run/2025/', 'run/2026/', 'run/.cache/', 'run/.cache/x.log';
plant("run/2025/a.log", 10);
plant("run/2025/b.dat", 2000);
plant("run/2026/c.LOG", 3000);
plant("run/2026/초고.txt", 1);
plant('top.log', 5);
utime 1e9, 1e9, "$home/run/2025/b.dat";
symlink '/etc', "$home/run/etc";
symlink $site->base . '/home/bob', "$home/run/bob";

subtest 'in a browser' => sub {
	$alice->get($site->url('/files/in/home/run'));
	$alice->follow_link(text_regex => qr/Search in the folders below/);
	is $alice->status, 200, 'the form';
	$alice->submit_form(with_fields => { name => '.log' });
	like $alice->content, qr{2 found; 11 entries|2 found}, 'says how many';
	like $alice->content, qr{href="/files/in/home/run/2025/a\.log".*>Home / run/2025<}s, 'with the way to it';
	$alice->follow_link(url_regex => qr{/files/in/home/run/2025/a\.log});
	is $alice->status, 200, 'which leads there';
	$alice->get($site->url('/files/find/home?go=1&larger=much'));
	is $alice->status, 422, 'a size that is none';
	like $alice->content, qr/value="much".*20 MB/s, 'the text is kept, and the field says what would be one';
};

subtest 'by each condition' => sub {
	is found('/home', name => '.log'), 'a.log c.LOG top.log', 'a part of the name';
	is found('/home/run', name => '*.log'), 'a.log c.LOG', 'a pattern, from a folder down';
	is found('/home', name => '초고'), '초고.txt', 'in any language';
	is found('/home', larger => '2000', smaller => '3 KB'), 'b.dat c.LOG', 'by size';
	is found('/home', idle => 365, kind => 'file'), 'b.dat', 'not changed for a year';
	is found('/home', within => 1, name => '.dat'), '', 'changed today';
	is found('/home', kind => 'folder'), '2025 2026 run', 'folders';
	is found('/home', name => 'x.log', hidden => 1), 'x.log', 'hidden ones when they are wanted';
	is found('/home', name => 'passwd'), '', 'links are not followed';
	is found('/home', name => 'etc'), 'etc', 'but told';
	is found('/home/run/etc'), 'status 403', 'nor searched';
	is found('/home/none'), 'status 404', 'a folder that is not there';
	is found('/nowhere'), 'status 404', 'a place that is none';
};

subtest 'page by page' => sub {
	plant('many/');
	plant("many/d$_/"), plant("many/d$_/f$_") for 1 .. 150;
	my ($names, $pages) = find($alice, '/home/many');
	my %seen;
	$seen{$_}++ for split ' ', $names;
	is scalar(keys %seen), 300, 'everything';
	is scalar(grep { $_ > 1 } values %seen), 0, 'once';
	cmp_ok $pages, '>=', 3, "in $pages pages";
	for my $after ('!', '0!zz', '5!', '-1!0', '0!' . '1.1-' x 2000, '99999999999999999999!', '0!u61', "0!../..") {
		my ($status) = $site->api($alice, GET => '/files/find/home/many?go=1&after=' . $after =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger);
		cmp_ok $status, '<', 500, "a cookie that nobody wrote: $status";
	}
};

subtest 'favourites and tags' => sub {
	is found('', name => 'log'), '', 'no favourites yet';
	post('/files/do/mark/home/run/2025', favourite => 1);
	post('/files/do/mark/home/top.log', favourite => 1, tags => 'paper');
	post('/files/do/mark/home/run/2026/c.LOG', tags => 'paper, raw');
	is found('', name => 'log'), 'a.log top.log', 'favourites and what is below them';
	is found('', tag => 'paper'), 'c.LOG top.log', 'by tag, everywhere';
	is found('/home/run', tag => 'paper'), 'c.LOG', 'from a folder down';
	is found('/home', tag => 'paper, raw'), 'c.LOG', 'both tags';
	is found('', tag => 'paper', larger => '1 KB'), 'c.LOG', 'and another condition';
	is +(find($bob, '', tag => 'paper'))[0], '', 'another user has none of it';
	plant("fav$_/"), plant("fav$_/in$_"), post("/files/do/mark/home/fav$_", favourite => 1) for 1 .. 60;
	my ($many, $pages) = find($alice, '', name => 'fav');
	is scalar(split ' ', $many), 60, 'each favourite folder itself';
	($many, $pages) = find($alice, '', within => 1, name => '*');
	is scalar(grep { /^(?:in|fav)/ } split ' ', $many), 120, "with what is in it, over $pages pages: nothing is lost at the end of a page";
	post("/files/do/unmark/home/fav$_") for 1 .. 60;
	unlink "$home/top.log";
	my ($names, undef, $data) = find($alice, '', tag => 'paper');
	is $names, 'c.LOG', 'what has gone is not found';
	like $data->{unread}, qr/1 of the places or files could not/, 'and that is said';
};

my $store;
subtest 'in a store' => sub {
	my ($status, undef, $r) = $site->api($alice, POST => '/stores?kind=webdav', { title => 'Cloud', url => "https://$bed->{STORES_HOST}:$bed->{WEBDAV_PORT}$bed->{WEBDAV_PATH}",
		auth => 'password', user => $bed->{WEBDAV_USER}, secret => $bed->{WEBDAV_SECRET} });
	($store) = ($r->header('Location') // '') =~ m{/stores/([a-z2-7]{10})$};
	ok $store, 'registered' or return;
	for my $path ('w', 'w/in') {
		is post('/files/do/folder/store-' . "$store/" . ($path =~ m{(.*)/} ? $1 : ''), name => $path =~ s{.*/}{}r), 303, "folder $path";
	}
	$site->api($alice, POST => "/files/do/folder/store-$store/w/in", { name => "f$_" }) for 1 .. 5;
	is found("/store-$store/w", name => 'f?'), 'f1 f2 f3 f4 f5', 'found by walking';
	is found("/store-$store", name => 'in'), 'in', 'from the top';
	is post("/files/do/mark/store-$store/w/in", favourite => 1, tags => 'cloud'), 303, 'a favourite in it';
	is found('', name => 'f1'), 'f1', 'is searched with the others';
	is post("/files/do/rename/store-$store/w", name => 'v'), 303, 'a folder there is renamed';
	my (undef, $data) = $site->api($alice, GET => '/files/marks?tags=cloud');
	is $data->{rows}[0]{path}, 'v/in', 'and the mark follows';
	ok !$data->{rows}[0]{gone} && !$data->{rows}[0]{unknown}, 'to what is there';
};

subtest 'the store hangs' => sub {
	my @pids = grep { $_ } map { slurp($_) =~ /(\d+)/ } glob Naru::Stores::folder() . '/run/*.pid';
	my @children = map { split ' ', (output('pgrep', '-P', $_))[1] } @pids;
	kill 'STOP', @pids, @children;
	my $before = time;
	my (undef, $data) = $site->api($alice, GET => '/files/marks');
	my ($row) = grep { $_->{place} eq "store-$store" } @{ $data->{rows} };
	cmp_ok time - $before, '<', 6, 'the page of favourites comes';
	ok $row->{unknown} && !$row->{gone}, 'it does not say that the target is gone';
	like $row->{says}, qr/cannot be looked at now/, 'but that this cannot be told';
	is scalar(grep { $_->{name} eq '2025' && !$_->{says} } @{ $data->{rows} }), 1, 'the others are looked at';
	$before = time;
	my ($html) = $alice->clone->get($site->url('/files/'))->decoded_content;
	cmp_ok time - $before, '<', 4, 'the first page does not ask the store';
	like $html, qr{/files/in/store-$store/v/in}, 'and has the favourite';
	$before = time;
	my ($names) = find($alice, '', name => 'a.log');
	is $names, 'a.log', 'a search over the favourites goes on without it';
	cmp_ok time - $before, '<', 15, 'in time';
	kill 'CONT', @pids, @children;
	$site->api($alice, POST => "/stores/$store/remove", {});
	(undef, $data) = $site->api($alice, GET => '/files/marks?tags=cloud');
	ok $data->{rows}[0]{gone}, 'when the store is removed, it is gone';
	is post($data->{rows}[0]{drop_url}), 303, 'and can be forgotten';
};

subtest 'the quota that a site tells in a file' => sub {
	my $row = sub { my (undef, $data) = $site->api($alice, GET => '/files/'); return (grep { $_->{name} eq 'scratch' } @{ $data->{places} })[0] };
	ok !$row->()->{quota_says}, 'no file: none';
	spew($quota, "# user used limit files files-limit\nbob 1 2 3 4\nalice 850 1000 5 0\n");
	is $row->()->{quota_percent}, 85, 'used of the limit';
	like $row->()->{quota_warning}, qr/85 %/, 'a word of warning from 80 % on';
	spew($quota, "alice 100 1000 99 100\n");
	like $row->()->{quota_warning}, qr/number of files is 99 %/, 'of files, too';
	ok $row->()->{quota_bad}, 'from 95 % on it is a serious one';
	like $alice->clone->get($site->url('/files/'))->decoded_content, qr/99 of 100 files/, 'on the page';
	like $alice->clone->get($site->url('/files/in/scratch'))->decoded_content, qr/number of files is 99 %/, 'and on that of the place itself';
	spew($quota, "alice 10 1000 1 100\n");
	ok !$row->()->{quota_warning}, 'below, there is none';
	spew($quota, $_), ok(!$row->()->{quota_says}, 'nonsense is none') for "alice\n", "alice x y\n", "alice -1 5 5 5\n", "al 1 2 3 4\n", "\0" x 100, "alice 99999999999999999999 1 1 1\n";
};

subtest 'a quota of the kernel' => sub {
	my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
	my ($status, $text) = output('sh', '-c', "truncate -s 64M $dir/image && mkfs.ext4 -q -O quota -E quotatype=usrquota $dir/image && mkdir $dir/mnt && mount -o loop,usrquota $dir/image $dir/mnt");
	my $mounted = $status ? undef : bless [$dir], 'Unmount';
	if ($status || (output('setquota', '-u', $uid, 1000, 2000, 10, 20, "$dir/mnt"))[0]) {
		pass('a quota of the kernel was not tested: this machine sets none');
		return;
	}
	mkdir "$dir/mnt/alice";
	chown $uid, $gid, "$dir/mnt/alice";
	system 'mount', '--bind', "$dir/mnt/alice", $site->base . '/scratch/alice';
	unlink $quota;
	my (undef, $data) = $site->api($alice, GET => '/files/');
	my ($row) = grep { $_->{name} eq 'scratch' } @{ $data->{places} };
	system 'umount', $site->base . '/scratch/alice';
	like $row->{quota_says}, qr/of 1000\.0 KiB|of 1,?000/, 'is told';
};
sub Unmount::DESTROY { system 'umount', "$_[0][0]/mnt" }

$site->finish;
Naru::Stores::down();
done_testing;
