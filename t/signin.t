#!/usr/bin/perl
# Signing in: cookies, sessions, time-outs, throttling, one-time codes, contracts, where one is sent afterwards.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA;
use Naru::Account qw(totp set_cookies cookie status get_as post_as naru_account edit_conf);
use Naru::Test qw(slurp wait_until);
use Test::More;
use Time::HiRes qw(time sleep);

my $site = Naru::Test->site(private => 1, slurm => 0);

sub new_user {
	my ($name, $uid) = @_;
	$Naru::Test::password{$name} = "$name-ferry";
	is(scalar naru_account($site, '', '--add-user', "$name:$name-ferry:$uid:30000:30000:user:-10:+10:$name:"), 0, "account $name");
}

# A wrong password, from an address of its own if one is given.
sub wrong {
	my ($mech, $user) = @_;
	$mech->get($site->url('/sign-in'));
	$mech->submit_form(with_fields => { user => $user, password => 'not-this-one' });
	return $mech->status;
}

subtest 'the cookie' => sub {
	my $mech = $site->mech;
	my $fixed = 'A' x 43;
	$mech->get($site->url('/sign-in'));
	$mech->cookie_jar->set_cookie(0, '__Host-naru', $fixed, '/', 'localhost.local', $site->port, 1, 1);
	ok($site->sign_in($mech, 'alice'), 'alice signs in');
	my $line = set_cookies($mech->res)->{'__Host-naru'} // '';
	like($line, qr/^__Host-naru=[A-Za-z0-9_-]{43,};/, '256 bits');
	like($line, qr/;\s*\Q$_\E/i, $_) for 'Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/';
	unlike($line, qr/Domain=|Expires=|Max-Age=/i, 'for this host and this browser session');
	my ($id) = $line =~ /=([^;]+)/;
	isnt($id, $fixed, 'an id of before is not taken over');
	is(get_as($site, $fixed, '/account'), 401, 'and opens nothing');
	is(get_as($site, $id, '/account'), 200, 'the new one does');
	my $again = $site->signed_in('alice');
	isnt(cookie($again, '__Host-naru'), $id, 'another session, another id');
	my $stored = slurp($site->base . '/state/db/accounts/data.mdb');
	is(index($stored, $id), -1, 'the id is not in the database');
	isnt(index($stored, 'alice'), -1, '(which was looked at)');
};

