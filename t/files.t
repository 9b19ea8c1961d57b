#!/usr/bin/perl
# files: the whole module through nginx, as alice and bob, and SECURITY's lines for files.
use strict;
use warnings;
use utf8;
use Digest::SHA 'sha256_hex';
use Encode;
use FindBin;
use HTTP::Request::Common ();
use POSIX 'mkfifo';
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/lib";
use Naru::Test qw(slurp spew wait_until);

my $site = Naru::Test->site(slurm => 0, private => 1); # it kills workers, and counts what is in homes
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];

# A file of alice's, made beside the portal.
sub plant {
	my ($name, $content) = @_;
	spew("$home/$name", $content);
	chown $uid, $gid, "$home/$name";
}

# A multipart POST with the session's secret first, as the page's form sends it: (status, data, response).
sub upload {
	my ($mech, $folder, $conflict, @files) = @_;
	my $request = HTTP::Request::Common::POST($site->url("/files/upload/$folder"), Content_Type => 'form-data', Content => [
		csrf => $site->csrf($mech), key => Naru::Test::random_key(), conflict => $conflict,
		map { (file => [ undef, $_->[0], Content => $_->[1] ]) } @files ]);
	$request->header(Accept => 'application/json');
	my $copy = $mech->clone;
	$copy->requests_redirectable([]);
	my $response = $copy->request($request);
	return ($response->code, eval { JSON::PP::decode_json($response->content) }, $response);
}

# Makes the form with such an action the current one.
sub choose_form {
	my ($mech, $action) = @_;
	my @forms = $mech->forms;
	my ($number) = grep { $forms[$_]->action =~ $action } 0 .. $#forms;
	return defined $number && $mech->form_number($number + 1);
}

sub raw_get {
	my ($mech, $path, %headers) = @_;
	my $copy = $mech->clone;
	return $copy->request(HTTP::Request->new(GET => $site->url($path), [ %headers ]));
}

subtest 'the journey in a browser' => sub {
	$alice->get($site->url('/files/'));
	is $alice->status, 200, 'the places';
	like $alice->content, qr{/files/in/home}, 'home is one of them';
	like $alice->content, qr{/files/in/scratch}, 'scratch another';
	$alice->follow_link(url_regex => qr{/files/in/home$});
	is $alice->status, 200, 'home opens';
	spew($site->base . '/local.txt', "line one\nline <two> & \"three\"\n");
	ok choose_form($alice, qr{/files/upload/}), 'there is a form for uploads';
	$alice->field(file => $site->base . '/local.txt');
	$alice->submit;
	is $alice->status, 200, 'sent';
	like $alice->content, qr/local\.txt.*is saved/s, 'the page says that it is saved';
	is slurp("$home/local.txt"), "line one\nline <two> & \"three\"\n", 'byte for byte';
	is((stat "$home/local.txt")[4], $uid, "it is alice's");
	$alice->follow_link(url_regex => qr{/files/in/home/local\.txt$});
	like $alice->content, qr/line &lt;two&gt; &amp;/, 'its text is shown, escaped';
	$alice->follow_link(text_regex => qr/With line numbers/);
	like $alice->content, qr{     <a class="line" id="L2" href="#L2">2</a>  line &lt;two&gt;}, 'with line numbers';
	$alice->follow_link(url_regex => qr{/files/do/rename/home/local\.txt$});
	$alice->submit_form(with_fields => { name => 'renamed.txt' });
	like $alice->content, qr/is now/, 'renamed';
	ok -f "$home/renamed.txt" && !-e "$home/local.txt", 'on the disk';
	choose_form($alice, qr{/files/do/folder/});
	$alice->field(name => 'results');
	$alice->submit;
	ok -d "$home/results", 'a folder is made';
	$alice->get($site->url('/files/do/rename/home/renamed.txt'));
	$alice->submit_form(with_fields => { name => 'renamed.txt', folder => 'results' });
	ok -f "$home/results/renamed.txt", 'moved into it';
	$alice->get($site->url('/files/do/delete/home/results'));
	like $alice->content, qr/everything in it/, 'before deleting a folder, it asks';
	ok -d "$home/results", 'and the question deletes nothing';
	choose_form($alice, qr{/files/do/delete/});
	$alice->submit;
	ok !-e "$home/results", 'then it is deleted';
	like $alice->content, qr/is in the trash/, 'and said so';
};

