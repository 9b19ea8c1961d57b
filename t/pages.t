#!/usr/bin/perl
# Every route as nobody, as a user whose contract ended, as a user and as an administrator, in both languages: who gets in, and
# that each page is sound HTML without script, with labelled inputs, in its language.
use strict;
use warnings;
use utf8;
use Naru::Pages qw(routes faults);
use Naru::Test;
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site;
my @routes = routes($site);
cmp_ok(scalar @routes, '>', 30, 'the modules tell their routes');
for my $module (qw(account apps batchjob dashboard files shares stores transfers)) {
	ok(scalar(grep { $_->{module} eq $module && $_->{method} eq 'GET' } @routes), "$module among them");
}

my %rank = (nobody => 0, dave => 1, alice => 2, carol => 3);
my %needs = (public => 0, expired => 1, user => 2, admin => 3);
# What stands for a part of a path; anything else is something that does not exist.
my %part = (':place' => 'home', '*path' => '', ':cluster' => 'demo');

# A job of alice, so that its pages are seen with something on them.
my ($job) = $site->slurm('as', 'alice', 'sbatch', '--parsable', '-A', 'physics', '-o', '/dev/null', '--wrap', 'true') =~ /(\d+)/;
ok($job, 'a job to look at');

sub address {
	my ($path) = @_;
	$path =~ s{^/jobs/:cluster/:id}{/jobs/demo/$job};
	$path =~ s{([:*]\w+)}{$part{$1} // 'none0'}ge;
	return $path;
}

sub visit {
	my ($mech, $lang, $path) = @_;
	$mech->get($site->url($path), 'Accept-Language' => $lang, Accept => 'text/html');
	return $mech->response;
}

my %mech = (nobody => $site->mech, map { $_ => $site->signed_in($_) } qw(dave alice carol));
for my $lang (qw(en ko)) {
	for my $who (qw(dave alice carol)) {
		my $page = $mech{$who}->clone;
		$page->post($site->url('/account/language'), { lang => $lang, next => '/account/contract', csrf => csrf_of($who), key => Naru::Test::random_key() });
		is($page->response->code, 200, "$who chooses $lang");
	}
	for my $route (grep { $_->{method} eq 'GET' && !$_->{programs} && $_->{path} !~ m{^/(?:_auth|sign-in-needed)} } @routes) {
		check($lang, $_, $route) for sort { $rank{$a} <=> $rank{$b} } keys %rank;
	}
}
$site->finish;
done_testing;

# dave's pages have a form too: the one to sign out.
sub csrf_of {
	my ($who) = @_;
	my $page = $mech{$who}->clone->get($site->url('/account/contract'));
	my ($secret) = $page->decoded_content =~ /name="csrf"\s+value="([^"]*)"/;
	return $secret;
}

sub check {
	my ($lang, $who, $route) = @_;
	my $path = address($route->{path});
	my $name = "$who, $lang: $path";
	my $mech = $mech{$who}->clone;
	$mech->cookie_jar($mech{$who}->cookie_jar);
	my $response = visit($mech, $lang, $path);
	my $may = $rank{$who} >= $needs{ $route->{role} };
	if ($who eq 'nobody' && !$may) {
		is($response->request->uri->path, '/sign-in', "$name leads to the sign-in");
	} elsif (!$may) {
		is($response->code, 403, "$name is refused");
	} elsif ($response->redirects) {
		pass("$name leads on");
	} else {
		like($response->code, qr/^(?:200|404|422)$/, "$name is answered");
	}
	return unless ($response->header('Content-Type') // '') =~ m{^text/html};
	# On the hosts of apps nobody knows the visitor's language: those pages have both.
	$lang = 'en' if $path =~ m{^/_naru/} && $lang eq 'ko' && like($response->decoded_content, qr/\p{Hangul}/, "$name has Korean too");
	is(join("\n", faults($response->decoded_content, $lang)), '', "$name is sound");
	like($response->decoded_content, qr/\p{Hangul}/, "$name speaks Korean") if $lang eq 'ko';
}
