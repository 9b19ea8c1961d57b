#!/usr/bin/perl
# The trash of a place: what is deleted can come back, and what cannot be kept is asked about before it is gone.
use strict;
use warnings;
use utf8;
use FindBin;
use Test::More;
use Time::HiRes 'time';
use lib "$FindBin::Bin/lib";
use Naru::Test qw(slurp spew output);

my $site = Naru::Test->site(slurm => 0, private => 1, conf => "[files]\ntrash-days = 7\n");
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
my $trash = "$home/.naru-trash-$uid";

sub plant {
	my ($name, $content) = @_;
	spew("$home/$name", $content);
	chown $uid, $gid, "$home/$name";
}

sub folder {
	my ($name) = @_;
	mkdir "$home/$name" or die "$name: $!";
	chown $uid, $gid, "$home/$name";
}

sub rows { return @{ ($site->api($alice, GET => '/files/trash/home'))[1]{rows} // [] } }

# The number of the form whose page has this action.
sub choose {
	my ($mech, $action) = @_;
	my @forms = $mech->forms;
	my ($number) = grep { $forms[$_]->action =~ $action } 0 .. $#forms;
	return defined $number && $mech->form_number($number + 1);
}

subtest 'there and back, in a browser' => sub {
	folder('results');
	plant('results/kept.txt', 'important');
	$alice->get($site->url('/files/do/delete/home/results/kept.txt'));
	like $alice->content, qr/goes to the trash/, 'the question says where it goes';
	ok choose($alice, qr{/files/do/delete/}), 'a form';
	$alice->submit;
	like $alice->content, qr/is in the trash/, 'done';
	ok !-e "$home/results/kept.txt", 'it is not there any more';
	is sprintf('%o', (stat $trash)[2] & 07777), '700', "the trash is its owner's alone";
	is((stat $trash)[4], $uid, 'and alice owns it');
	$alice->get($site->url('/files/in/home'));
	unlike $alice->content, qr/naru-trash/, 'Files does not list it';
	$alice->follow_link(url_regex => qr{/files/trash/home$});
	like $alice->content, qr/kept\.txt/, 'the trash does';
	like $alice->content, qr/results/, 'with the folder it was in';
	like $alice->content, qr/7 days/, 'and how long';
	ok choose($alice, qr{/files/trash/}), 'its form';
	$alice->tick('pick', (rows())[0]{id});
	$alice->click_button(value => 'restore');
	like $alice->content, qr/restored/, 'restored';
	is slurp("$home/results/kept.txt"), 'important', 'to where it was';
	is scalar(rows()), 0, 'the trash is empty';
	is join(' ', grep { !/^\.\.?$/ } do { opendir my $d, $trash or die; readdir $d }), '', 'on the disk, too';
};

subtest 'several, folders, names that are taken' => sub {
	folder('deep');
	folder('deep/er');
	plant('deep/er/x', 'x');
	plant("odd \x{1f6a2} 100% name\n", 'odd');
	my $odd = 'odd%20%F0%9F%9A%A2%20100%25%20name%0A';
	my ($status, $data) = $site->api($alice, POST => '/files/do/select/home', { pick => [ 'deep', $odd ], sure => 1 });
	is $status, 303, 'a folder and a file of an odd name';
	ok !-e "$home/deep", 'gone';
	my %id = map { $_->{name} => $_->{id} } rows();
	is scalar(keys %id), 2, 'both are in the trash';
	folder('deep');
	plant('deep/other', 'other');
	($status, $data) = $site->api($alice, POST => '/files/trash/home', { verb => 'restore', pick => [ values %id ] });
	is $status, 303, 'both are restored';
	is slurp("$home/deep (2)/er/x"), 'x', 'the folder beside the one that has its name now';
	is slurp("$home/deep/other"), 'other', 'which is as it was';
	is slurp("$home/odd \x{1f6a2} 100% name\n"), 'odd', 'the odd name is kept';
	($status) = $site->api($alice, POST => '/files/do/delete/home/deep/other', {});
	system 'rm', '-rf', "$home/deep";
	my ($row) = rows();
	($status, $data) = $site->api($alice, POST => '/files/trash/home', { verb => 'restore', pick => $row->{id} });
	is slurp("$home/deep/other"), 'other', 'a folder that is gone is made again';
	like $data->{message}, qr{deep/other}, 'and the message says where';
	($status, $data) = $site->api($alice, POST => '/files/trash/home', { verb => 'restore', pick => $row->{id} });
	is $status, 409, 'a second time: not there';
};

subtest 'for ever' => sub {
	plant("gone$_", $_) for 1 .. 4;
	my ($status, $data) = $site->api($alice, POST => '/files/do/delete/home/gone1', { forever => 1 });
	is scalar(rows()), 0, 'deleted for ever: not in the trash';
	ok !-e "$home/gone1", 'nor where it was';
	$site->api($alice, POST => "/files/do/delete/home/gone$_", {}) for 2 .. 4;
	my @rows = rows();
	is scalar(@rows), 3, 'three in the trash';
	$alice->post($site->url('/files/trash/home'), { csrf => $site->csrf($alice), verb => 'erase', pick => $rows[0]{id} });
	like $alice->content, qr/Nothing can bring them back/, 'it asks first';
	is scalar(rows()), 3, 'and has deleted nothing';
	choose($alice, qr{/files/trash/});
	$alice->submit;
	is scalar(rows()), 2, 'then one is gone';
	($status) = $site->api($alice, POST => '/files/trash/home', { verb => 'empty' });
	is scalar(rows()), 2, 'emptying asks, too';
	($status) = $site->api($alice, POST => '/files/trash/home', { verb => 'empty', sure => 1 });
	is $status, 303, 'emptied';
	is scalar(rows()), 0, 'all gone';
	ok !-e $trash, 'nothing is left on the disk';
};

subtest 'old things go by themselves, and looking changes nothing' => sub {
	plant('old', 'old');
	plant('new', 'new');
	$site->api($alice, POST => '/files/do/delete/home/old', {});
	my ($row) = rows();
	my $id = sprintf '%010d-%s', time - 8 * 86400, substr $row->{id}, 11;
	rename "$trash/$row->{id}$_", "$trash/$id$_" or die for '', '.about';
	is scalar(rows()), 1, 'eight days old, it is still shown';
	ok -e "$trash/$id", 'since looking deletes nothing';
	$site->api($alice, POST => '/files/do/delete/home/new', {});
	is join(' ', map { $_->{name} } rows()), 'new', 'with the next thing that is deleted it goes';
	ok !-e "$trash/$id", 'from the disk';
};

subtest 'what the trash cannot keep' => sub {
	folder('disk');
	is system('mount', '-t', 'tmpfs', 'none', "$home/disk"), 0, 'another file system in the place' or return;
	plant('disk/far', 'far');
	plant('near', 'near');
	my ($status, $data) = $site->api($alice, POST => '/files/do/delete/home/disk/far', {});
	is $status, 409, 'is asked about';
	like $data->{problem}, qr/different file systems/, 'with the reason';
	is slurp("$home/disk/far"), 'far', 'and still there';
	chown $uid, $gid, "$home/disk";
	($status, $data) = $site->api($alice, POST => '/files/do/select/home/disk', { pick => 'far', sure => 1 });
	is $status, 409, 'also among several';
	is join(' ', map { $_->{name} } @{ $data->{victims} }), 'far', 'by its name';
	($status) = $site->api($alice, POST => '/files/do/select/home/disk', { pick => 'far', sure => 1, forever => 1 });
	is $status, 303, 'for ever, it goes';
	ok !-e "$home/disk/far", 'indeed';
	system 'umount', "$home/disk";
	rmdir "$home/disk";
	chmod 0755, $trash;
	($status, $data) = $site->api($alice, POST => '/files/do/delete/home/near', {});
	is $status, 409, 'a trash that is open to others takes nothing';
	is slurp("$home/near"), 'near', 'it is still there';
	chmod 0700, $trash;
	rename $trash, "$trash-kept";
	symlink '/etc', $trash;
	($status) = $site->api($alice, POST => '/files/do/delete/home/near', {});
	is slurp("$home/near"), 'near', 'nor does a link in its place';
	unlink $trash;
	rename "$trash-kept", $trash;
};

subtest 'others' => sub {
	is scalar(@{ ($site->api($bob, GET => '/files/trash/home'))[1]{rows} }), 0, "bob's trash is his own";
	my ($row) = rows();
	my ($status) = $site->api($bob, POST => '/files/trash/home', { verb => 'restore', pick => $row->{id} });
	is $status, 409, "alice's things are not in it";
	for my $path ("in/home/.naru-trash-$uid", "raw/home/.naru-trash-$uid/$row->{id}", "do/delete/home/.naru-trash-$uid") {
		is +($site->api($alice, GET => "/files/$path"))[0], 404, "$path is no page";
	}
	for my $id ('../x', "$row->{id}/../..", '1', '', "$row->{id}.about") {
		($status) = $site->api($alice, POST => '/files/trash/home', { verb => 'erase', pick => $id, sure => 1 });
		cmp_ok $status, '>=', 303, "id '$id' is refused";
	}
	is scalar(rows()), 1, 'and nothing is gone';
	($status) = $site->api($alice, POST => '/files/do/folder/home', { name => '.naru-trash-1' });
	is $status, 422, 'its name can be nobody\'s';
	my $forged = $alice->clone->post($site->url('/files/trash/home'), { verb => 'empty', sure => 1 });
	is $forged->code, 403, 'without the secret: refused';
};

subtest 'a folder with much in it is one rename' => sub {
	folder('many');
	mkdir "$home/many/$_" or die for 1 .. 20;
	for my $folder (1 .. 20) {
		open my $f, '>', "$home/many/$folder/$_" or die for 1 .. 500;
	}
	system 'chown', '-R', "$uid:$gid", "$home/many";
	my $begun = time;
	my ($status) = $site->api($alice, POST => '/files/do/delete/home/many', {});
	is $status, 303, '10,000 files are deleted';
	cmp_ok time - $begun, '<', 2, 'at once';
	my ($row) = grep { $_->{name} eq 'many' } rows();
	$site->api($alice, POST => '/files/trash/home', { verb => 'restore', pick => $row->{id} });
	ok -e "$home/many/20/500", 'and all is back';
};

$site->finish;
done_testing();