subtest 'what was done is in the audit' => sub {
	my $audit = slurp($site->base . '/state/db/audit/data.mdb');
	like $audit, qr/\bfiles\.$_\b/, "files.$_" for qw(upload rename folder delete);
};

subtest 'uploads' => sub {
	my ($status, $data) = upload($alice, 'home', 'refuse', [ 'a.txt', 'first' ], [ 'b.txt', 'second' ]);
	is $status, 303, 'two files at once';
	is slurp("$home/a.txt") . slurp("$home/b.txt"), 'firstsecond', 'both are there';
	chmod 0640, "$home/a.txt";
	($status, $data) = upload($alice, 'home', 'refuse', [ 'a.txt', 'other' ], [ 'c.txt', 'third' ]);
	is $status, 409, 'a name that is taken is told';
	is slurp("$home/a.txt"), 'first', 'the old file stays';
	is slurp("$home/c.txt"), 'third', 'the other one is saved';
	is_deeply [ map { $_->{good} ? 1 : 0 } @{ $data->{outcomes} } ], [ 0, 1 ], 'the answer says which';
	($status) = upload($alice, 'home', 'keep', [ 'a.txt', 'other' ]);
	is slurp("$home/a (2).txt"), 'other', 'keep both: a number';
	($status) = upload($alice, 'home', 'replace', [ 'a.txt', 'new' ]);
	is slurp("$home/a.txt"), 'new', 'replace: the new one';
	is sprintf('%o', (stat "$home/a.txt")[2] & 07777), '640', 'with the old permissions';
	($status) = upload($alice, 'home', 'refuse', [ '../evil.txt', 'x' ], [ 'C:\\fakepath\\w.txt', 'w' ]);
	ok !-e "$home/../evil.txt", 'a name that leads up does not';
	is slurp("$home/evil.txt") . slurp("$home/w.txt"), 'xw', 'only the last part of a path is used';
	my $big = join '', map { chr int rand 256 } 1 .. 65536;
	$big x= 320;
	($status) = upload($alice, 'home', 'refuse', [ 'big.bin', $big ]);
	is $status, 303, '20 MiB';
	is sha256_hex(slurp("$home/big.bin")), sha256_hex($big), 'arrive as they were';
	is sha256_hex(raw_get($alice, '/files/raw/home/big.bin')->content), sha256_hex($big), 'and come back so';
	($status) = upload($alice, 'home', 'refuse', [ 'empty', '' ]);
	ok -f "$home/empty" && !-s _, 'an empty file';
	my $request = HTTP::Request::Common::POST($site->url('/files/upload/home'), Content_Type => 'form-data',
		Content => [ conflict => 'refuse', file => [ undef, 'forged', Content => 'x' ] ]);
	is $alice->clone->request($request)->code, 403, 'without the secret: refused';
	ok !-e "$home/forged", 'and nothing saved';
	unlink map { "$home/$_" } 'a.txt', 'b.txt', 'c.txt', 'a (2).txt', 'evil.txt', 'w.txt', 'big.bin', 'empty';
};

