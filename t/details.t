#!/usr/bin/perl
# Details of files and folders: rights in words and how they are changed, access lists, checksums.
use strict;
use warnings;
use utf8;
use Digest::MD5 'md5_hex';
use Digest::SHA 'sha256_hex';
use FindBin;
use Test::More;
use lib "$FindBin::Bin/lib";
use Naru::Test qw(spew);

my $site = Naru::Test->site(slurm => 0);
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
my $at = "details-$$";

# An access list as the kernel keeps it: [ tag, rights, id ] …
sub acl { return pack 'L<(S<S<L<)*', 2, map { @$_ } @_ }
sub set_acl {
	my ($path, $name, $list) = @_;
	return syscall(188, my $p = $path, my $n = "system.posix_acl_$name", my $l = $list, length $list, 0) == 0; # setxattr
}

sub details { return ($site->api($alice, GET => "/files/details/home/$at$_[0]"))[1] }
sub rights { return { map { $_->{who} => $_->{may} } @{ details(@_)->{rights} } } }
sub mode { return sprintf '%o', (stat "$home/$at/$_[0]")[2] & 07777 }
sub change { return ($site->api($alice, POST => "/files/do/mode/home/$at/$_[0]", $_[1]))[0] }

mkdir "$home/$at" or die;
mkdir "$home/$at/in" or die;
my $content = join '', map { chr($_ % 251) } 1 .. 3_000_000;
spew("$home/$at/$_", $content) for 'big', 'in/b';
spew("$home/$at/empty", '');
link "$home/$at/big", "$home/$at/big again";
symlink '/etc/passwd', "$home/$at/out";
system 'chown', '-hR', "$uid:$gid", "$home/$at";
chmod 0640, "$home/$at/big";
chmod 0770, "$home/$at/in";

subtest 'what a page tells' => sub {
	my $d = details('/big');
	is $d->{mode}, 'rw-r----- (640)', 'rights as ls writes them';
	is $d->{links}, 2, 'two names';
	my $rights = rights('/big');
	is $rights->{"Owner alice ($uid)"}, 'read, change', 'what the owner may, by name';
	is $rights->{'Everybody else'}, 'nothing', 'and everybody else';
	is scalar(grep { /^Group \S+ \($gid\)/ } keys %$rights), 1, 'the group, by name';
	$d = details('/in');
	is $d->{entries}, 1, 'a folder: what is in it';
	is $d->{size}, length $content, 'and how much';
	is rights('/in')->{"Owner alice ($uid)"}, 'list, add and delete, enter', 'rights of a folder in its words';
	is details('/out')->{target}, '/etc/passwd', 'a link: where it leads';
	$alice->get($site->url("/files/details/home/$at/big"));
	like $alice->content, qr/Change the permissions/, 'a form to change them';
	is +($site->api($bob, GET => "/files/details/home/$at/big"))[0], 404, "not another's";
};

subtest 'checksums' => sub {
	my $d = details('/big?sums=1');
	is $d->{sha256}, sha256_hex($content), 'SHA-256';
	is $d->{md5}, md5_hex($content), 'MD5';
	is details('/empty?sums=1')->{sha256}, sha256_hex(''), 'of nothing, too';
	is details('/big')->{sha256}, undef, 'not unless asked for';
};

subtest 'an access list' => sub {
	ok set_acl("$home/$at/big", 'access', acl([ 1, 6, 0xffffffff ], [ 2, 4, $uid + 1 ], [ 4, 4, 0xffffffff ], [ 16, 4, 0xffffffff ], [ 32, 0, 0xffffffff ])), 'is set';
	my $rights = rights('/big');
	is +(map { $rights->{$_} } grep { /^User .*\(?@{[ $uid + 1 ]}\)?$/ } keys %$rights)[0], 'read', 'a user who is named in it';
	is $rights->{Owner}, 'read, change', 'the owner';
	ok set_acl("$home/$at/in", 'default', acl([ 1, 7, 0xffffffff ], [ 4, 5, 0xffffffff ], [ 32, 0, 0xffffffff ])), 'one for what will be made in a folder';
	is rights('/in')->{'Owner, for what is made in it'}, 'list, add and delete, enter', 'is told as that';
};

subtest 'other rights' => sub {
	is change('empty', { owner => [ 'r', 'w' ], group => 'r' }), 303, 'changed';
	is mode('empty'), '640', 'to these';
	chmod 06755, "$home/$at/empty";
	is change('empty', { owner => [ 'r', 'w', 'x' ], group => 'x', others => 'x' }), 303, 'of a set-uid file';
	is mode('empty'), '711', 'which it is no more';
	is change('empty', { owner => [ 's', 'r' ] }), 422, 'nothing but r, w and x';
	is change('empty', { owner => '4755' }), 422, 'no numbers';
	is mode('empty'), '711', 'and nothing was changed';
	chmod 02750, "$home/$at/in";
	is change('in', { owner => [ 'r', 'w', 'x' ], group => [ 'r', 'w', 'x' ] }), 303, 'a folder';
	is mode('in'), '2770', 'keeps its group for what is made in it';
	is change('none', { owner => 'r' }), 404, 'nothing there';
	is +($site->api($bob, POST => "/files/do/mode/home/$at/empty", { owner => 'r' }))[0], 404, "not another's";
	spew("$home/$at/roots", 'x');
	is change('roots', { owner => 'r' }), 403, "not root's";
};

system 'rm', '-rf', "$home/$at";
$site->finish;
done_testing();
