#!/usr/bin/perl
# Forms: only a form of this site, of this session, changes anything; a GET changes nothing; hostile bodies cost little.
use strict;
use warnings;
use lib 't/lib';
use Naru::Account qw(cookie get_as post_as state_hash status);
use Naru::Test qw(output slurp);
use Test::More;
use Time::HiRes 'time';

my $site = Naru::Test->site(private => 1, slurm => 0);
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my ($id, $csrf) = (cookie($alice, '__Host-naru'), $site->csrf($alice));
my @same = (Origin => 'https://localhost:' . $site->port, 'Sec-Fetch-Site' => 'same-origin');

sub tokens { return scalar @{ ($site->api($alice, GET => '/account/tokens'))[1]{rows} } }

sub body { my (%f) = @_; return Naru::Test::form_encode({ label => 'x', scope => 'read', days => 7, key => Naru::Test::random_key(), %f }) }

# A POST that would make a token: its status and how many it made.
sub try {
	my ($body, @headers) = @_;
	my $before = tokens();
	my ($status) = post_as($site, $id, '/account/tokens', $body, @headers);
	return join ' ', $status, tokens() - $before;
}

subtest 'the secret' => sub {
	is(try(body(csrf => $csrf), @same), '200 1', 'with the right one it works');
	is(try(body(), @same), '403 0', 'without one');
	is(try(body(csrf => ''), @same), '403 0', 'an empty one');
	is(try(body(csrf => $site->csrf($bob)), @same), '403 0', "another user's");
	is(try(body(csrf => $site->csrf($site->signed_in('alice'))), @same), '403 0', "another session's");
	is(try(body(csrf => substr $csrf, 0, -1), @same), '403 0', 'a part of it');
	is(try(body(csrf => "${csrf}x"), @same), '403 0', 'more than it');
	my $old = $site->signed_in('alice');
	my ($old_id, $secret) = (cookie($old, '__Host-naru'), $site->csrf($old));
	post_as($site, $old_id, '/sign-out', "csrf=$secret&key=0123456789abcdef", @same);
	is((post_as($site, $old_id, '/account/tokens', body(csrf => $secret), @same))[0], 303, 'of a session that has ended: to the sign-in');
	is(try(body(csrf => $secret), @same), '403 0', 'and it is no good elsewhere');
};

subtest 'where the form comes from' => sub {
	is(try(body(csrf => $csrf), Origin => $_), '403 0', "Origin: $_")
		for 'https://evil.example', 'null', 'http://localhost:' . $site->port, 'https://localhost', 'https://localhost.evil.example:' . $site->port;
	is(try(body(csrf => $csrf), 'Sec-Fetch-Site' => $_), '403 0', "Sec-Fetch-Site: $_") for 'cross-site', 'same-site', 'x';
	is(try(body(csrf => $csrf)), '200 1', 'old browsers and programs send neither');
};

subtest 'the sign-in form has its own' => sub {
	my ($status) = $site->http(POST => '/sign-in', 'Content-Type' => 'application/x-www-form-urlencoded', @same, 'user=alice&password=alice-ferry');
	is($status, 403, 'without the cookie of the form');
	my ($one, $two) = ($site->mech, $site->mech);
	$_->get($site->url('/sign-in')) for $one, $two;
	my ($other) = $two->content =~ /action="\/sign-in".*?name="csrf"\s+value="([^"]*)"/s;
	$one->form_with_fields('user', 'password');
	$one->current_form->find_input('csrf')->readonly(0);
	$one->field(csrf => $other);
	$one->submit_form(fields => { user => 'alice', password => 'alice-ferry' });
	is($one->status, 403, "with another visitor's");
	my ($s2) = $site->http(POST => '/sign-in', Cookie => '__Host-naru-form=abc', 'Content-Type' => 'application/x-www-form-urlencoded', @same, 'csrf=abc&user=alice&password=alice-ferry');
	is($s2, 403, 'with one of the own making');
};