subtest 'downloads and ranges' => sub {
	plant('digits', '0123456789');
	my $r = raw_get($alice, '/files/raw/home/digits');
	is $r->code, 200, 'whole';
	is $r->header('Content-Length'), 10, 'its length';
	like $r->header('Content-Disposition'), qr/^attachment/, 'an attachment';
	is $r->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
	for (
		[ 'bytes=2-4', 206, '234' ], [ 'bytes=7-', 206, '789' ], [ 'bytes=-3', 206, '789' ], [ 'bytes=0-0', 206, '0' ], [ 'bytes=5-99', 206, '56789' ],
		[ 'bytes=10-', 416 ], [ 'bytes=-0', 416 ], [ 'bytes=99999999999999999999-', undef ],
	) {
		my ($range, $status, $body) = @$_;
		$r = raw_get($alice, '/files/raw/home/digits', Range => $range);
		$status ? is($r->code, $status, $range) : like($r->code, qr/^(416|200)$/, $range);
		is $r->content, $body, 'its bytes' if defined $body;
	}
	for (join(',', 'bytes=0-1', map { "$_-$_" } 2 .. 9), 'bytes=' . join(',', ('0-') x 1300), 'bytes=4-2', 'lines=1-2') {
		$r = raw_get($alice, '/files/raw/home/digits', Range => $_);
		like $r->code, qr/^(200|206|416)$/, 'range abuse: ' . $r->code;
		cmp_ok length $r->content, '<', 20_000, 'no flood';
		unlike $r->header('Content-Type') // '', qr/multipart/, 'never several parts';
	}
	unlink "$home/digits";
};

subtest 'what a user stored is never run' => sub {
	my $html = '<script>alert(1)</script><b onclick=x>';
	upload($alice, 'home', 'refuse', [ 'page.html', $html ], [ 'pic.svg', "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>" ]);
	for my $name ('page.html', 'pic.svg') {
		my $r = raw_get($alice, "/files/raw/home/$name");
		like $r->header('Content-Disposition'), qr/^attachment/, "$name is a download";
		unlike $r->header('Content-Type'), qr/html|svg|xml/, 'of no type that runs';
		$r = raw_get($alice, "/files/raw/home/$name?show=text");
		like $r->header('Content-Type'), qr{^text/plain}, 'or plain text';
		is $r->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
		$r = raw_get($alice, "/files/in/home/$name");
		unlike $r->content, qr/<script|<svg xmlns/, 'escaped on its page';
	}
	unlink "$home/page.html", "$home/pic.svg";
};

subtest 'odd names' => sub {
	my @names = ("a\"b'c", "cr\rlf\n.txt", '<b>bold', "\x1b[31mred", Encode::encode_utf8("한글 \x{202e}gpj.txt"), "\xff\xfe", 'n' x 255, '%2e%2e', '-rf', ' ', '&amp;');
	plant($_, "in $_") for @names;
	my ($status, $data) = $site->api($alice, GET => '/files/in/home');
	is $status, 200, 'the folder is listed';
	is_deeply [ grep { my $k = $_->{key}; $k =~ s/%(..)/chr hex $1/ge; !grep { $_ eq $k } @names } @{ $data->{rows} } ], [], 'each name is there';
	is scalar @{ $data->{rows} }, scalar @names, 'once';
	for my $row (@{ $data->{rows} }) {
		my $r = raw_get($alice, $row->{raw_url});
		my $name = $row->{key} =~ s/%(..)/chr hex $1/ger;
		is $r->content, "in $name", "$row->{key} comes back";
		my $d = $r->header('Content-Disposition') // '';
		like $d, qr/^attachment; filename=[^\r\n\x00-\x1f\x7f]*$/, 'with a clean header';
	}
	my $page = raw_get($alice, '/files/in/home')->content;
	unlike $page, qr/<b>bold|\x1b|\r|\xe2\x80\xae/, 'nothing of them works on the page';
	($status) = $site->api($alice, POST => '/files/do/select/home', { pick => [ map { $_->{key} } @{ $data->{rows} } ] });
	is $status, 200, 'all chosen: it asks first';
	ok -e "$home/-rf", 'and deletes nothing';
	($status) = $site->api($alice, POST => '/files/do/select/home', { pick => [ map { $_->{key} } @{ $data->{rows} } ], sure => 1, forever => 1 });
	is $status, 303, 'then it deletes';
	opendir(my $dir, $home);
	is scalar(grep { !/^\.\.?$|^\.naru-trash-/ } readdir $dir), 0, 'all of them';
};

