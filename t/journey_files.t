#!/usr/bin/perl
# A researcher's data in a real browser with JavaScript switched off: registers an S3 store, copies a folder and a large file from it to scratch, closes
# the browser and signs out; the service is restarted meanwhile; finds it finished and verified, on a phone, in Korean. Then copies and pastes there.
use strict;
use warnings;
use utf8;
use Digest::SHA 'sha256_hex';
use HTTP::Request::Common ();
use Naru::Browser;
use Naru::Stores;
use Naru::Test qw(output slurp wait_until);
use Test::More;
use Time::HiRes 'time';

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
BAIL_OUT(Naru::Browser::missing()) if Naru::Browser::missing();
my $bed = Naru::Stores::bed('s3');
my $site = Naru::Test->site(private => 1, slurm => 0, conf => "[store]\nnetworks = 127.0.0.0/8 ::1/128\nca-file = $bed->{STORES_CA}\n");
my $slow = ($ENV{BUILD} // '') =~ /san/;
my ($WAIT, $BIG, $SMALL) = ($slow ? 120 : 60, ($slow ? 4 : 24) << 20, 30);
my $scratch = $site->base . '/scratch/alice';
my ($pages, $clicks) = (0, 0);
my $alice = browser('en');

sub browser {
	my ($lang, %o) = @_;
	my $b = Naru::Browser->new(js => 0, lang => $lang, %o);
	$b->sign_in($site, 'alice');
	$b->follow("form.language button[lang=$lang]") if $b->source !~ /<html lang="$lang"/;
	return $b;
}

# A click that leads to another page.
sub go { my ($css) = @_; $alice->follow($css); $pages++; $clicks++; return }

# ---- the store -----------------------------------------------------------------------------------------------------------

$alice->get($site->url('/files/'));
go('main a[href="/stores"]');
go('main a[href="/stores/new?kind=s3"]');
my %typed = (title => 'Group bucket', host => $bed->{STORES_HOST}, port => $bed->{S3_TLS_PORT}, bucket => $bed->{S3_BUCKET}, region => 'us-east-1', user => $bed->{S3_USER}, secret => $bed->{S3_SECRET});
$alice->type("main form [name=$_]", $typed{$_}) for sort keys %typed;
$alice->click('main form [name=path_style]') if $alice->run('return !document.querySelector("main form [name=path_style]").checked');
go('main form button.primary');
like($alice->text('.job-state'), qr/Works/, "a store is registered: $pages pages, $clicks clicks");
my ($store) = $alice->url =~ m{/stores/([a-z2-7]{10})$};

# What is in it, put there through the portal too.
my $mech = $site->signed_in('alice');
my $big = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. $BIG / 4;
my %sum = ('big.bin' => sha256_hex($big), map { ("data/$_.txt" => sha256_hex("content of $_\n")) } 1 .. $SMALL);
is(($site->api($mech, POST => "/files/do/folder/store-$store", { name => 'data' }))[0], 303, 'a folder in it');
is(upload('', 'big.bin' => $big), 303, 'a large file');
is(upload('/data', map { ("$_.txt" => "content of $_\n") } 1 .. $SMALL), 303, "and $SMALL small ones");

sub upload {
	my ($folder, %files) = @_;
	my $request = HTTP::Request::Common::POST($site->url("/files/upload/store-$store$folder"), Content_Type => 'form-data', Content => [
		csrf => $site->csrf($mech), key => Naru::Test::random_key(), conflict => 'refuse', map { (file => [ undef, $_, Content => $files{$_} ]) } sort keys %files ]);
	$request->header(Accept => 'application/json');
	my $copy = $mech->clone;
	$copy->requests_redirectable([]);
	return $copy->request($request)->code;
}

# ---- from its listing to scratch -----------------------------------------------------------------------------------------------

go('main a.button.primary');
like($alice->text('table.list'), qr/data.*big\.bin/s, 'its listing');
($pages, $clicks) = (0, 0);
$alice->click(qq{input[name=pick][value="$_"]}) for 'big.bin', 'data';
go('button[name=verb][value=to]');
is($alice->run('return document.querySelector("[name=place] option:checked").value'), 'home', 'another place is proposed');
$alice->choose('[name=place]', 'scratch');
$alice->choose('[name=verify]', 'checksum');
my $start = time;
go('main form button.primary');
my $page = $alice->url;
like($page, qr{/transfers/[0-9a-z]{18}$}, 'it has a page');
like($alice->text('h1'), qr{^2 entries of Group bucket → Scratch$}, 'that says what it is');
diag "from the listing to the running transfer: $pages pages, $clicks clicks";
cmp_ok($pages, '<=', 3, 'at most three pages after the listing');
cmp_ok($clicks, '<=', 3, 'and three clicks');
$alice->follow('form[action="/sign-out"] button') if eval { $alice->click('details.menu summary'); 1 };
$alice->close;

# ---- nobody looks, and the service is restarted ------------------------------------------------------------------------------------

ok($site->sv(restart => $_), "$_ is restarted") for qw(mover transfers launcher);
my ($path) = $page =~ m{(/transfers/\w+)$};
my $now;
ok(wait_until($WAIT, sub { $now = ($site->api($mech, GET => $path))[1] // {}; ($now->{transfer}{css} // '') =~ /done|failed/ }), 'it comes to its end') or diag explain $now;
diag sprintf '%.1f s for %d MiB and %d files, restarts included', time - $start, $BIG >> 20, $SMALL;
$alice = browser('ko', width => 390, height => 844, dark => 1);
like($alice->text('main'), qr/항목 2개 \(Group bucket에서\) → 스크래치\s+끝남/, 'the dashboard tells that it has ended');
$alice->get($site->url('/files/'));
go('main a[href="/transfers"]');
like($alice->text('table.list'), qr/항목 2개 \(Group bucket에서\).*스크래치.*끝남/s, 'it stands on the list');
go(qq{table.list a[href="$path"]});
like($alice->text('.job-state'), qr/^끝남/, 'finished') or diag $alice->text('main');
like($alice->text('dl.facts'), qr/체크섬/, 'and verified');
is($now->{files_done}, $SMALL + 1, 'every file') or diag explain $now;
same_files('', 'in scratch are the same bytes');
is_deeply([ extra() ], [], 'and nothing else');

sub same_files {
	my ($below, $name) = @_;
	my @other = grep { (eval { sha256_hex(slurp("$scratch$below/$_")) } // '') ne $sum{$_} } sort keys %sum;
	is("@other", '', $name);
}

sub extra {
	my (undef, $found) = output('find', $scratch, '-type', 'f', '-printf', '%P\n');
	return grep { !$sum{$_} } split /\n/, $found;
}

# ---- copy and paste ---------------------------------------------------------------------------------------------------------------------

$alice->get($site->url('/files/in/scratch'));
($pages, $clicks) = (0, 0);
$alice->click('input[name=pick][value="data"]');
go('button[name=verb][value=copy]');
like($alice->text('.clip'), qr/복사한 것.*‘data’ \(스크래치에서\)/s, 'what is copied stands on the page');
go('nav .crumb a');
go('main a[href="/files/in/home"]');
like($alice->text('.clip'), qr/여기에 붙여넣기/, 'on those of other places too');
go('.clip form[action="/transfers/paste"] button');
like($alice->text('h1'), qr/^‘data’ \(스크래치에서\) → 홈$/, 'one click pastes');
like(eval { $alice->wait_text('.job-state', qr/끝남|멈춤|못/, $WAIT) } // $@, qr/끝남/, 'finished');
diag "copy and paste: $pages pages, $clicks clicks";
is($alice->run('return document.documentElement.scrollWidth > document.documentElement.clientWidth') ? 1 : 0, 0, 'nothing scrolls sideways');
like(slurp($site->base . '/home/alice/data/7.txt'), qr/content of 7/, 'it is there');
is((stat $site->base . '/home/alice/data/7.txt')[4], 20001, 'and hers');
$site->speak($mech, 'en');
$site->finish;
done_testing;