subtest 'a new id for each sign-in of one browser' => sub {
	my $mech = $site->signed_in('bob');
	my $old = cookie($mech, '__Host-naru');
	my ($status, $headers) = post_as($site, $old, '/sign-out', 'csrf=' . $site->csrf($mech) . '&key=0123456789abcdef', Origin => 'https://localhost:' . $site->port);
	is($status, 303, 'signed out');
	like($headers->{'set-cookie'} // '', qr/__Host-naru=;/, 'the cookie is taken back');
	is(get_as($site, $old, $_), 401, "at once no one in $_") for grep { status($site, $_) == 401 } '/', '/account', '/jobs', '/files/', '/notices';
	is(get_as($site, $old, '/account'), 401, 'the id is dead');
};

subtest 'sign-out needs a form' => sub {
	my $mech = $site->signed_in('alice');
	my $id = cookie($mech, '__Host-naru');
	my ($status) = $site->http(GET => '/sign-out', Cookie => "__Host-naru=$id");
	is($status, 405, 'GET is refused');
	($status) = post_as($site, $id, '/sign-out', '');
	is($status, 403, 'POST without the secret too');
	is(get_as($site, $id, '/account'), 200, 'still signed in');
};

subtest 'where one is sent' => sub {
	my %next = ('/account/sessions' => '/account/sessions', '/account/?a=b%26c' => '/account/?a=b%26c', map { $_ => '/' }
		'//evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example/', 'javascript:alert(1)', "/\tevil", "/%0d%0a\r\nX: y", 'evil', '/sign-out', '/_auth/account', '');
	for my $next (sort keys %next) {
		my $mech = $site->mech;
		$mech->requests_redirectable([]);
		$mech->get($site->url('/sign-in?next=' . join '', map { sprintf '%%%02X', ord } split //, $next));
		$mech->submit_form(with_fields => { user => 'alice', password => 'alice-ferry' });
		is($mech->res->header('Location') // '', $next{$next}, "next=" . ($next =~ s/[^ -~]/?/gr));
	}
	my ($status, $headers) = $site->http(GET => '/account/sessions?x=1', Accept => 'text/html');
	is($status, 303, 'a page without a session');
	is($headers->{location}, '/sign-in?next=%2Faccount%2Fsessions%3Fx%3D1' =~ s/%2F/\//gr, 'leads to the form and back');
	($status, $headers) = $site->http(GET => '/account', Accept => 'application/json');
	is($status, 401, 'a program is told');
	like($headers->{'www-authenticate'} // '', qr/^Bearer/, 'what is missing');
};

subtest 'unknown and known users' => sub {
	my %seen;
	for my $user ('alice', 'no-such-user') {
		for (1 .. 4) {
			my $mech = $site->mech;
			$mech->get($site->url('/sign-in'));
			my $begun = time;
			$mech->submit_form(with_fields => { user => $user, password => 'wrong' });
			my $took = time - $begun;
			$seen{$user}{time} = $took if !$seen{$user}{time} || $took < $seen{$user}{time};
			my $page = $mech->content;
			$page =~ s/\Q$user\E/USER/g;
			$page =~ s/name="(csrf|key)" value="[^"]*"//g;
			$seen{$user}{page} = $mech->status . $page;
		}
	}
	is($seen{alice}{page}, $seen{'no-such-user'}{page}, 'the same page');
	my $ratio = $seen{alice}{time} / $seen{'no-such-user'}{time};
	ok($ratio > 0.6 && $ratio < 1.6, sprintf 'the same time (%.0f and %.0f ms)', map { $seen{$_}{time} * 1000 } 'alice', 'no-such-user');
	unlike($seen{alice}{page}, qr/value="wrong"/, 'a password is not printed again');
};

subtest 'a hundred wrong passwords' => sub {
	new_user('erin', 20101);
	my $owner = $site->signed_in('erin', agent => 'owner');
	my %count;
	my $thief = $site->mech;
	my $begun = time;
	$count{wrong($thief, 'erin')}++ for 1 .. 100;
	ok($count{429} && $count{429} > 60, 'most are told to wait (' . join(', ', map { "$_: $count{$_}" } sort keys %count) . ')');
	ok(time - $begun < 60, 'at once: no worker sleeps');
	like($thief->res->header('Retry-After') // '', qr/^\d+$/, 'for how long');
	is(get_as($site, cookie($owner, '__Host-naru'), '/account'), 200, 'the owner goes on');
	my $again = $site->mech(cookie_jar => $owner->cookie_jar);
	$again->cookie_jar->clear('localhost.local', '/', '__Host-naru');
	ok($site->sign_in($again, 'erin'), 'and signs in at the same address, with the browser known');
};

subtest 'one-time codes' => sub {
	new_user('frank', 20102);
	my $mech = $site->signed_in('frank');
	$mech->get($site->url('/account/codes'));
	$mech->submit_form(with_fields => { password => 'wrong' });
	is($mech->status, 422, 'setting up needs the password');
	$mech->submit_form(with_fields => { password => 'frank-ferry' });
	is($mech->status, 200, 'a key is made');
	like($mech->content, qr/<svg class="qr"/, 'shown as a QR code');
	my ($key) = $mech->content =~ m{<span class="mono">([A-Z2-7 ]{30,})</span>};
	ok($key, 'and as text');
	my $step = int(time / 30);
	$mech->submit_form(with_fields => { code => '000000' });
	is($mech->status, 422, 'a wrong code does not switch it on') if totp($key) ne '000000';
	$mech->submit_form(with_fields => { code => totp($key, 30 * $step) });
	is($mech->status, 200, 'the right one does');
	my @recovery = $mech->content =~ m{<li>([a-z2-9-]{19})</li>}g;
	is(scalar @recovery, 10, 'ten recovery codes');

	my $second = $site->mech;
	$site->sign_in($second, 'frank');
	is($second->uri->path, '/sign-in/code', 'the password alone leads to the second question');
	ok(!cookie($second, '__Host-naru'), 'without a session');
	is(get_as($site, cookie($second, '__Host-naru-half'), '/account'), 401, 'the half one opens nothing');
	$second->submit_form(with_fields => { code => totp($key, 30 * $step) });
	is($second->status, 422, 'the code of the set-up is used already');
	$second->submit_form(with_fields => { code => totp($key, 30 * ($step + 1)) });
	is($second->uri->path, '/', 'the next one is good');
	ok(cookie($second, '__Host-naru'), 'and makes a session');

	my $third = $site->mech;
	$site->sign_in($third, 'frank');
	$third->submit_form(with_fields => { code => totp($key, 30 * ($step + 1)) });
	is($third->status, 422, 'but not twice');
	$third->submit_form(with_fields => { code => uc $recovery[2] });
	is($third->uri->path, '/', 'a recovery code is');
	my $fourth = $site->mech;
	$site->sign_in($fourth, 'frank');
	my $half = cookie($fourth, '__Host-naru-half');
	$fourth->submit_form(with_fields => { code => $recovery[2] });
	is($fourth->status, 422, 'once');
	for (1 .. 12) {
		last if $fourth->uri->path ne '/sign-in/code';
		sleep($fourth->res->header('Retry-After') // 0) if $fourth->status == 429;
		$fourth->get($site->url('/sign-in/code'));
		$fourth->submit_form(with_fields => { code => sprintf '%06d', $_ });
	}
	is($fourth->uri->path, '/sign-in', 'five tries and it begins again');

	$mech->get($site->url('/account/codes'));
	$mech->submit_form(with_fields => { password => 'frank-ferry' }, button => undef);
	is($mech->status, 200, 'new recovery codes');
	my ($status) = $site->api($mech, POST => '/account/codes/off', { password => 'wrong' });
	is($status, 422, 'switching off needs the password');
	($status) = $site->api($mech, POST => '/account/codes/off', { password => 'frank-ferry' });
	is($status, 303, 'with it, it is off');
	$mech->cookie_jar->clear('localhost.local', '/', '__Host-naru');
	ok($site->sign_in($mech, 'frank'), 'the password alone is enough again');
};

subtest 'password' => sub {
	new_user('grace', 20103);
	my $mech = $site->signed_in('grace');
	my $other = $site->signed_in('grace');
	my %try = ('too short' => ['grace-ferry', 'short', 'short'], 'wrong old one' => ['wrong', 'correct horse battery', 'correct horse battery'],
		'they differ' => ['grace-ferry', 'correct horse battery', 'correct horse'], 'the same' => ['grace-ferry', 'grace-ferry', 'grace-ferry']);
	for my $name (sort keys %try) {
		my ($status) = $site->api($mech, POST => '/account/password', { old => $try{$name}[0], new => $try{$name}[1], again => $try{$name}[2] });
		is($status, 422, $name);
	}
	my ($status) = $site->api($mech, POST => '/account/password', { old => 'grace-ferry', new => '올바른 말 배터리 호치키스', again => '올바른 말 배터리 호치키스' });
	is($status, 303, 'changed, in Hangul');
	is(get_as($site, cookie($mech, '__Host-naru'), '/account'), 200, 'this session goes on');
	is(get_as($site, cookie($other, '__Host-naru'), '/account'), 401, 'the other one has ended');
	ok(!$site->sign_in($site->mech, 'grace'), 'the old password is none');
	is(scalar naru_account($site, "grace-ferry-again\n", '--set-password', 'grace'), 0, 'the administrator sets another');
	is(get_as($site, cookie($mech, '__Host-naru'), '/account'), 401, 'which ends all sessions');
	ok($site->sign_in($site->mech, 'grace', 'grace-ferry-again'), 'and opens');
};

subtest 'sessions' => sub {
	new_user('heidi', 20104);
	my ($one, $two, $three) = map { $site->signed_in('heidi', agent => "Firefox/$_") } 1 .. 3;
	my ($status, $data) = $site->api($one, GET => '/account/sessions');
	is(scalar @{ $data->{rows} }, 3, 'three are listed');
	my @others = grep { !$_->{mine} } @{ $data->{rows} };
	is(scalar @others, 2, 'one of them is this one');
	my $alice = $site->signed_in('alice');
	($status) = $site->api($alice, POST => "/account/sessions/$others[0]{tag}/end", {});
	is($status, 404, 'nobody else can end them');
	($status) = $site->api($one, POST => "/account/sessions/$others[0]{tag}/end", {});
	is($status, 303, 'heidi can');
	is((grep { get_as($site, cookie($_, '__Host-naru'), '/account') == 401 } $two, $three), 1, 'one is dead');
	($status) = $site->api($one, POST => '/account/sessions/others', {});
	is((grep { get_as($site, cookie($_, '__Host-naru'), '/account') == 401 } $two, $three), 2, 'then both');
	is(get_as($site, cookie($one, '__Host-naru'), '/account'), 200, 'and this one lives');
};

subtest 'who has no contract' => sub {
	my $dave = $site->mech;
	$site->sign_in($dave, 'dave');
	is($dave->uri->path, '/account/contract', 'is told so');
	is($dave->status, 200, 'on a page');
	my $id = cookie($dave, '__Host-naru');
	is(get_as($site, $id, $_), 403, "and sees nothing at $_") for '/', '/account', '/account/tokens';
	my ($status) = post_as($site, $id, '/sign-out', 'csrf=' . (($dave->content =~ /name="csrf" value="([^"]*)"/)[0] // '') . '&key=0123456789abcdef');
	is($status, 303, 'but the way out');
};

subtest 'accounts that are none' => sub {
	for my $line ('root:x:0:0::user:::Root:', 'daemon:x:1:1::user:::D:', 'nobody:x:65534:65534::user:::N:', 'ivan:x:20105:0::user:::I:', 'Ivan:x:20105:30000::user:::I:',
		'ivan:x:-1:30000::user:::I:', 'ivan:x:20105:30000::boss:::I:', 'ivan:x:20105:30000') {
		my ($code, $text) = naru_account($site, '', '--add-user', $line);
		is($code, 1, "refused: $line");
	}
	ok(!$site->sign_in($site->mech, 'root', 'x'), 'root does not sign in');
	is(scalar naru_account($site, '', '--import', $site->base . '/etc/demo-users'), 0, 'importing again changes nothing');
	ok($site->sign_in($site->mech, 'alice'), 'alice is there');
};

subtest 'language' => sub {
	my $mech = $site->mech;
	$mech->get($site->url('/sign-in'));
	like($mech->content, qr/<html lang="en"/, 'English');
	$mech->submit_form(form_number => 1, button => 'lang');
	like($mech->content, qr/<html lang="ko"/, 'the switch on an anonymous page');
	like($mech->uri->path, qr{^/sign-in}, 'comes back to it');
	$mech = $site->signed_in('bob');
	$mech->get($site->url('/account/sessions'));
	$mech->submit_form(form_number => 1, button => 'lang');
	like($mech->content, qr/<html lang="ko"/, 'and on a page of one who is signed in');
	is($mech->uri->path, '/account/sessions', 'comes back too');
	my $other = $site->mech;
	$site->sign_in($other, 'bob');
	$other->get($site->url('/account'));
	like($other->content, qr/<html lang="ko"/, 'the account remembers it');
	my ($status) = $site->api($other, POST => '/account/language', { lang => 'en' });
	is($status, 303, 'the page of the account has it too');
	($status) = $site->api($other, POST => '/account/language', { lang => 'xx' });
	is($status, 422, 'unknown ones are refused');
};

subtest 'time-outs' => sub {
	my $mech = $site->signed_in('alice');
	my $id = cookie($mech, '__Host-naru');
	edit_conf($site, 'idle-minutes', 0);
	sleep 2.1;
	is(get_as($site, $id, '/account'), 401, 'idle for too long');
	edit_conf($site, 'idle-minutes', 60);
	$mech = $site->signed_in('alice');
	$id = cookie($mech, '__Host-naru');
	is(get_as($site, $id, '/account'), 200, 'a new session');
	edit_conf($site, 'absolute-hours', 0);
	sleep 2.1;
	is(get_as($site, $id, '/account'), 401, 'older than a session may be');
	edit_conf($site, 'absolute-hours', 12);
};

subtest 'audit' => sub {
	my $log = slurp($site->base . '/state/db/audit/data.mdb');
	for my $word (qw(sign-in sign-in.failed sign-out sign-in.code sign-in.code-failed otp.begin otp.confirm otp.renew otp.disable password.change session.end account.add)) {
		isnt(index($log, $word), -1, $word);
	}
	is(index($log, 'alice-ferry'), -1, 'no password');
};

$site->finish;
done_testing;