subtest 'paths' => sub {
	plant('own', 'mine');
	spew($site->base . '/home/bob/secret', 'of bob');
	chmod 0644, $site->base . '/home/bob/secret';
	for (
		'../bob/secret', '..%2fbob%2fsecret', '%2e%2e/bob/secret', '%2e%2e%2fbob%2fsecret', '%252e%252e/bob/secret', '..%5cbob%5csecret', './own', 'x/../own',
		'%c0%ae%c0%ae/bob/secret', 'own%00', 'own%00.txt', '/etc/passwd', '%2fetc%2fpasswd', '..;/bob/secret', join('/', ('a') x 4096), 'own/', 'own/x', '..',
	) {
		for my $kind ('in', 'raw') {
			my ($status, undef, $body) = $site->http(GET => "/files/$kind/home/$_", Cookie => cookie($alice));
			my $shown = length > 40 ? substr($_, 0, 40) . '...' : $_;
			like $status, qr/^(400|404|414)$/, "$kind $shown: $status" unless $status == 200 && $body =~ /^mine$|own/;
			unlike $body, qr/of bob|root:/, 'nothing of anybody else';
		}
	}
	is raw_get($bob, '/files/raw/home/own')->code, 404, "bob's home is another";
	is(($site->api($alice, GET => '/files/in/nowhere'))[0], 404, 'a place that is not there');
	is(($site->api($alice, POST => '/files/do/rename/home/own', { name => '../bob/x' }))[0], 422, 'a new name with slashes is refused');
	is(($site->api($alice, POST => '/files/do/rename/home/own', { name => 'x', folder => '../bob' }))[0], 422, 'a folder outside too');
	is(($site->api($alice, POST => '/files/do/folder/home', { name => '..' }))[0], 422, 'and such a new folder');
	is(($site->api($alice, POST => '/files/do/chmod/home/own', { mode => '4755' }))[0], 404, 'there is no way to set modes');
	is(($site->api($alice, POST => '/files/do/delete/home/'))[0], 422, 'the top cannot be deleted');
	is(($site->api($alice, GET => "/files/do/$_/home/"))[0], 422, "nor is there a page to $_ it") for 'rename', 'delete';
	is slurp("$home/own"), 'mine', 'the file is as it was';
};

sub cookie {
	my ($mech) = @_;
	my @pairs;
	$mech->cookie_jar->scan(sub { push @pairs, "$_[1]=$_[2]" });
	return join '; ', @pairs;
}

subtest 'links and special files' => sub {
	symlink '/etc/passwd', "$home/l1";
	symlink '../bob/secret', "$home/l2";
	symlink '/proc/self/environ', "$home/l3";
	symlink '/dev/zero', "$home/l4";
	symlink 'own', "$home/l5";
	mkfifo("$home/fifo", 0666);
	chown $uid, $gid, "$home/fifo";
	spew("$home/sparse", '');
	truncate "$home/sparse", 10 * 2 ** 40;
	chown $uid, $gid, "$home/sparse";
	my $start = time;
	is raw_get($alice, "/files/raw/home/l$_")->code, 403, "link $_ is not followed" for 1 .. 4;
	is raw_get($alice, '/files/raw/home/l5')->content, 'mine', 'one inside is';
	is raw_get($alice, '/files/in/home/l1')->code, 200, 'a link has a page that says what it is';
	is raw_get($alice, '/files/raw/home/fifo')->code, 422, 'a FIFO has no content';
	is raw_get($alice, '/files/in/home/fifo')->code, 200, 'but a page';
	is raw_get($alice, '/files/in/home/sparse')->code, 200, 'a sparse file of 10 TiB has one';
	is length raw_get($alice, '/files/raw/home/sparse', Range => 'bytes=1000000000000-1000000000009')->content, 10, 'and ranges';
	cmp_ok time - $start, '<', 5, 'nothing waited';
	unlink map { "$home/$_" } qw(l1 l2 l3 l4 l5 fifo sparse);
};

