#!/usr/bin/perl
# Signing in by a directory, a real one: TLS, filters, hostile entries, silence.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use Naru::Account qw(cookie get_as status naru_account edit_conf);
use Naru::Test qw(output slurp spew wait_until);
use Test::More;
use Time::HiRes qw(time sleep);

my $site = Naru::Test->site(ldap => 1, slurm => 0, private => 1);
my ($port, $tls_port) = ($site->{port_base} + 31, $site->{port_base} + 32);
my $root = 'dc=example,dc=org';

# Adds an entry; values in base64 may hold any bytes.
sub add_person {
	my ($uid, %with) = @_;
	my %entry = (cn => $uid, sn => 'x', uidNumber => 21000 + length($uid), gidNumber => 30000, homeDirectory => '/x', userPassword => "$uid-ferry", %with);
	my $text = "dn: uid=$uid,ou=people,$root\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: $uid\n";
	for my $name (sort keys %entry) {
		require MIME::Base64;
		my $value = $entry{$name};
		utf8::encode($value) if utf8::is_utf8($value);
		$text .= "${name}:: " . MIME::Base64::encode_base64($value, '') . "\n";
	}
	my $file = $site->base . '/slapd/add.ldif';
	spew($file, "$text\n");
	my $password = slurp($site->base . '/slapd/admin-password');
	$site->ops('slapd', 'run', 'ldapadd', '-x', '-ZZ', '-H', "ldap://localhost:$port", '-D', "cn=admin,$root", '-w', $password, '-f', $file);
}

# Status of one try; each comes from an address of its own, so that none has to wait.
my $tries = 0;
sub try {
	my ($user, $password) = @_;
	my $mech = $site->mech;
	$tries++;
	$mech->local_address('127.1.' . int($tries / 250) . '.' . (1 + $tries % 250));
	$mech->get($site->url('/sign-in'));
	$mech->form_with_fields('user', 'password');
	$_->readonly(0), $_->{maxlength} = undef, delete $_->{required} for grep { $_->name && $_->name =~ /^(?:user|password)$/ } $mech->current_form->inputs;
	$mech->submit_form(fields => { user => $user, password => $password });
	return ($mech->status == 200 && $mech->uri->path ne '/sign-in' ? 'in' : $mech->status, $mech);
}

subtest 'who is let in' => sub {
	is((try('alice', 'alice-ferry'))[0], 'in', 'alice');
	is((try('carol', 'carol-ferry'))[0], 'in', 'carol');
	is((try(@$_))[0], 422, "not @$_") for ['alice', 'wrong'], ['bob', 'alice-ferry'], ['nobody', 'x'], ['ALICE', 'alice-ferry'], [' alice x', 'alice-ferry'];
	my ($in, $mech) = try('alice', 'alice-ferry');
	my (undef, $me) = $site->api($mech, GET => '/account');
	is($me->{uid}, 20001, 'the uid is the directory\'s');
	is($me->{groups}, '30000,30001', 'and the groups, the main one first');
	is($me->{name}, 'Alice Kim', 'and the name');
	ok(!$me->{admin}, 'alice is no administrator');
	(undef, $mech) = try('carol', 'carol-ferry');
	(undef, $me) = $site->api($mech, GET => '/account');
	ok($me->{admin}, 'carol is, by her group');
	my ($status) = $site->api($mech, GET => '/account/password');
	is($status, 422, 'passwords are changed in the directory');
};

subtest 'who is not' => sub {
	is((try('eve', 'eve-ferry'))[0], 403, 'uid 0');
	add_person('daemonx', uidNumber => 42);
	is((try('daemonx', 'daemonx-ferry'))[0], 403, 'a system account');
	add_person('gidzero', gidNumber => 0);
	is((try('gidzero', 'gidzero-ferry'))[0], 403, 'the group of root');
	add_person('huge', uidNumber => '4294967296');
	is((try('huge', 'huge-ferry'))[0], 422, 'a uid beyond all');
	is((try('alice', ''))[0], 422, 'an empty password, which a directory takes for an anonymous bind');
	is((try($_, 'alice-ferry'))[0], 422, "filter: $_") for '*', 'ali*', '*)(uid=*', 'alice)(objectClass=*', 'alice\\2a', '*)(|(uid=*', 'a' x 100, '(', ')', '\\', '&', 'cn=admin,' . $root;
};

