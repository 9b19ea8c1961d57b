#!/usr/bin/perl
# The pages of stores and the files in them, against real servers: each kind is registered by its form, tried, used through Files, seen by the
# server as it was written, changed, paused, removed. What goes wrong is said; secrets are nowhere; others see nothing.
use strict;
use warnings;
use utf8;
use Digest::SHA 'sha256_hex';
use Encode 'encode_utf8';
use File::Temp;
use HTTP::Request::Common ();
use JSON::PP;
use Naru::Pages 'faults';
use POSIX 'strftime';
use Naru::Test qw(output slurp spew);
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $bed = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1);
chmod 0755, $bed;
my $owner = $$;
END { if ($$ == $owner) { my $status = $?; system "$Naru::Test::top/ops/stores", 'down', $bed; system 'rm', '-rf', $bed; $? = $status } }
{
	local $ENV{NARU_STORES_PORT} = Naru::Test::free_ports();
	my ($status, $text) = output("$Naru::Test::top/ops/stores", 'up', $bed);
	BAIL_OUT("ops/stores: $text") if $status;
}
my %bed = map { /^(\w+)='(.*)'$/ ? ($1 => $2) : () } split /\n/, slurp("$bed/env");
my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[store]\nnetworks = 127.0.0.0/8 ::1/128\nca-file = $bed{STORES_CA}\nplain = yes\n");
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob carol);

