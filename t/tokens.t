#!/usr/bin/perl
# Personal access tokens: made once, shown once, stored as a hash, bound by scope, day and contract.
use strict;
use warnings;
use lib 't/lib';
use Naru::Account qw(cookie status get_as post_as);
use Naru::Test qw(slurp);
use Test::More;

my $site = Naru::Test->site(private => 1, slurm => 0);
my $alice = $site->signed_in('alice');
my $id = cookie($alice, '__Host-naru');

sub make {
	my (%fields) = @_;
	return $site->api($alice, POST => '/account/tokens', { label => 'test', scope => ['read'], days => 7, %fields });
}

sub bearer { my ($token) = @_; return (Authorization => "Bearer $token") }

subtest 'making' => sub {
	my ($status, $data) = make(scope => ['read', 'jobs'], label => 'my <b>script</b>');
	is($status, 200, 'made');
	like($data->{secret} // '', qr/^naru_[A-Za-z0-9_-]{43}$/, '256 bits');
	is(index(slurp($site->base . '/state/db/accounts/data.mdb'), $data->{secret}), -1, 'not in the database');
	my (undef, $list, $page) = $site->api($alice, GET => '/account/tokens');
	is(scalar @{ $list->{rows} }, 1, 'listed');
	is($list->{rows}[0]{scope}, 'read jobs', 'with its scope');
	unlike($page->content, qr/naru_/, 'but not shown again');
	$alice->get($site->url('/account/tokens'));
	unlike($alice->content, qr/<b>script/, 'its label is text');
	is((make(@$_))[0], 422, "refused: @$_") for ['label', ''], ['days', 10000], ['days', -1];
	is((make(scope => $_))[0], 422, 'refused scope') for [], ['admin'], ['read', 'root'];
};

subtest 'using' => sub {
	my (undef, $data) = make();
	my $token = $data->{secret};
	is(status($site, '/account', bearer($token)), 200, 'opens a page');
	my ($status) = $site->http(POST => '/account/tokens', bearer($token), 'Content-Type' => 'application/x-www-form-urlencoded', 'label=x&scope=read&days=7');
	is($status, 403, 'a token makes no token');
	($status) = $site->http(POST => '/sign-out', bearer($token), '');
	is($status, 403, 'nor does it sign out');
	is(status($site, '/account', bearer($_)), 401, 'opens nothing: ' . substr $_, 0, 20) for 'naru_', 'naru_' . 'A' x 43, "${token}A", substr($token, 0, -1), "naru_" . 'x' x 5000;
	is(status($site, '/account', Authorization => "Basic $token"), 401, 'not as Basic');
	is(status($site, '/account', Authorization => 'Basic YWRtaW46eA=='), 401, 'Basic means nothing');
	is(status($site, '/account', Cookie => "__Host-naru=$token"), 401, 'nor as a cookie');
	is(status($site, '/account', Authorization => "Bearer $id"), 401, 'and a session id is no token');
	is(status($site, '/account', Cookie => "__Host-naru=$id", bearer('naru_bad')), 401, 'a bad token beside a good cookie is nobody');
	is(status($site, '/account', Cookie => "__Host-naru=$id", Authorization => 'Basic x'), 200, 'Basic beside a good cookie means nothing');
	my (undef, $headers) = $site->http(GET => '/account', bearer('naru_bad'));
	like($headers->{'www-authenticate'} // '', qr/Bearer/, 'a program is never sent to a form');
};

subtest 'scope' => sub {
	my (undef, $data) = make(scope => ['jobs']);
	is(status($site, '/account', bearer($data->{secret})), 403, 'without "read" nothing is read');
};

subtest 'revoking' => sub {
	my (undef, $data) = make(label => 'short life');
	my (undef, $list) = $site->api($alice, GET => '/account/tokens');
	my ($row) = grep { $_->{label} eq 'short life' } @{ $list->{rows} };
	my ($status) = $site->api($site->signed_in('bob'), POST => "/account/tokens/$row->{tag}/revoke", {});
	is($status, 404, "not another's");
	is(status($site, '/account', bearer($data->{secret})), 200, 'still good');
	($status) = $site->api($alice, POST => "/account/tokens/$row->{tag}/revoke", {});
	is($status, 303, 'revoked');
	is(status($site, '/account', bearer($data->{secret})), 401, 'at once');
};

subtest 'a double click' => sub {
	my (undef, $before) = $site->api($alice, GET => '/account/tokens');
	my @made = map { (make(label => 'twice', key => 'the-same-key-0123456789'))[1]{secret} } 1, 2;
	my (undef, $after) = $site->api($alice, GET => '/account/tokens');
	is(@{ $after->{rows} } - @{ $before->{rows} }, 1, 'makes one token');
	is(status($site, '/account', bearer($made[1])), 200, 'and the page that stays shows the good one');
};

subtest 'many' => sub {
	my $status = 200;
	for (1 .. 25) {
		($status) = make(label => "n$_");
		last if $status != 200;
	}
	is($status, 409, 'no more than twenty');
};

$site->finish;
done_testing;