subtest 'what is sent' => sub {
	my $good = body(csrf => $csrf);
	is(try("$good&label=y", @same), '400 0', 'a field twice');
	my $mail = $site->api($alice, GET => '/account') && ($site->api($alice, GET => '/account'))[1];
	is(try(body(csrf => $csrf, uid => 0, user => 'bob', owner => 'bob', role => 'admin'), @same), '200 1', 'fields that nobody asked for');
	is_deeply(($site->api($alice, GET => '/account'))[1]{$_}, $mail->{$_}, "leave $_ alone") for 'uid', 'user', 'admin';
	is(scalar @{ ($site->api($bob, GET => '/account/tokens'))[1]{rows} }, 0, 'and bob has got nothing');
	for my $bad ("label=%ff%fe", 'label=%00', 'label=a%00b', "label=\xff", 'label=%C0%AF', 'label=%ED%A0%80') {
		my $status = try("$bad&scope=read&days=7&csrf=$csrf&key=0123456789abcdef", @same);
		like($status, qr/^4(?:00|22) 0$/, "bad text: " . ($bad =~ s/[^ -~]/?/gr));
	}
};

# Private memory of all processes of account.
sub private {
	my ($master) = $site->service_pid('account');
	my $sum = 0;
	for my $file (glob '/proc/[0-9]*/stat') {
		my $line = eval { slurp($file) } // next;
		my ($pid, $parent) = $line =~ /^(\d+) \(.*\) \S (\d+)/s or next;
		next unless $pid == $master || $parent == $master;
		my $map = eval { slurp("/proc/$pid/smaps_rollup") } // next;
		$sum += $1 while $map =~ /^Private_(?:Clean|Dirty):\s+(\d+)/mg;
	}
	return $sum;
}

subtest 'large bodies' => sub {
	try(body(csrf => $csrf), @same);
	my $before = private();
	my %body = ('100,000 fields' => join('&', map { "f$_=1" } 1 .. 100_000), 'the same field 100,000 times' => join('&', ('a=1') x 100_000),
		'a field of 1.5 MB' => 'label=' . 'x' x 1_500_000, 'a field of 10 MB' => 'label=' . 'x' x 10_000_000, 'signs of 900 kB' => '&' x 900_000, 'percent' => '%' x 900_000);
	for my $name (sort keys %body) {
		my $begun = time;
		my ($status) = post_as($site, $id, '/account/tokens', "$body{$name}&csrf=$csrf&key=0123456789abcdef", @same);
		like($status, qr/^4(?:00|13|22)$/, "$name: $status");
		ok(time - $begun < 2, 'quickly');
	}
	is(get_as($site, $id, '/account'), 200, 'the module lives');
	my $grown = private() - $before;
	ok($grown < 20_000, "memory stays ($grown kB more)");
};

subtest 'a GET changes nothing' => sub {
	my @routes = split /\n/, (output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-account', '--routes'))[1];
	ok(@routes > 15, 'the routes are listed');
	my $alice = $site->signed_in('alice');
	my $id = cookie($alice, '__Host-naru');
	my $before = state_hash($site);
	for (@routes) {
		my ($method, $path) = split ' ';
		next unless $method eq 'GET';
		$path =~ s{:\w+}{x}g;
		$site->http(GET => $path, Cookie => "__Host-naru=$id");
		$site->http(GET => "$path?csrf=$csrf&lang=ko&label=x&scope=read&days=7&password=alice-ferry", Cookie => "__Host-naru=$id");
	}
	for (@routes) {
		my ($method, $path) = split ' ';
		next unless $method eq 'POST';
		$path =~ s{:\w+}{x}g;
		my ($status) = $site->http(GET => "$path?csrf=$csrf", Cookie => "__Host-naru=$id");
		like($status, qr/^(?:200|303|404|405)$/, "GET $path: $status");
	}
	is(state_hash($site), $before, 'byte for byte');
};

subtest 'every POST wants the secret' => sub {
	my @routes = split /\n/, (output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-account', '--routes'))[1];
	my $before = state_hash($site);
	for (@routes) {
		my ($method, $path) = split ' ';
		next unless $method eq 'POST';
		$path =~ s{:\w+}{x}g;
		my ($status) = post_as($site, $id, $path, 'lang=ko&password=alice-ferry&code=1', @same);
		is($status, 403, $path);
	}
	is(state_hash($site), $before, 'nothing is changed');
};

$site->finish;
done_testing;
