#!/usr/bin/perl
# Archives: downloads made on the way, archives made and taken apart in a place, and what hostile ones may not do.
use strict;
use warnings;
use utf8;
use Encode;
use FindBin;
use HTTP::Request;
use IO::Compress::Gzip;
use IO::Compress::Zip;
use IO::Uncompress::Unzip;
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/lib";
use Naru::Pages 'faults';
use Naru::Test qw(slurp spew output wait_until);

my $site = Naru::Test->site(slurm => 0, private => 1, conf => "[files]\narchive-entries = 400\narchive-gib = 1\n");
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
my $work = "$site->{dir}/work";
mkdir $work;

sub own { system 'chown', '-hR', "$uid:$gid", @_ }

sub get {
	my ($mech, $path) = @_;
	my $copy = $mech->clone;
	return $copy->request(HTTP::Request->new(GET => $site->url($path)));
}

# Name => content of a zip; undef if it is no good one.
sub unzip {
	my ($bytes) = @_;
	my %in;
	my $zip = IO::Uncompress::Unzip->new(\$bytes) or return;
	for (my $more = 1; $more > 0; $more = $zip->nextStream) {
		local $/;
		$in{ $zip->getHeaderInfo->{Name} } = <$zip> // '';
	}
	return \%in;
}

# A tar's entries on the disk, in a fresh folder.
sub untar {
	my ($bytes, @options) = @_;
	system 'rm', '-rf', "$work/out";
	mkdir "$work/out";
	open my $f, '|-', 'tar', '--warning=no-unknown-keyword', '-x', '-C', "$work/out", @options or die;
	binmode $f;
	print $f $bytes;
	return close $f;
}

my $odd = "odd \x{1f6a2} 나루 100%";
my $bad = "bad\xff\xfe";
mkdir "$home/tree" or die;
mkdir "$home/tree/sub" or die;
mkdir "$home/tree/empty" or die;
spew("$home/tree/a.txt", 'alpha');
spew("$home/tree/sub/b.bin", join '', map { chr($_ * 7 % 256) } 1 .. 300_000);
spew(encode_utf8("$home/tree/$odd"), 'odd');
spew("$home/tree/$bad", 'bad');
spew("$home/tree/run.sh", "#!/bin/sh\n");
symlink 'a.txt', "$home/tree/link";
symlink '/etc/passwd', "$home/tree/out";
mkfifo("$home/tree/fifo", 0644);
own("$home/tree");
chmod 0755, "$home/tree/run.sh";
utime 1_000_000_000, 1_000_000_000, "$home/tree/a.txt";
spew("$home/tree/secret", 'root only');
chmod 0600, "$home/tree/secret";

subtest 'a folder as tar' => sub {
	my $r = get($alice, '/files/archive/home/tree?kind=.tar');
	is $r->code, 200, 'it comes';
	is $r->header('Content-Type'), 'application/x-tar', 'as tar';
	like $r->header('Content-Disposition'), qr/^attachment; filename="tree\.tar"/, 'with a name';
	is $r->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
	ok untar($r->content), 'tar reads it';
	is slurp("$work/out/tree/a.txt"), 'alpha', 'a file';
	is((stat "$work/out/tree/a.txt")[9], 1_000_000_000, 'with its time');
	is slurp("$work/out/tree/sub/b.bin"), slurp("$home/tree/sub/b.bin"), 'one in a folder';
	is slurp(encode_utf8("$work/out/tree/$odd")), 'odd', 'an odd name';
	is slurp("$work/out/tree/$bad"), 'bad', 'a name that is no UTF-8, byte for byte';
	ok -d "$work/out/tree/empty", 'an empty folder';
	ok -x "$work/out/tree/run.sh", 'rights';
	is readlink("$work/out/tree/link"), 'a.txt', 'a link is a link';
	is readlink("$work/out/tree/out"), '/etc/passwd', 'also one that leads out: it is not followed';
	ok !-e "$work/out/tree/fifo", 'no pipe';
	my $errors = slurp("$work/out/NARU-ERRORS.txt");
	like $errors, qr{tree/fifo: }, 'which the last entry names';
	like $errors, qr{tree/secret: .*permission}, 'as it does a file that cannot be read';
	ok untar(get($alice, '/files/archive/home/tree?kind=.tar.gz')->content, '-z'), 'tar.gz';
	is slurp("$work/out/tree/a.txt"), 'alpha', 'the same';
};