sub get { my ($who, $path) = @_; return ($site->api($mech{$who}, GET => $path))[1] // {} }
sub code { my ($who, $method, $path, $fields) = @_; return ($site->api($mech{$who}, $method => $path, $fields))[0] }
sub post { my ($who, $path, $fields) = @_; return $site->api($mech{$who}, POST => $path, $fields) }
sub page { my ($who, $path) = @_; $mech{$who}->get($site->url($path)); return $mech{$who}->content =~ s/.*<main/<main/sr }
sub led { my ($response) = @_; return ($response->header('Location') // '') =~ s{^https://[^/]+}{}r }
sub field { my ($data, $name) = @_; my ($f) = grep { $_->{name} eq $name } @{ $data->{form}{fields} // [] }; return $f // {} }

# The id of the store that a form made.
sub add {
	my ($who, $kind, %fields) = @_;
	my ($status, $data, $response) = post($who, "/stores?kind=$kind", \%fields);
	is($status, 303, "$kind: saved") or return diag explain $data;
	return led($response) =~ m{^/stores/([a-z2-7]{10})$} ? $1 : '';
}

sub raw {
	my ($who, $path, %headers) = @_;
	return $mech{$who}->clone->request(HTTP::Request->new(GET => $site->url($path), [ %headers ]));
}

sub upload {
	my ($who, $folder, $conflict, %files) = @_;
	my $request = HTTP::Request::Common::POST($site->url("/files/upload/$folder"), Content_Type => 'form-data', Content => [
		csrf => $site->csrf($mech{$who}), key => Naru::Test::random_key(), conflict => $conflict,
		map { (file => [ undef, encode_utf8($_), Content => $files{$_} ]) } sort keys %files ]);
	$request->header(Accept => 'application/json');
	my $copy = $mech{$who}->clone;
	$copy->requests_redirectable([]);
	return $copy->request($request)->code;
}

my %form = (
	s3 => { title => 'Ceph', host => $bed{STORES_HOST}, port => $bed{S3_TLS_PORT}, security => 'tls', bucket => $bed{S3_BUCKET}, region => 'us-east-1', user => $bed{S3_USER},
		secret => $bed{S3_SECRET}, path_style => 'yes', path => '' },
	sftp => { title => 'Group <machine>', host => $bed{STORES_HOST}, port => $bed{SFTP_PORT}, path => $bed{SFTP_FILES}, user => $bed{SFTP_USER}, auth => 'password', secret => $bed{SFTP_SECRET} },
	ftp => { title => 'Old archive', host => $bed{STORES_HOST}, port => $bed{FTP_PORT}, security => 'explicit', path => '', user => $bed{FTP_USER}, secret => $bed{FTP_SECRET} },
	webdav => { title => '구름', url => "https://$bed{STORES_HOST}:$bed{WEBDAV_PORT}$bed{WEBDAV_PATH}", auth => 'password', user => $bed{WEBDAV_USER}, secret => $bed{WEBDAV_SECRET} },
);
my %on_disk = (sftp => $bed{SFTP_FILES}, ftp => $bed{FTP_FILES}, webdav => $bed{WEBDAV_FILES});

# ---- before the first -------------------------------------------------------------------------------------------------

like(page('alice', '/stores'), qr/You have no stores yet/, 'no stores');
like(page('alice', '/files/'), qr{href="/stores"}, 'Files leads to them');
like(page('alice', '/stores/new'), qr/kind=s3.*kind=sftp.*kind=webdav.*kind=ftp/s, 'four kinds');
is(code('alice', GET => '/stores/new?kind=gopher'), 200, 'another kind is a question');
is(code('alice', POST => '/stores?kind=gopher', {}), 404, 'but no form');

# ---- what is typed wrong -------------------------------------------------------------------------------------------------

for ([ s3 => bucket => 'x' ], [ s3 => host => 'https://a/b' ], [ s3 => port => 0 ], [ sftp => path => 'a/../../b' ], [ webdav => url => 'ftp://a/' ],
	[ webdav => url => 'https://user@host/' ], [ webdav => url => 'https://host:99999/' ], [ ftp => secret => '' ], [ s3 => security => 'perhaps' ], [ ftp => active => 'yes' ]) {
	my ($kind, $name, $value) = @$_;
	my ($status, $data) = post('alice', "/stores?kind=$kind", { %{ $form{$kind} }, $name => $value });
	is($status, 422, "$kind: $name = $value");
	ok(length(field($data, $name)->{message} // ''), 'is told at its field');
	is(field($data, 'title')->{value}, $form{$kind}{title}, 'and the rest is kept');
}
is_deeply(get('alice', '/stores')->{rows}, [], 'nothing of it was saved');

# ---- what does not work --------------------------------------------------------------------------------------------------

my $free = Naru::Test::free_ports();
for ([ 'a closed port', s3 => { port => $free }, qr/No server answers/ ], [ 'a wrong secret', s3 => { secret => 'wrong' }, qr/refuses the user.*The server said/ ],
	[ 'no such bucket', s3 => { bucket => 'nosuch' }, qr/no such bucket/ ], [ 'no such host', webdav => { url => 'https://nosuch.invalid/' }, qr/no server of this name/ ],
	[ 'an address of a forbidden network', webdav => { url => 'https://10.1.2.3/' }, qr/may not connect/ ], [ 'a wrong password', webdav => { secret => 'wrong' }, qr/refuses the user/ ],
	[ 'no such base', webdav => { url => "https://$bed{STORES_HOST}:$bed{WEBDAV_PORT}$bed{WEBDAV_PATH}/nosuch" }, qr/no such bucket or base folder/ ],
	[ 'another protocol', webdav => { url => "https://$bed{STORES_HOST}:$bed{SFTP_PORT}/" }, qr/certificate could not be verified|not understood/ ],
	[ 'a wrong password', ftp => { secret => 'wrong' }, qr/refuses the user/ ], [ 'an RSA key', sftp => { auth => 'key', secret => '', private_key => slurp($bed{SFTP_RSA_KEY_FILE}) }, qr/Its key waits|key of this kind/ ]) {
	my ($what, $kind, $other, $want) = @$_;
	my $id = add('alice', $kind, %{ $form{$kind} }, %$other) or next;
	like(page('alice', "/stores/$id"), $want, "$kind, $what: said on its page");
	is(code('alice', POST => "/stores/$id/remove", {}), 303, 'removed');
}

# ---- what works -----------------------------------------------------------------------------------------------------------

my %id;
for my $kind (sort keys %form) {
	my $id = $id{$kind} = add('alice', $kind, %{ $form{$kind} }) or next;
	if ($kind eq 'sftp') {
		my $data = get('alice', "/stores/$id");
		is($data->{key}, $bed{SFTP_HOST_KEY_ED25519}, 'sftp: its host key is shown first');
		isnt(code('alice', GET => "/files/in/store-$id"), 200, 'before it is accepted nothing is signed in to');
		like(page('alice', "/stores/$id"), qr/Is this the right server/, 'the page asks');
		$mech{alice}->submit_form(form_number => (grep { ($mech{alice}->forms)[ $_ - 1 ]->action =~ /accept$/ } 1 .. scalar @{ [ $mech{alice}->forms ] })[0]);
	}
	my $data = get('alice', "/stores/$id");
	is($data->{store}{css}, 'running', "$kind: it works") or diag explain $data->{store};
	use_it($kind, "store-$id");
}

sub use_it {
	my ($kind, $place) = @_;
	my $big = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 700_000;
	like(page('alice', "/files/in/$place"), qr/Upload files/, "$kind: its folder can be written");
	is(upload('alice', $place, 'refuse', 'small 나루.txt' => "one\ntwo <b>\n", 'big.bin' => $big), 303, 'two files go up');
	my %seen = map { $_->{name} => $_ } @{ get('alice', "/files/in/$place")->{rows} };
	is(join(' ', sort keys %seen), 'big.bin small 나루.txt', 'and stand there');
	is($seen{'big.bin'}{size}, length $big, 'with their size');
	is(sha256_hex(slurp("$on_disk{$kind}/big.bin")), sha256_hex($big), 'byte for byte on the server') if $on_disk{$kind};
	my $down = raw('alice', "/files/raw/$place/big.bin");
	is($down->code . sha256_hex($down->content), 200 . sha256_hex($big), 'they come down again');
	$down = raw('alice', "/files/raw/$place/big.bin", Range => 'bytes=1000000-1000099');
	is($down->code . $down->content, 206 . substr($big, 1_000_000, 100), 'and a part of one');
	like(page('alice', "/files/in/$place/small%20%EB%82%98%EB%A3%A8.txt"), qr/two &lt;b&gt;/, 'a text is shown');
	edit_it($place, 'small%20%EB%82%98%EB%A3%A8.txt');
	look_at($place);
	is(upload('alice', $place, 'refuse', 'big.bin' => 'x'), 409, 'what is there is not replaced');
	is(upload('alice', $place, 'replace', 'big.bin' => 'x'), 303, 'unless it shall be');
	is(raw('alice', "/files/raw/$place/big.bin")->content, 'x', 'then it is');
	is(code('alice', POST => "/files/do/folder/$place", { name => 'sub' }), 303, 'a folder');
	is(code('alice', POST => "/files/do/rename/$place/big.bin", { name => 'x.bin', folder => 'sub' }), 303, 'a file is moved into it');
	is(raw('alice', "/files/raw/$place/sub/x.bin")->content, 'x', 'and is there');
	share_it($kind, $place);
	is(code('alice', POST => "/files/do/delete/$place/sub", {}), 303, 'the folder is deleted');
	is(code('alice', GET => "/files/in/$place/sub"), 404, 'and gone');
	is(code('alice', GET => "/files/in/$place/nosuch"), 404, 'what was never there');
}

# By links to the folder sub, which holds x.bin: the connector is held to it.
sub share_it {
	my ($kind, $place) = @_;
	my $ends = strftime('%Y-%m-%d', localtime time + 3 * 86400);
	my %token = map { $_ => ((post('alice', "/shares/new?place=$place&path=sub&kind=$_", { ends => $ends, most => 1 }))[1]{link} // '') =~ m{/s/([\w-]{32})$} ? $1 : 'none' } qw(link drop);
	my $visit = sub { my ($path) = @_; my ($status, undef, $body) = $site->http(GET => $path); return ($status, $body) };
	is(join(' ', $visit->("/s/$token{link}/get/x.bin")), '200 x', "$kind: a link to a folder gives what is in it");
	my ($status, $body) = $visit->("/s/$token{link}");
	like($body, qr/x\.bin/, 'lists it');
	unlike($body, qr/small/, 'and nothing else');
	cmp_ok(($visit->("/s/$token{link}/get/$_"))[0], '>=', 400, "not $_") for '../big.bin', 'small%20%EB%82%98%EB%A3%A8.txt', '%2e%2e/big.bin';
	my $visitor = $site->mech;
	$visitor->get($site->url("/s/$token{drop}"));
	my ($secret) = $visitor->content =~ /name="csrf"\s+value="([^"]*)"/;
	my $answer = $visitor->request(HTTP::Request::Common::POST($site->url("/s/up/$token{drop}"), Content_Type => 'form-data',
		Content => [ csrf => $secret, key => Naru::Test::random_key(), file => [ undef, 'x.bin', Content => 'new' ] ]));
	is($answer->code, 200, 'a link to upload takes a file') or diag $answer->content;
	is(raw('alice', "/files/raw/$place/sub/x.bin")->content . raw('alice', "/files/raw/$place/sub/x%20%282%29.bin")->content, 'xnew', 'and replaces none');
	is(code('alice', POST => "/shares/new?place=$place&path=sub&kind=people", { ends => $ends, with => 'user', who => 'bob', right => 'read' }), 422, 'people of this site have no rights there');
}

# A text is edited where it is.
sub edit_it {
	my ($place, $name) = @_;
	my $editor = "/files/do/edit/$place/$name";
	my %fields = map { $_->{name} => $_->{value} } @{ get('alice', $editor)->{form}{fields} };
	is($fields{content}, "one\ntwo <b>\n", 'it can be edited');
	is(code('alice', POST => $editor, { %fields, content => "three\n", then => 'save' }), 303, 'and saved');
	is(raw('alice', "/files/raw/$place/$name")->content, "three\n", 'byte for byte');
	is(code('alice', POST => $editor, { %fields, content => "four\n", then => 'save' }), 409, 'but not over what was saved meanwhile');
	is(raw('alice', "/files/raw/$place/$name")->content, "three\n", 'which stays');
	is(code('alice', POST => "/files/do/new/$place", { name => 'new.md', content => "# Title\n", ends => 'lf' }), 303, 'a new text');
	is(code('alice', POST => "/files/do/new/$place", { name => 'new.md', content => 'x', ends => 'lf' }), 409, 'of a new name');
}

sub look_at {
	my ($place) = @_;
	my $corpus = "$Naru::Test::top/t/fuzz/corpus/preview";
	is(upload('alice', $place, 'refuse', 'a.jpg' => slurp("$corpus/small.jpg"), 'a.csv' => join('', map { "$_,x\n" } 1 .. 450)), 303, 'a picture and a table');
	like(page('alice', "/files/in/$place/new.md"), qr{<h2>Title</h2>}, 'Markdown is a page');
	like(raw('alice', "/files/preview/$place/a.jpg")->content, qr/^\x89PNG/, 'the picture is shown');
	my $sheet = get('alice', "/files/in/$place/a.csv")->{sheet};
	$sheet = get('alice', $sheet->{next})->{sheet} for 1 .. 2;
	is($sheet->{rows}[-1]{cells}[0]{value}, 450, 'the table is turned over to its end');
	is(code('alice', POST => "/files/do/select/$place", { pick => [ 'new.md', 'a.jpg', 'a.csv' ], sure => 1 }), 303, 'all three go');
}

# ---- who sees what ------------------------------------------------------------------------------------------------------------

for my $kind (sort keys %id) {
	is(code('bob', GET => "/stores/$id{$kind}"), 404, "$kind: bob does not see it");
	is(code('bob', GET => "/files/in/store-$id{$kind}"), 404, 'nor its files');
	is(code('bob', POST => "/stores/$id{$kind}/$_", { host_key => 'x' }), 404, "nor can he $_") for qw(pause test remove accept);
	is(code('carol', GET => "/stores/$id{$kind}"), 404, 'an administrator neither');
}
my $all = join '', map { page('alice', "/stores/$_") } values %id;
$all .= join '', map { (output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', $_))[1] } qw(stores audit);
$all .= join '', map { slurp($_) } glob $site->base . '/log/*';
unlike($all, qr/\Q$_\E/, 'a secret is on no page, in no dump and in no log') for grep { length } @bed{qw(S3_SECRET SFTP_SECRET FTP_SECRET WEBDAV_SECRET)};

# ---- once, and what meanwhile happens ----------------------------------------------------------------------------------------

my $key = Naru::Test::random_key();
my ($first) = map { led((post('alice', '/stores?kind=ftp', { %{ $form{ftp} }, title => 'Twice', key => $key }))[2]) } 1 .. 2;
is(scalar(grep { $_->{title} eq 'Twice' } @{ get('alice', '/stores')->{rows} }), 1, 'a double click makes one store');
is(code('alice', POST => "$first/pause", {}), 303, 'paused');
is(code('alice', POST => "$first/test", {}), 303, 'a paused one is tried');
is(get('alice', $first)->{paused} ? 1 : 0, 1, 'and stays paused');
is(code('alice', POST => "$first/remove", {}), 303, 'removed');

# ---- changing ------------------------------------------------------------------------------------------------------------------

my $dav = "/stores/$id{webdav}";
is(field(get('alice', $dav), 'secret')->{value} // '', '', 'the form does not hold the secret');
my %same = (%{ $form{webdav} }, secret => '', title => 'Cloud');
is(code('alice', POST => $dav, \%same), 303, 'another name, the secret left empty');
is(get('alice', $dav)->{store}{css}, 'running', 'still works');
my ($status, $data) = post('alice', $dav, { %same, user => 'somebody' });
is($status, 422, 'another user needs the secret again');
like(field($data, 'secret')->{message} // '', qr/again/, 'and says so');
($status) = post('alice', $dav, { %same, url => "https://$bed{STORES_HOST}:$bed{S3_TLS_PORT}/dav" });
is($status, 422, 'another port too');
is(get('alice', $dav)->{store}{css}, 'running', 'and nothing was changed');
is((post('alice', $dav, { %same, auth => 'token' }))[0], 422, 'and another way to sign in');
is((post('alice', $dav, { %same, url => "$form{webdav}{url}/elsewhere" }))[0], 422, 'and another folder of the same server');
is(code('alice', POST => $dav, { %same, read_only => 'yes' }), 303, 'read only');
is(upload('alice', "store-$id{webdav}", 'refuse', 'no.txt' => 'x'), 409, 'refuses changes');
is(code('alice', POST => "/files/do/folder/store-$id{webdav}", { name => 'no' }), 403, 'of any kind');
my $time = (stat $bed{WEBDAV_FILES})[9];
sleep 1;
like(page('alice', "/files/in/store-$id{webdav}"), qr/may look into this folder, but not change it/, 'and says so');
is((stat $bed{WEBDAV_FILES})[9], $time, 'to look is to change nothing');
is(code('alice', POST => "$dav/pause", {}), 303, 'paused');
isnt(code('alice', GET => "/files/in/store-$id{webdav}"), 200, 'nobody gets in');
unlike(page('alice', '/files/'), qr/store-$id{webdav}/, 'Files does not show it');
is(code('alice', POST => "$dav/resume", {}), 303, 'used again');
is(code('alice', GET => "/files/in/store-$id{webdav}"), 200, 'works again');

# ---- the site's -----------------------------------------------------------------------------------------------------------------

is(code('alice', POST => '/stores?kind=ftp', { %{ $form{ftp} }, site => 'yes', title => 'Mine' }), 303, 'a user cannot make one for everybody');
unlike(page('bob', '/stores'), qr/Mine/, 'it is just hers');
my $common = add('carol', 'ftp', %{ $form{ftp} }, site => 'yes', title => 'Common data', read_only => 'yes');
is(code('alice', GET => "/shares/new?place=store-$common&path="), 403, 'the site\'s store is not alice\'s to share');
like(page('bob', '/stores'), qr/Common data/, 'an administrator can');
is(code('bob', GET => "/files/in/store-$common"), 200, 'bob uses it');
is(code('bob', POST => "/stores/$common/remove", {}), 403, 'but cannot remove it');
is(code('carol', POST => "/stores/$common/remove", {}), 303, 'carol can');

# ---- pages ----------------------------------------------------------------------------------------------------------------------

for my $language (qw(en ko)) {
	$site->speak($mech{alice}, $language);
	for my $path ('/stores', '/stores/new', (map { "/stores/new?kind=$_" } sort keys %form), $dav, "$dav/remove", '/files/') {
		$mech{alice}->get($site->url($path));
		is_deeply([ faults($mech{alice}->content, $language) ], [], "$path ($language) is sound");
	}
}
is(code('alice', POST => "/stores/$id{$_}/remove", {}), 303, "$_: removed") for sort keys %id;
$site->finish;
done_testing;
