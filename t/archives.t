#!/usr/bin/perl
# Archives: downloads made on the way, archives made and taken apart in a place, and what hostile ones may not do.
use strict;
use warnings;
use utf8;
use Encode;
use FindBin;
use HTTP::Request;
use IO::Uncompress::Unzip '$UnzipError';
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/lib";
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

$site->finish;
done_testing();