# Sends the head and half of an upload, then does `what`.
sub half_an_upload {
	my ($name, $what) = @_;
	my $csrf = $site->csrf($alice);
	my $part = sub { "--cut\r\nContent-Disposition: form-data; name=\"$_[0]\"\r\n\r\n$_[1]\r\n" };
	my $body = $part->(csrf => $csrf) . $part->(key => Naru::Test::random_key()) . $part->(conflict => 'replace')
		. "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"$name\"\r\n\r\n" . ('x' x 3_000_000);
	my $socket = IO::Socket::SSL->new( PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_verify_mode => 0) or die;
	print $socket "POST /files/upload/home HTTP/1.1\r\nHost: localhost:@{[$site->port]}\r\nOrigin: https://localhost:@{[$site->port]}\r\n"
		. "Cookie: @{[cookie($alice)]}\r\nContent-Type: multipart/form-data; boundary=cut\r\nContent-Length: 6000000\r\n\r\n";
	print $socket $body;
	sleep 0.5;
	$what->($socket);
	close $socket;
	sleep 0.5;
}

# The workers of the module: the children of the service.
sub workers {
	my $master = $site->service_pid('files') or return;
	return grep { (eval { slurp("/proc/$_/stat") } // '') =~ /\) \S $master / } map { m{(\d+)$} } glob '/proc/[0-9]*';
}

subtest 'an upload that does not finish' => sub {
	plant('kept', 'original');
	half_an_upload('kept', sub { });
	is slurp("$home/kept"), 'original', 'cut at half: the original stays';
	half_an_upload('never', sub { });
	ok !-e "$home/never", 'and a new one does not appear';
	my $killed = 0;
	half_an_upload('never', sub { $killed += kill KILL => workers() });
	cmp_ok $killed, '>', 0, 'the workers of the module are killed';
	ok !-e "$home/never", 'nor when the module is killed';
	opendir(my $dir, $home);
	is_deeply [ grep { !/^(\.\.?|own|kept|\.naru-trash-\d+)$/ } readdir $dir ], [], 'nothing else is left';
	ok wait_until(10, sub { raw_get($alice, '/files/in/home')->code == 200 }), 'the module serves again';
};

subtest 'a slow upload' => sub {
	my $part = sub { "--slow\r\nContent-Disposition: form-data; name=\"$_[0]\"$_[2]\r\n\r\n$_[1]\r\n" };
	my $body = $part->(csrf => $site->csrf($alice), '') . $part->(key => Naru::Test::random_key(), '') . $part->(conflict => 'keep', '')
		. $part->(file => 'x' x 600_000, '; filename="slow1"');
	my $rest = $part->(file => 'second', '; filename="slow2"') . "--slow--\r\n";
	my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_verify_mode => 0) or die;
	print $socket "POST /files/upload/home HTTP/1.1\r\nHost: localhost:@{[$site->port]}\r\nOrigin: https://localhost:@{[$site->port]}\r\nConnection: close\r\n"
		. "Cookie: @{[cookie($alice)]}\r\nContent-Type: multipart/form-data; boundary=slow\r\nContent-Length: @{[length($body) + length $rest]}\r\n\r\n$body";
	sleep 11; # longer than any page may take
	print $socket $rest;
	like do { local $/; <$socket> }, qr{^HTTP/1.1 303}, 'two files, with a long break between them';
	is -s "$home/slow1", 600_000, 'the first is there';
	is slurp("$home/slow2"), 'second', 'and the second';
	unlink "$home/slow1", "$home/slow2";
};

subtest 'a full disk' => sub {
	mkdir "$home/small";
	is system('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=0777', 'tmpfs', "$home/small"), 0, 'a small disk';
	plant('small/kept', 'original');
	my ($status, $data) = upload($alice, 'home/small', 'replace', [ 'kept', 'x' x 3_000_000 ]);
	isnt $status, 303, 'an upload that does not fit is refused';
	like $data->{outcomes}[0]{says}, qr/disk is full/i, 'with the reason';
	is slurp("$home/small/kept"), 'original', 'the original stays';
	($status) = upload($alice, 'home/small', 'refuse', [ 'fits', 'small' ]);
	is $status, 303, 'afterwards a small one is saved';
	system 'umount', "$home/small";
	rmdir "$home/small";
};

subtest 'a large folder' => sub {
	mkdir "$home/large";
	for my $n (1 .. 100_000) {
		open my $f, '>', "$home/large/f$n" or die;
	}
	for my $sort ('name', 'size', 'time') {
		my $start = time;
		my ($status, $data) = $site->api($alice, GET => "/files/in/home/large?sort=$sort");
		my $took = time - $start;
		is $status, 200, "by $sort";
		is scalar @{ $data->{rows} }, 200, '200 of them';
		cmp_ok $took, '<', 1.5, sprintf('in %.2f s', $took);
		like $data->{next}, qr/after=/, 'and a next page';
		my (undef, $more) = $site->api($alice, GET => $data->{next});
		isnt $more->{rows}[0]{name}, $data->{rows}[0]{name}, 'with others';
	}
	my (undef, $found) = $site->api($alice, GET => '/files/in/home/large?match=f99999');
	is scalar @{ $found->{rows} }, 1, 'found by name';
	system 'rm', '-rf', "$home/large";
};

# A visitor who takes a file, or sends one, as slowly as can be; the answer's status.
sub slow_visitor {
	my ($mech, $request) = @_;
	my ($id) = $mech->cookie_jar->as_string =~ /__Host-naru=([^;\s]+)/;
	my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_verify_mode => 0) or die;
	$request =~ s/\r\n/\r\nHost: localhost:@{[ $site->port ]}\r\nCookie: __Host-naru=$id\r\n/;
	print $socket $request;
	return $socket;
}

