#!/usr/bin/perl
# Favourites and tags through nginx: on pages, in lists, after renames, when their target or its place has gone; what others see of them; hidden files, kinds.
use strict;
use warnings;
use utf8;
use FindBin;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);
use lib "$FindBin::Bin/lib";
use Naru::Pages 'faults';
use Naru::Test qw(slurp spew);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $site = Naru::Test->site(slurm => 0, private => 1, conf => "[place extra]\ntitle = Extra\npath = /tmp/naru-extra-$$/%u\n");
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
system 'mkdir', '-p', "/tmp/naru-extra-$$/alice";
END { system 'rm', '-rf', "/tmp/naru-extra-$$" if $site && $site->{owner} == $$ }

sub plant {
	for my $name (@_) {
		my $path = $name =~ m{^/} ? $name : "$home/$name";
		$path =~ m{/$} ? mkdir($path) : spew($path, "in $name");
		chown $uid, $gid, $path;
	}
}

sub page { my ($mech, $path) = @_; my $r = $mech->clone->get($site->url($path)); return ($r->decoded_content, $r->code) }
sub post { my ($path, %fields) = @_; return ($site->api($alice, POST => $path, \%fields))[0] }
sub marks { my (undef, $data) = $site->api($alice, GET => '/files/marks' . ($_[0] // '')); return $data }
sub names { return join ' ', map { $_->{name} } @{ $_[0]{rows} } }

plant('results/', 'results/one.log', 'results/two.log', 'results/deep/', 'results/deep/three.dat', 'plain.txt', '.hidden');

subtest 'a star and tags, in a browser' => sub {
	$alice->get($site->url('/files/in/home/results'));
	like $alice->content, qr/Star and tags of one\.log">☆/s, 'each row has its star';
	$alice->follow_link(url_regex => qr{/files/do/mark/home/results/one\.log});
	is $alice->status, 200, 'which leads to a form';
	$alice->submit_form(with_fields => { favourite => 1, tags => ' draft, Paper 2026,draft ,논문' });
	is $alice->uri->path, '/files/in/home/results', 'and back to the list';
	like $alice->content, qr{★.*one\.log.*href="/files/marks\?tags=draft">draft<.*논문}s, 'star and tags are in the row';
	$alice->get($site->url('/files/in/home/results/one.log'));
	like $alice->content, qr{take the star away.*Paper 2026}s, 'and on the page of the file';
	$alice->get($site->url('/files/in/home/results'));
	my @forms = $alice->forms;
	my ($star) = grep { $forms[$_]->action =~ m{/files/do/star/} } 0 .. $#forms;
	$alice->submit_form(form_number => $star + 1);
	like $alice->content, qr/one of your favourites now/, 'a folder becomes a favourite with one click';
	$alice->get($site->url('/files/'));
	like $alice->content, qr{<h2 id="favourites-title">Favourites</h2>.*one\.log.*/files/in/home/results".*<h2><a href="/files/in/home">}s, 'favourites stand first';
};

subtest 'tags: several at once, counts, spelling' => sub {
	is post('/files/do/mark/home/results/two.log', tags => 'DRAFT, raw'), 303, 'tagged without a star';
	is post('/files/do/mark/home/plain.txt', tags => 'raw'), 303, 'another';
	is names(marks()), 'one.log results', 'favourites';
	is names(marks('?tags=draft')), 'one.log two.log', 'all with a tag';
	is names(marks('?tags=draft,raw')), 'two.log', 'with both';
	is names(marks('?tags=draft,raw,none')), '', 'with all three: nothing';
	is_deeply { map { $_->{name} => $_->{count} } @{ marks()->{tags} } }, { draft => 2, raw => 2, 'Paper 2026' => 1, '논문' => 1 }, 'a tag is spelt as it was first, and counted';
	$alice->get($site->url('/files/marks?tags=draft'));
	$alice->follow_link(text_regex => qr/^raw/);
	like $alice->content, qr{<title>Tagged: draft, raw.*two\.log}s, 'a click on another tag narrows it down';
	$alice->follow_link(text_regex => qr/^draft/);
	like $alice->content, qr{<title>Tagged: raw.*plain\.txt}s, 'a click on a chosen one takes it away';
};

subtest 'several at once' => sub {
	plant('batch/', 'batch/a', 'batch/b', 'batch/c');
	$alice->get($site->url('/files/in/home/batch'));
	like $alice->content, qr{formaction="/files/do/tags/home/batch"}, 'a button beside Delete';
	my ($status, $data) = $site->api($alice, POST => '/files/do/tags/home/batch', { pick => [ 'a', 'b' ] });
	is $status, 200, 'asks for the tags';
	is_deeply [ map { $_->{name} } @{ $data->{picks} } ], [ 'a', 'b' ], 'of these';
	is post('/files/do/tags/home/batch', pick => [ 'a', 'b' ], sure => 1, tags => 'lot'), 303, 'adds them';
	is post('/files/do/tags/home/batch', pick => ['b'], sure => 1, tags => 'Lot, other', favourite => 1), 303, 'more to one';
	is names(marks('?tags=lot')), 'a b', 'both have it';
	is names(marks('?tags=lot,other')), 'b', 'one has both';
	is post('/files/do/tags/home/batch', pick => ['a'], sure => 1), 422, 'nothing to add';
	is post('/files/do/tags/home/batch', pick => [ 'a', 'none' ], sure => 1, tags => 'x'), 404, 'what is not there';
	is names(marks('?tags=x')), '', 'then none gets it';
	is post('/files/do/tags/home/batch', pick => ['b'], sure => 1, tags => join ',', 1 .. 19), 422, 'too many together';
	post("/files/do/unmark/home/batch/$_") for 'a', 'b';
};

subtest 'they follow' => sub {
	is post('/files/do/rename/home/results/one.log', name => 'first.log', folder => ''), 303, 'a file is renamed';
	is names(marks('?tags=draft')), 'first.log two.log', 'its marks follow';
	is post('/files/do/mark/home/results/deep/three.dat', favourite => 1, tags => 'deep'), 303, 'one further down';
	is post('/files/do/rename/home/results', name => 'archive', folder => ''), 303, 'the folder above is renamed';
	my $data = marks('?tags=deep');
	is $data->{rows}[0]{path}, 'archive/deep/three.dat', 'what is below follows';
	ok !$data->{rows}[0]{gone}, 'and is there';
	is names(marks()), 'archive first.log three.dat', 'the folder itself, too';
	my (undef, $folder) = $site->api($alice, GET => '/files/in/home/archive');
	is_deeply [ map { $_->{name} } grep { $_->{favourite} } @{ $folder->{rows} } ], ['first.log'], 'the list of the folder knows';
};

subtest 'through the trash' => sub {
	plant('binned/', 'binned/one');
	is post('/files/do/mark/home/binned/one', tags => 'bin'), 303, 'tagged';
	is post('/files/do/delete/home/binned'), 303, 'deleted with its folder';
	ok marks('?tags=bin')->{rows}[0]{gone}, 'then it is not there';
	my (undef, $trash) = $site->api($alice, GET => '/files/trash/home');
	my $id = $trash->{rows}[0]{id};
	plant('binned/');
	is post('/files/trash/home', verb => 'restore', pick => $id), 303, 'restored, under another name since its own is taken';
	my $row = marks('?tags=bin')->{rows}[0];
	like $row->{path}, qr{^binned.+/one$}, "the tag is there again ($row->{path})";
	ok !$row->{gone}, 'at what is there';
	post($row->{drop_url});
};

subtest 'gone targets say so' => sub {
	unlink "$home/archive/first.log";
	my $data = marks();
	my ($row) = grep { $_->{name} eq 'first.log' } @{ $data->{rows} };
	ok $row->{gone}, 'deleted beside the portal: told';
	my ($page) = page($alice, '/files/');
	like $page, qr{<s>first\.log</s>.*It is no longer there}s, 'also on the first page';
	is post($row->{drop_url}), 303, 'it can be forgotten';
	is names(marks()), 'archive three.dat', 'then it is not shown';
	is post($row->{drop_url}), 404, 'once';
	is post('/files/do/mark/home/none', favourite => 1), 404, 'what is not there gets no mark';
	plant("/tmp/naru-extra-$$/alice/x");
	is post('/files/do/mark/extra/x', favourite => 1), 303, 'a mark in a place';
	my $conf = $site->base . '/etc/naru.conf';
	my $text = slurp($conf);
	spew($conf, $text =~ s/\[place extra\]\n[^\[]*//r);
	$site->sv('restart', 'files');
	my ($gone) = Naru::Test::wait_until(10, sub { my ($g) = grep { $_->{name} eq 'x' && $_->{gone} } @{ marks()->{rows} }; $g });
	like $gone->{says}, qr/place it was in has gone/, 'when the place goes: told';
	is post($gone->{drop_url}), 303, 'and can be forgotten';
	spew($conf, $text);
	$site->sv('restart', 'files');
};

subtest 'a form that is wrong keeps what was typed' => sub {
	my ($status, undef, $r) = $site->api($alice, POST => '/files/do/mark/home/plain.txt', { tags => 'x' x 41 . ', fine' });
	is $status, 422, 'a tag that is too long';
	my $html = $alice->clone->post($site->url('/files/do/mark/home/plain.txt'), { csrf => $site->csrf($alice), key => Naru::Test::random_key(), tags => 'x' x 41 . ', fine' });
	is $html->code, 422, 'in a browser';
	like $html->decoded_content, qr/value="x{41}, fine".*too long|too long.*value="x{41}, fine"/s, 'the text and why';
	is post('/files/do/mark/home/plain.txt', tags => join ',', 1 .. 21), 422, 'too many';
	is names(marks('?tags=raw')), 'plain.txt two.log', 'nothing was changed';
};

subtest 'nobody else sees or changes them' => sub {
	my ($status, $data) = $site->api($bob, GET => '/files/marks');
	is_deeply [ $data->{rows}, $data->{tags} ], [ [], [] ], 'bob has none of them';
	($status, $data) = $site->api($bob, GET => '/files/marks?tags=raw');
	is_deeply $data->{rows}, [], 'nor by their tag';
	($status) = $site->api($bob, POST => '/files/do/unmark/home/archive/deep/three.dat');
	is $status, 404, 'what bob has not marked he cannot forget';
	is names(marks()), 'archive three.dat', "and alice's are as they were";
	for my $path ('/files/do/star/home/plain.txt', '/files/do/mark/home/plain.txt', '/files/do/unmark/home/archive', '/files/do/hidden/home') {
		my ($code) = $site->api($alice, POST => $path, { csrf => 'x', on => 1, show => 1, tags => '', favourite => 1 });
		is $code, 403, "$path without the secret";
		is +(page($alice, $path))[1], $path =~ /mark\/home\/plain/ && $path !~ /unmark/ ? 200 : 405, 'and a GET changes nothing';
	}
	is names(marks()), 'archive three.dat', 'nothing has changed';
	is post('/files/do/star/nowhere/x', on => 1), 404, 'a place that is none';
	is post('/files/do/unmark/' . 'p' x 300 . '/x'), 404, 'of any length';
	is((page($alice, '/files/marks?tags=' . '%00' x 3))[1] < 500 ? 1 : 0, 1, 'odd tags');
	is((page($alice, '/files/marks?page=99999999999999999999'))[1], 200, 'odd pages');
};

subtest 'names and tags of any kind are shown as text' => sub {
	plant("<b>x&y", "\xff\xfe");
	is post('/files/do/mark/home/%3Cb%3Ex%26y', favourite => 1, tags => '<script>alert(1)</script>, "\'&'), 303, 'marked';
	is post('/files/do/mark/home/%FF%FE', favourite => 1), 303, 'a name that is no text';
	for my $path ('/files/marks', '/files/', '/files/in/home', '/files/do/mark/home/%3Cb%3Ex%26y', '/files/marks?tags=%3Cscript%3Ealert%281%29%3C%2Fscript%3E') {
		my ($html, $code) = page($alice, $path);
		is $code, 200, $path;
		unlike $html, qr/<script|<b>x/, 'nothing of it works';
	}
	for my $lang ('ko', 'en') {
		$site->speak($alice, $lang);
		is join("\n", faults((page($alice, $_))[0], $lang)), '', "$_ is well-formed, in $lang" for '/files/', '/files/marks', '/files/marks?tags=raw', '/files/in/home',
			'/files/do/mark/home/plain.txt', '/files/find', '/files/find/home?go=1&name=a', '/files/find/home?go=1&larger=much';
	}
	my $data = marks();
	is scalar(grep { $_->{gone} } @{ $data->{rows} }), 0, 'both are found again';
};

subtest 'hidden files, kinds' => sub {
	unlike +(page($alice, '/files/in/home'))[0], qr/>\.hidden</, 'hidden files are not listed';
	my (undef, $data) = $site->api($alice, GET => '/files/in/home');
	ok scalar(grep { $_->{name} eq '.hidden' } @{ $data->{rows} }), 'scripts see them';
	is post('/files/do/hidden/home', show => 1), 303, 'until they are wanted';
	like +(page($alice, '/files/in/home'))[0], qr/>\.hidden</, 'then they are';
	$alice->get($site->url('/files/in/home/archive'));
	like $alice->content, qr/Do not show hidden files/, 'in every folder';
	unlike +(page($bob, '/files/in/home'))[0], qr/Do not show hidden/, 'not for others';
	is post('/files/do/hidden/home'), 303, 'and no longer';
	unlike +(page($alice, '/files/in/home'))[0], qr/>\.hidden</, 'gone from the list';
	plant('archive/b.dat', 'archive/a.log', 'archive/c');
	(undef, $data) = $site->api($alice, GET => '/files/in/home/archive?sort=kind');
	is names($data), 'deep c b.dat a.log two.log', 'by kind: folders, then by the ending';
};

$site->finish;
done_testing;
