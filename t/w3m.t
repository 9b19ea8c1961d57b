#!/usr/bin/perl
# The main pages as a text browser shows them: readable, in a sensible order, with all that matters.
use strict;
use warnings;
use utf8;
use Encode;
use File::Temp;
use Naru::Test qw(output);
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
# Of its own: what other tests leave behind, names of 255 letters among it, is not what is looked at here.
my $site = Naru::Test->site(private => 1, apps => 1);
my $mech = $site->signed_in('alice');
my $csrf = $site->csrf($mech);
$mech->post($site->url('/account/language'), { lang => 'en', next => '/account', csrf => $csrf, key => Naru::Test::random_key() });

ok(Naru::Test::wait_until(40, sub { my (undef, $page) = $site->api($mech, GET => '/'); $page && @{ $page->{partitions} // [] } }), 'the cluster has been heard of');

# Something to list.
my $file_of_alice = $site->base . '/home/alice/w3m.txt';
Naru::Test::spew($file_of_alice, "a line\n");
chown 20001, 30000, $file_of_alice;

my (undef, undef, $made) = $site->api($mech, POST => '/apps?offer=jupyter', { quick => 'yes' });
my ($app) = ($made->header('Location') // '') =~ m{/apps/([a-z2-7]{10})$};
ok($app, 'an app is created') or BAIL_OUT($made->decoded_content);
ok(Naru::Test::wait_until(60, sub { my (undef, $page) = $site->api($mech, GET => "/apps/$app"); ($page->{app}{css} // '') eq 'running' }), 'and runs') or diag $site->log_tail('deployer');

$site->api($mech, POST => '/files/do/clip/home', { verb => 'copy', pick => [ 'w3m.txt', 'gone.txt' ] });
my ($clip) = map { $_->{clip} } ($site->api($mech, GET => '/files/in/scratch'))[1];
my (undef, undef, $pasted) = $site->api($mech, POST => '/transfers/paste', { clip => $clip->{id}, place => 'scratch', path => '' });
my ($transfer) = ($pasted->header('Location') // '') =~ m{(/transfers/\w+)$};
ok($transfer, 'a transfer is made') or BAIL_OUT($pasted->decoded_content);
ok(Naru::Test::wait_until(30, sub { my (undef, $page) = $site->api($mech, GET => $transfer); $page->{files_failed} && $page->{ended} }), 'and runs to its end');

sub dump_of {
	my ($path) = @_;
	my $page = $mech->clone->get($site->url($path), Accept => 'text/html');
	my $file = File::Temp->new(SUFFIX => '.html');
	binmode $file, ':raw';
	print $file $page->content;
	close $file;
	my ($status, $text) = output('w3m', '-dump', '-I', 'UTF-8', '-O', 'UTF-8', '-cols', '80', '-T', 'text/html', "$file");
	is($status, 0, "w3m shows $path");
	return decode_utf8($text);
}

my %wanted = (
	'/' => [ 'Dashboard', 'Contract', 'Running', 'Storage', 'Home', 'Partition', 'normal', 'debug' ],
	'/jobs' => [ 'Jobs', 'New job' ],
	'/jobs/new' => [ 'Job name', 'Partition', 'Command', 'Review' ],
	'/files/' => [ 'Files', 'Home', 'Scratch' ],
	'/files/in/scratch' => [ 'Copied, to be pasted', '2 entries of Home', 'Paste here', 'Options …', 'Forget it' ],
	'/transfers' => [ 'Transfers', '2 entries of', 'Scratch', 'Finished', '1 of 2 files', 'Pause', 'Cancel', 'Remove from the list' ],
	$transfer => [ '2 entries of Home → Scratch', 'Run the failed ones again', 'If a name is taken', 'Failed (1)', 'gone.txt' ],
	$clip->{options_url} => [ 'Place', 'Folder', 'What to do', 'Only a trial', 'Files at a time', 'Start' ],
	'/files/in/home' => [ 'Name', 'Size', 'Upload', 'New folder' ],
	'/account' => [ 'Account', 'alice', '20001' ],
	'/account/sessions' => [ 'Browser', 'this one' ],
	'/notices' => ['Notices'],
	'/apps' => [ 'Jupyter', 'Running', 'CPU', 'Memory', ' left', 'Open', 'Stop', 'Extend', 'Share', 'Log', 'Delete' ],
	"/apps/$app" => [ 'Jupyter', 'Running', 'Open', 'It ends at', '1 hour longer', 'Size asked for', 'What happened', "Colleague's user name" ],
	'/apps/new' => [ 'Jupyter', 'Redis', 'Start' ],
	'/apps/new?offer=jupyter' => [ 'Name', 'CPU cores', 'Memory in MiB', 'Hours until it ends', 'Left of your quota', 'Create' ],
	'/apps/volumes' => [ 'New volume', 'Cluster', 'Size in GiB' ],
	'/stores' => [ 'Stores', 'Add a store', 'S3', 'SFTP', 'WebDAV', 'FTP' ],
	'/stores/new?kind=sftp' => [ 'Host', 'Port', 'User', 'Sign in with', 'Private key', 'Save and try it' ],
);
for my $path (sort keys %wanted) {
	my $text = dump_of($path);
	my $words = $text =~ s/\s+/ /gr;
	like($words, qr/\Q$_\E/, "$path says $_") for @{ $wanted{$path} };
	my @long = grep { length > 120 } split /\n/, $text;
	is(scalar @long, 0, "$path fits a terminal") or diag $long[0];
	unlike($text, qr/\{\{|\}\}|\(null\)/, "$path has no leftovers");
}
$site->finish;
done_testing;