subtest 'hostile entries' => sub {
	my @evil = ("<script>alert(1)</script>", "\e[31mred\e]0;title\a", "abc\x{202e}txt.exe", '"onmouseover="x', "a\r\nSet-Cookie: x=y", 'x' x 10_000, "\x{1F6A2}" x 3000);
	for my $n (0 .. $#evil) {
		my $uid = "evil$n";
		add_person($uid, cn => $evil[$n], mail => "m\@example.org", uidNumber => 22000 + $n);
		my ($in, $mech) = try($uid, "$uid-ferry");
		is($in, 'in', "a name of kind $n");
		$mech->get($site->url('/account'));
		is($mech->status, 200, 'the page is there');
		my $page = $mech->content;
		unlike($page, qr/<script|\e|\x{202e}|"onmouseover="/, 'and holds it as text');
		ok(length $page < 40_000, 'cut to what fits');
		ok(!cookie($mech, 'x'), 'no header of its own');
	}
};

subtest 'TLS' => sub {
	edit_conf($site, uri => "ldaps://localhost:$tls_port");
	is((try('alice', 'alice-ferry'))[0], 'in', 'ldaps');
	my $ca = $site->base . '/slapd/tls/ca.pem';
	edit_conf($site, ca => $site->base . '/etc/tls/cert.pem');
	is((try('alice', 'alice-ferry'))[0], 503, 'ldaps with another CA');
	edit_conf($site, uri => "ldap://localhost:$port");
	is((try('alice', 'alice-ferry'))[0], 503, 'StartTLS with another CA');
	edit_conf($site, 'start-tls' => 'no');
	is((try('alice', 'alice-ferry'))[0], 503, 'without TLS no password leaves the house, whatever the settings say');
	edit_conf($site, ca => $ca);
	is((try('alice', 'alice-ferry'))[0], 'in', 'with the right CA again');
};

# A server that takes connections and says nothing, or a part of something.
sub silent {
	my ($answer) = @_;
	my $server = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
	my $pid = fork // die;
	if (!$pid) {
		$SIG{TERM} = 'DEFAULT';
		my @kept;
		while (my $c = $server->accept) {
			print $c $answer if length $answer;
			$c->flush;
			push @kept, $c;
		}
		POSIX::_exit(0);
	}
	return ($server->sockport, $pid);
}

subtest 'a directory that does not answer' => sub {
	my ($in, $mech) = try('alice', 'alice-ferry');
	my $id = cookie($mech, '__Host-naru');
	for my $case (['ldap', ''], ['ldaps', ''], ['ldap', "\x30\x84\x7f\xff\xff\xff"], ['ldaps', "\x16\x03\x03\x40\x00"], ['ldap', "HTTP/1.1 200 OK\r\n\r\n"]) {
		my ($silent, $pid) = silent($case->[1]);
		edit_conf($site, uri => "$case->[0]://localhost:$silent");
		my @children;
		for my $n (1 .. 6) {
			my $child = fork // die;
			if (!$child) {
				my $begun = time;
				my ($status) = try("user$n", 'x');
				POSIX::_exit(time - $begun < 6 && $status =~ /^50[34]$/ ? 0 : 1);
			}
			push @children, $child;
		}
		sleep 1;
		my $begun = time;
		my @pages = map { get_as($site, $id, "/account") } 1 .. 10;
		ok(time - $begun < 4 && !grep({ $_ != 200 } @pages), "$case->[0], " . length($case->[1]) . ' bytes: sessions go on meanwhile');
		my $bad = 0;
		waitpid($_, 0), $bad += $? != 0 for @children;
		is($bad, 0, 'six sign-ins are answered within 5 s');
		kill TERM => $pid;
		waitpid $pid, 0;
	}
	edit_conf($site, uri => "ldap://localhost:$port");
	$site->ops('slapd', 'down');
	my $begun = time;
	is((try('alice', 'alice-ferry'))[0], 503, 'down');
	ok(time - $begun < 4, 'said at once');
	is(get_as($site, $id, '/account'), 200, 'sessions go on');
	$site->ops('slapd', 'up');
	is((try('alice', 'alice-ferry'))[0], 'in', 'and when it is back it works');
};

$site->finish;
done_testing;