subtest 'zip, and what was chosen' => sub {
	my $in = unzip(get($alice, '/files/archive/home/tree?kind=.zip')->content);
	is $in->{'tree/a.txt'}, 'alpha', 'a file';
	is $in->{'tree/sub/b.bin'}, slurp("$home/tree/sub/b.bin"), 'a larger one';
	is $in->{ encode_utf8("tree/$odd") } // $in->{"tree/$odd"}, 'odd', 'an odd name';
	ok exists $in->{'tree/empty/'}, 'an empty folder';
	$alice->get($site->url('/files/in/home/tree'));
	my @forms = $alice->forms;
	my ($number) = grep { $forms[$_]->action =~ m{/files/do/select/} } 0 .. $#forms;
	$alice->form_number($number + 1);
	like $alice->content, qr{formaction="/files/archive/home/tree"[^>]*value="\.zip"}, 'the folder has a button';
	my $form = $alice->current_form;
	my ($status, undef, $r) = $site->api($alice, POST => '/files/archive/home/tree', { pick => [ 'a.txt', 'sub', 'link' ], kind => '.tar' });
	is $status, 200, 'what was chosen';
	ok untar($r->content), 'is a tar';
	is join(' ', sort map { s{.*/}{}r } glob "$work/out/*"), 'a.txt link sub', 'of that alone';
	is readlink("$work/out/link"), 'a.txt', 'a link that was chosen is a link';
	($status) = $site->api($alice, POST => '/files/archive/home/tree', { kind => '.zip' });
	is $status, 303, 'nothing chosen: back';
	($status) = $site->api($alice, POST => '/files/archive/home/tree', { pick => '..', kind => '.zip' });
	is $status, 400, 'nothing above';
	is get($alice, '/files/archive/home/tree?kind=.rar')->code, 422, 'no other kinds';
	is get($alice, '/files/archive/home/none?kind=.tar')->code, 404, 'nothing there';
	is get($bob, '/files/archive/home/tree?kind=.tar')->code, 404, "not another's";
};

subtest 'limits' => sub {
	mkdir "$home/many";
	spew("$home/many/f$_", $_) for 1 .. 500;
	own("$home/many");
	ok untar(get($alice, '/files/archive/home/many?kind=.tar')->content), 'more entries than an archive may have: still a good one';
	cmp_ok scalar(my @all = glob "$work/out/many/*"), '<=', 400, 'of as many as it may';
	like slurp("$work/out/NARU-ERRORS.txt"), qr/hold no more/, 'and it says so';
	open my $f, '>', "$home/many/huge" or die;
	truncate $f, 2 << 40;
	close $f;
	own("$home/many/huge");
	my ($status, undef, $r) = $site->api($alice, POST => '/files/archive/home/many', { pick => [ 'f1', 'huge' ], kind => '.tar' });
	ok untar($r->content), 'a file that is too large';
	is slurp("$work/out/f1"), '1', 'does not keep the others out';
	like slurp("$work/out/NARU-ERRORS.txt"), qr/huge: /, 'and is named';
	system 'rm', '-rf', "$home/many";
};

subtest 'a visitor who goes away' => sub {
	open my $f, '>', "$home/long" or die;
	truncate $f, 900 << 20;
	close $f;
	own("$home/long");
	my $got = 0;
	my $copy = $alice->clone;
	$copy->request(HTTP::Request->new(GET => $site->url('/files/archive/home/long?kind=.tar')), sub { $got += length $_[0]; die 'enough' });
	ok wait_until(15, sub { $site->log_text('files') =~ m{/files/archive/home/long: the download was cut} }), 'ends it';
	cmp_ok $got, '<', 100 << 20, 'soon';
	unlink "$home/long";
};

sub tar_head {
	my ($name, $size, $type, $link, $mode) = @_;
	my $head = pack 'a100 a8 a8 a8 a12 a12 A8 a1 a100 a6 a2 a32 a32 a8 a8 a155 x12', $name, sprintf('%07o', $mode || 0644), '0000000', '0000000',
		sprintf('%011o', $size), sprintf('%011o', 1_000_000_000), '', $type, $link // '', 'ustar', '00', '', '', '0000001', '0000003', '';
	substr $head, 148, 8, sprintf "%06o\0 ", unpack '%32C*', $head;
	return $head;
}

# A tar with what no good program writes: [ name, type, content, link, mode ] …
sub tar_of {
	my $out = '';
	for (@_) {
		my ($name, $type, $content, $link, $mode) = (@$_, ('') x 4);
		$out .= tar_head($name, $type eq '0' ? length $content : 0, $type, $link, $mode) . ($type eq '0' ? $content . "\0" x (-length($content) % 512) : '');
	}
	return $out . "\0" x 1024;
}

