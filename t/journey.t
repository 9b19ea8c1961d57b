#!/usr/bin/perl
# The whole way in a real browser with JavaScript switched off, in both languages: sign in, dashboard, new job, review, submit,
# watch it finish, read its output, open it in the file browser, cancel another, sign out. And that somebody else sees none of it.
use strict;
use warnings;
use utf8;
use Naru::Browser;
use Naru::Test;
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site;
BAIL_OUT(Naru::Browser::missing()) if Naru::Browser::missing();
my %words = (
	en => { dashboard => qr/Dashboard/, done => qr/Completed/, hello => 'hello from the ferry' },
	ko => { dashboard => qr/대시보드/, done => qr/완료됨/, hello => '나루에서 인사드립니다' },
);
my $bob = Naru::Browser->new(js => 0);
$bob->sign_in($site, 'bob');
journey($_) for qw(en ko);
$site->finish;
done_testing;

sub speak {
	my ($b, $lang) = @_;
	$b->follow("form.language button[lang=$lang]") if $b->source !~ /<html lang="$lang"/;
	like($b->source, qr/<html lang="$lang"/, "the page speaks $lang");
}

sub journey {
	my ($lang) = @_;
	my $w = $words{$lang};
	my $b = Naru::Browser->new(js => 0);
	$b->sign_in($site, 'alice');
	speak($b, $lang);
	like($b->text('h1'), $w->{dashboard}, 'the dashboard');

	# Page 1: the form. Click 1: to the review.
	$b->follow('main a[href="/jobs/new"]');
	$b->type('[name=name]', "journey-$lang");
	$b->type('[name=command]', "echo '$w->{hello}'\nid -u\nsleep 2");
	$b->follow('main form button.primary');
	like($b->source, qr/#SBATCH --job-name=journey-$lang/, 'the review shows the script');
	# Page 2. Click 2: submitted.
	$b->follow('main form button.primary');
	my ($id) = $b->url =~ m{/jobs/demo/(\d+)$};
	ok($id, 'page 3 is the job') or return diag $b->text('main');
	$b->wait_text('main', $w->{done}, 40);
	like($b->text('main'), qr/\Q$w->{hello}\E\s+20001/, 'its output is there, and it ran as alice');
	$b->follow('main a[href^="/files/in/home/slurm-"]');
	like($b->text('main'), qr/\Q$w->{hello}\E/, 'the output in the file browser');

	$bob->get($site->url("/jobs/demo/$id"));
	unlike($bob->source, qr/journey-$lang|\Q$w->{hello}\E/, 'bob does not see the job');
	$bob->get($site->url('/jobs?group=all'));
	unlike($bob->source, qr/journey-$lang/, 'nor in his list');

	cancel($b, $lang);
	$b->click('details.menu summary');
	$b->follow('form[action="/sign-out"] button');
	ok(Naru::Test::wait_until(20, sub { $b->url =~ m{/sign-in} }), 'signing out leads to the sign-in');
	$b->get($site->url('/jobs'));
	like($b->url, qr{/sign-in\?next=}, 'signed out');
}

sub cancel {
	my ($b, $lang) = @_;
	$b->get($site->url('/jobs/new?template=serial'));
	$b->type('[name=name]', "cancel-$lang");
	$b->type('[name=command]', 'sleep 300');
	$b->follow('main form button.primary');
	$b->follow('main form button.primary');
	my ($id) = $b->url =~ m{/jobs/demo/(\d+)$};
	ok(Naru::Test::wait_until(20, sub { $site->job_state($id) eq 'RUNNING' }), 'another one runs');
	$b->get($site->url("/jobs/demo/$id"));
	$b->follow('main form button.danger');
	ok(Naru::Test::wait_until(20, sub { $site->job_state($id) eq 'CANCELLED' }), 'Cancel ends it');
}