subtest 'slow visitors' => sub {
	plant('long', 'x');
	truncate "$home/long", 1 << 30;
	my @held = map { slow_visitor($alice, "GET /files/raw/home/long HTTP/1.1\r\n\r\n") } 1 .. 30;
	my %said;
	for my $socket (@held) {
		my $head = '';
		sysread $socket, $head, 500;
		my ($status) = $head =~ m{^HTTP/1.1 (\d+)};
		$said{ $status // 'none' }++;
	}
	is_deeply([ sort keys %said ], [ 200, 429 ], 'more than a few downloads of one user are refused') or diag explain \%said;
	cmp_ok($said{200}, '<=', 6, "$said{200} are served");
	my $begun = time;
	is raw_get($bob, '/files/in/home')->code, 200, 'another user has pages';
	is raw_get($alice, '/files/in/home')->code, 200, 'and so has the same one';
	is raw_get($bob, '/files/raw/scratch/nothing')->code, 404, 'and is told of files';
	my ($status) = upload($bob, 'home', 'replace', [ 'meanwhile', 'y' x 1_000_000 ]);
	is $status, 303, 'uploads of others go on';
	cmp_ok time - $begun, '<', 5, 'without waiting';
	close $_ for @held;
	ok wait_until(10, sub { raw_get($alice, '/files/raw/home/long', Range => 'bytes=0-999999')->code == 206 }), 'and when they are gone there is room again';
	my @senders = map { slow_visitor($alice, "POST /files/upload/home HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n--b\r\n") } 1 .. 30;
	sleep 1;
	$begun = time;
	is raw_get($bob, '/files/in/home')->code, 200, 'slow uploads neither';
	cmp_ok time - $begun, '<', 2, 'without waiting';
	close $_ for @senders;
	unlink "$home/long";
};

subtest 'languages, and who may what' => sub {
	my ($status) = $site->http(GET => '/files/in/home');
	like $status, qr/^(303|401)$/, 'nobody signed in: asked to sign in';
	$bob->get($site->url('/files/in/home'));
	unlike $bob->content, qr/\bkept\b/, "bob sees nothing of alice's";
	is(($site->api($bob, GET => '/files/in/home/kept'))[0], 404, 'nor by name');
	my $before = `cd '$home' && find . -printf '%p %s %T@\n' | sort`;
	raw_get($alice, $_) for '/files/', '/files/in/home', '/files/in/home/own', '/files/raw/home/own', '/files/do/rename/home/own', '/files/do/delete/home/own';
	is `cd '$home' && find . -printf '%p %s %T@\n' | sort`, $before, 'no GET changes anything';
	is(($site->api($alice, POST => '/files/do/delete/home/own', { csrf => 'x' }))[0], 403, 'a POST with a wrong secret is refused');
	ok -e "$home/own", 'and deletes nothing';
	unlink "$home/own", "$home/kept", $site->base . '/home/bob/secret';
};

$site->finish;
done_testing;