# Extracts an archive of alice's and gives how its task ended.
sub extract {
	my ($archive, $name) = @_;
	my ($status, $data, $r) = $site->api($alice, POST => "/files/do/extract/home/$archive", { name => $name });
	return { status => $status } unless $status == 303;
	my $task;
	wait_until(60, sub { $task = ($site->api($alice, GET => $r->header('Location')))[1]; $task && !$task->{running} });
	return { %$task, status => $status, location => $r->header('Location') };
}

sub plant {
	my ($name, $content) = @_;
	spew("$home/$name", $content);
	own("$home/$name");
}

subtest 'taking archives apart' => sub {
	system 'tar', '-C', $home, '--exclude=fifo', '--exclude=secret', '-czf', "$home/tree.tar.gz", 'tree';
	own("$home/tree.tar.gz");
	$alice->get($site->url('/files/in/home/tree.tar.gz'));
	$alice->follow_link(url_regex => qr{/files/do/extract/home/tree\.tar\.gz$});
	like $alice->content, qr/value="tree"/, 'the form knows a name';
	is extract('tree.tar.gz', 'tree')->{status}, 409, 'which is taken: it says so';
	my $task = extract('tree.tar.gz', 'again');
	ok $task->{done}, 'another one: done' or diag explain $task;
	is slurp("$home/again/tree/a.txt"), 'alpha', 'a file';
	is((stat "$home/again/tree/a.txt")[9], 1_000_000_000, 'with its time');
	is((stat _)[4], $uid, "alice's");
	is slurp("$home/again/tree/sub/b.bin"), slurp("$home/tree/sub/b.bin"), 'one in a folder';
	is slurp(encode_utf8("$home/again/tree/$odd")), 'odd', 'an odd name';
	ok -x "$home/again/tree/run.sh", 'a program can be run';
	ok -d "$home/again/tree/empty", 'an empty folder';
	ok !-l "$home/again/tree/link" && !-e _, 'no links';
	is $task->{left_out}, 2, 'which the page tells';
	like $task->{notes}[0]{line}, qr/Links are not taken/, 'with the reason';
	is +($site->api($bob, GET => $task->{location}))[0], 404, "bob does not see alice's work";
	for my $kind ('J', 'j', '') {
		my $end = { J => 'tar.xz', j => 'tar.bz2', '' => 'tar' }->{$kind};
		system 'tar', '-C', "$home/tree", "-c${kind}f", "$home/k.$end", 'a.txt';
		own("$home/k.$end");
		extract("k.$end", "k $end");
		is slurp("$home/k $end/a.txt"), 'alpha', $end;
	}
	my ($zip, $korean) = ('', encode('cp949', '한글.txt'));
	IO::Compress::Zip::zip(\'content', \$zip, Name => $korean, -Minimal => 1);
	plant('w.zip', $zip);
	ok extract('w.zip', 'w')->{done}, 'a zip of a Korean Windows';
	is slurp(encode_utf8("$home/w/한글.txt")), 'content', 'has the name that was meant';
};

subtest 'hostile ones' => sub {
	plant('evil.tar', tar_of([ '../out.txt', '0', 'x' ], [ '/abs.txt', '0', 'x' ], [ 'a/../../up.txt', '0', 'x' ], [ 'ln', '2', '', '/etc' ], [ 'ln/through', '0', 'x' ],
		[ 'hard', '1', '', '/etc/passwd' ], [ 'dev', '3' ], [ 'fifo', '6' ], [ 'suid', '0', 'x', '', 06755 ], [ 'file', '0', 'one' ], [ 'file/in', '0', 'x' ], [ 'file', '0', 'two' ],
		[ './good/./x', '0', 'good' ], [ ".naru-trash-$uid/x", '0', 'x' ], [ "new\nline", '0', 'nl' ], [ '..', '5' ], [ 'A' x 99, '0', 'long' ]));
	my $task = extract('evil.tar', 'evil');
	ok $task->{done}, 'done with what is good';
	ok !-e "$home/$_", "no $_" for qw(out.txt up.txt);
	ok !-e '/abs.txt', 'nothing at the top';
	ok !-e '/etc/through' && !-l "$home/evil/ln", 'nothing through a link';
	is slurp("$home/evil/ln/through"), 'x', 'whose name is a folder now';
	ok !-e "$home/evil/$_", "no $_" for qw(hard dev fifo);
	is sprintf('%o', (stat "$home/evil/suid")[2] & 07777), '755', 'no set-uid';
	is slurp("$home/evil/file"), 'two', 'the last of two of a name';
	is slurp("$home/evil/good/x"), 'good', 'and what is plain';
	is slurp("$home/evil/new\nline"), 'nl', 'whatever its name';
	cmp_ok $task->{left_out}, '>=', 8, 'the others are counted';
	my $tar = tar_of(map { [ "f$_", '0', $_ x 1000 ] } 1 .. 50);
	my ($gz, $big) = ('', '');
	IO::Compress::Gzip::gzip(\$tar, \$gz);
	plant('cut.tar.gz', substr $gz, 0, length($gz) / 2);
	$task = extract('cut.tar.gz', 'cut');
	like $task->{message} // '', qr/damaged/, 'one that was cut: it says so';
	plant('no.zip', 'this is no archive');
	like extract('no.zip', 'no')->{message}, qr/damaged/, 'one that is none';
	is +($site->api($alice, POST => '/files/do/extract/home/tree', { name => 'x' }))[0], 422, 'a folder is none';
	plant('many.tar', tar_of(map { [ "f$_", '5' ] } 1 .. 410));
	like extract('many.tar', 'many')->{message}, qr/more than this site allows/, 'more entries than are allowed';
	my ($head, $zeros) = (tar_head('zeros', 400 << 20, '0'), "\0" x (10 << 20));
	IO::Compress::Gzip::gzip(\$head, \my $first);
	IO::Compress::Gzip::gzip(\$zeros, \my $more);
	plant('bomb.tar.gz', $first . $more x 40);
	like extract('bomb.tar.gz', 'bomb')->{message}, qr/trap|allows/, 'a bomb is stopped';
	is_deeply [ glob "$home/bomb/*" ], [], 'and leaves nothing half-made';
};

subtest 'making one here' => sub {
	my ($status, $data) = $site->api($alice, POST => '/files/do/pack/home', { pick => [ 'tree', 'k.tar' ] });
	is $status, 200, 'it asks for a name';
	like $data->{name}, qr/^tree\.zip$/, 'and knows one';
	is +($site->api($alice, POST => '/files/do/pack/home', { pick => 'tree', name => 'x.rar' }))[0], 422, 'of a kind that there is';
	is +($site->api($alice, POST => '/files/do/pack/home', { pick => 'tree', name => 'k.tar' }))[0], 422, 'that is not taken';
	is +($site->api($alice, POST => '/files/do/pack/home', { pick => 'tree', name => 'a/b.tar' }))[0], 422, 'in this folder';
	(undef, undef, my $r) = $site->api($alice, POST => '/files/do/pack/home', { pick => [ 'tree', 'k.tar' ], name => 'made.tar.gz' });
	my $task;
	ok wait_until(30, sub { $task = ($site->api($alice, GET => $r->header('Location')))[1]; $task && !$task->{running} }), 'it ends';
	ok $task->{done}, 'well';
	ok untar(slurp("$home/made.tar.gz"), '-z'), 'and is an archive';
	is slurp("$work/out/tree/a.txt"), 'alpha', 'of what was chosen';
};

subtest 'the pages are sound' => sub {
	my (undef, undef, $r) = $site->api($alice, POST => '/files/do/extract/home/evil.tar', { name => 'evil again' });
	my $task = $r->header('Location');
	wait_until(30, sub { !($site->api($alice, GET => $task))[1]{running} });
	$site->api($alice, POST => '/files/do/delete/home/k.tar', {});
	for my $lang ('ko', 'en') {
		$site->speak($alice, $lang);
		for my $path ('in/home/tree', 'in/home/evil.tar', 'do/extract/home/evil.tar', 'details/home/tree', 'details/home/evil.tar?sums=1', 'do/delete/home/tree', 'trash/home') {
			is_deeply [ faults(get($alice, "/files/$path")->decoded_content, $lang) ], [], "$path in $lang";
		}
		is_deeply [ faults(get($alice, $task)->decoded_content, $lang) ], [], "the task in $lang";
		my %form = (csrf => $site->csrf($alice), pick => 'tree');
		is_deeply [ faults($alice->clone->post($site->url('/files/do/pack/home'), { %form, name => 'x' })->decoded_content, $lang) ], [], "a name that is wrong in $lang";
		is_deeply [ faults($alice->clone->post($site->url('/files/trash/home'), { %form, verb => 'empty' })->decoded_content, $lang) ], [], "the question in $lang";
	}
};

$site->finish;
done_testing();
