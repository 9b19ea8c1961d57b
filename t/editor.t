#!/usr/bin/perl
# The editor of text files: what is saved is byte for byte what was meant, nobody's change is lost, and what cannot be edited is said.
use strict;
use warnings;
use utf8;
use Encode 'encode_utf8';
use FindBin;
use Test::More;
use lib "$FindBin::Bin/lib";
use Naru::Pages 'faults';
use Naru::Test qw(slurp spew);

my $site = Naru::Test->site(slurm => 0);
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice/editor-test';
my ($uid, $gid) = (stat $site->base . '/home/alice')[4, 5];
mkdir $home;
chown $uid, $gid, $home;

sub plant {
	my ($name, $content) = @_;
	spew("$home/$name", $content);
	chown $uid, $gid, "$home/$name";
}

sub open_editor {
	my ($name) = @_;
	$alice->get($site->url("/files/do/edit/home/editor-test/$name"));
	return $alice->content =~ /<textarea[^>]* name="content"/ ? $alice->form_with_fields('content') : undef;
}

# What a browser shows: the first line end of a textarea is none.
sub content { return $alice->form_with_fields('content')->value('content') =~ s/\r\n/\n/gr =~ s/^\n//r }

sub filled { return map { $_->name => $_->name eq 'content' ? content() : $_->value // '' } grep { $_->name && $_->type !~ /submit/ } $alice->form_with_fields('content')->inputs }

# The form as a browser sends it: line ends are CR LF.
sub press {
	my ($button, %fields) = @_;
	my %all = (filled(), %fields, then => $button);
	$all{content} =~ s/\n/\r\n/g;
	$alice->post($alice->form_with_fields('content')->action, \%all);
	return $alice->status;
}

sub no_faults {
	my ($what, $lang) = @_;
	my @faults = faults($alice->content, $lang // 'en');
	is join("\n", @faults), '', "$what: the page is sound";
}

subtest 'a file is changed' => sub {
	plant('run.sh', "#!/bin/sh\necho one\n");
	chmod 0750, "$home/run.sh";
	$alice->get($site->url('/files/in/home/editor-test/run.sh'));
	ok $alice->follow_link(text => 'Edit'), 'its page leads to the editor';
	is content(), "#!/bin/sh\necho one\n", 'the text is there';
	no_faults('editor');
	is press('save', content => "#!/bin/sh\necho two\n"), 200, 'saved';
	like $alice->content, qr/run\.sh.*is saved/s, 'and told';
	is slurp("$home/run.sh"), "#!/bin/sh\necho two\n", 'byte for byte';
	is sprintf('%o', (stat "$home/run.sh")[2] & 07777), '750', 'with its permissions';
	is((stat _)[4], $uid, 'and its owner');
	open_editor('run.sh');
	press('stay', content => "#!/bin/sh\necho three\n");
	is $alice->uri->path, '/files/do/edit/home/editor-test/run.sh', 'save and go on editing stays';
	is content(), "#!/bin/sh\necho three\n", 'with the new text';
	like slurp($site->base . '/state/db/audit/data.mdb'), qr/files\.edit/, 'it is in the audit';
};

subtest 'what a textarea would change is kept' => sub {
	my %files = (
		crlf => "a\r\nb\r\n", 'no-end' => "a\nb", 'crlf-no-end' => "a\r\nb", blank => "\n\n a \n\n", empty => '', 'one-line-end' => "\n",
		bom => "\xef\xbb\xbfa\n", korean => encode_utf8("나루\n"), html => "</textarea><script>alert(1)</script>&amp;&lt;\n",
		bidi => encode_utf8("a\x{202e}b\x{200f}c\x{feff}d\x{85}\n"), tabs => "\tx\t\n", trailing => "x  \n  ",
	);
	for my $name (sort keys %files) {
		plant($name, $files{$name});
		ok open_editor($name), "$name opens" or next;
		no_faults($name);
		press('save');
		is slurp("$home/$name"), $files{$name}, 'and is saved as it was';
		open_editor($name);
		my $ends = $files{$name} =~ /\r/ ? "\r\n" : "\n";
		press('save', content => content() . "\nmore");
		is slurp("$home/$name"), "$files{$name}${ends}more", 'a line more is just that';
	}
	plant('mixed', "a\r\nb\nc\n");
	open_editor('mixed');
	like $alice->content, qr/mixes Unix and Windows/, 'mixed line ends are told';
	press('save', ends => 'crlf');
	is slurp("$home/mixed"), "a\r\nb\r\nc\r\n", 'and become as chosen';
};

subtest 'somebody else saved meanwhile' => sub {
	plant('shared', "one\ntwo\nthree\n");
	open_editor('shared');
	plant('shared', "one\nTWO <b>\nthree\n");
	is press('save', content => "one\nmine\nthree\n"), 409, 'the second to save is told';
	is slurp("$home/shared"), "one\nTWO <b>\nthree\n", 'nothing is overwritten';
	is content(), "one\nmine\nthree\n", 'the text that was typed is in the form';
	like $alice->content, qr{class="gone".*?only theirs.*?TWO &lt;b&gt;.*?class="come".*?only yours.*?mine}s, 'what differs is shown';
	no_faults('conflict');
	plant('shared', "again another\n");
	is press('save'), 409, 'a third change is told too';
	is press('save'), 200, 'then it is saved over it';
	is slurp("$home/shared"), "one\nmine\nthree\n", 'as asked';

	open_editor('shared');
	plant('shared', "theirs\n");
	press('save', content => "mine\n");
	is press('as', name => 'shared'), 409, 'another name must be another';
	like $alice->content, qr/id="file_name-name-wrong"/, 'with the message at the field';
	is content(), "mine\n", 'and the text kept';
	is press('as', name => 'my copy'), 200, 'a free name';
	is slurp("$home/my copy") . slurp("$home/shared"), "mine\ntheirs\n", 'both are kept';

	open_editor('shared');
	plant('shared', "theirs again\n");
	press('save', content => "mine\n");
	$alice->follow_link(text_regex => qr/Load theirs/);
	is content(), "theirs again\n", 'theirs is loaded';

	unlink "$home/shared";
	is press('save', content => "mine\n"), 409, 'deleted meanwhile: told';
	like $alice->content, qr/deleted or renamed meanwhile/, 'in words';
	ok !-e "$home/shared", 'and not made again unasked';
	is press('save'), 200, 'then it is';
	is slurp("$home/shared"), "mine\n", 'made again';

	open_editor('shared');
	my ($action, %all) = ($alice->form_with_fields('content')->action, filled());
	$alice->post($action, { %all, content => "twice\n", then => 'save' }) for 1, 2;
	is $alice->status, 200, 'a double click is no conflict';
	my ($same) = ("x\n" x 3000) . "end\n";
	plant('long', $same);
	open_editor('long');
	plant('long', join '', map { "$_\n" } 1 .. 3000);
	is press('save', content => "mine\n$same"), 409, 'a text that has nothing in common';
	like $alice->content, qr/more that differs/, 'is cut, and that is told';
	no_faults('long conflict');
};

subtest 'new files' => sub {
	$alice->get($site->url('/files/in/home/editor-test'));
	ok $alice->follow_link(text => 'New text file'), 'a folder leads to a new file';
	no_faults('new file');
	is press('save', name => '', content => "kept\n"), 422, 'a name is needed';
	is content(), "kept\n", 'the text is kept';
	is press('save', name => '../up', content => 'x'), 422, 'without slashes';
	is press('save', name => '..', content => 'x'), 422, 'nor ..';
	is press('save', name => 'shared', content => 'x'), 409, 'a name that is taken is told';
	is slurp("$home/shared"), "twice\n", 'that file stays';
	is press('save', name => 'new 한글.txt', content => "a\n"), 200, 'made';
	is slurp("$home/" . encode_utf8('new 한글.txt')), "a\n", 'with its text';
};

subtest 'what cannot be edited is said, and nothing changed' => sub {
	my %files = (binary => "a\0b", euckr => "\xb0\xa1\n", esc => "\x1b[1mx\n", cr => "a\rb\n", big => 'x' x 1_048_577);
	plant($_, $files{$_}) for keys %files;
	symlink 'shared', "$home/link";
	plant('protected', "x\n");
	chmod 0444, "$home/protected";
	my %says = (binary => qr/UTF-8|control/, euckr => qr/UTF-8/, esc => qr/control char/, cr => qr/control char/, big => qr/Files up to 1(\.0)? MiB/, link => qr/a link/, protected => qr/protected/);
	for my $name (sort keys %says) {
		ok !open_editor($name), "$name does not open";
		is $alice->status, 422, 'refused';
		like $alice->content, $says{$name}, 'and why';
		my ($status) = $site->api($alice, POST => "/files/do/edit/home/editor-test/$name", { content => 'gone', ends => 'lf', base => '', mark => '', then => 'save' });
		like $status, qr/^4(09|22)$/, 'a form made by hand does not change it either';
		is slurp("$home/$name"), $files{$name} // ($name eq 'link' ? "twice\n" : "x\n"), 'it is as it was';
	}
	ok -l "$home/link", 'a link stays a link';
	my ($status, $data) = $site->api($alice, POST => '/files/do/edit/home/editor-test/shared', { content => 'y' x 1_048_577, ends => 'lf', base => '', then => 'save' });
	is $status, 422, 'a text over the limit is refused';
	is(($site->api($alice, POST => '/files/do/edit/home/editor-test/shared', { content => "a\x01b", ends => 'lf', base => '', then => 'save' }))[0], 422, 'and control characters');
	is slurp("$home/shared"), "twice\n", 'nothing is saved';
	is(($site->api($alice, GET => '/files/do/edit/home/editor-test'))[0], 422, 'a folder is no text');
	is(($site->api($alice, GET => '/files/do/edit/home/editor-test/nothing'))[0], 404, 'nor what is not there');
};

subtest 'the largest one, all in Hangul' => sub {
	my $text = '가' x 349_000;
	plant('large', encode_utf8($text));
	my ($status, $data) = $site->api($alice, GET => '/files/do/edit/home/editor-test/large');
	my %fields = map { $_->{name} => $_->{value} } @{ $data->{form}{fields} };
	ok $fields{content} eq $text, 'opens';
	($status) = $site->api($alice, POST => '/files/do/edit/home/editor-test/large', { %fields, content => "$text\n", then => 'save' });
	is $status, 303, 'and is saved';
	ok slurp("$home/large") eq encode_utf8("$text\n"), 'whole';
};

subtest 'who may' => sub {
	is(($site->api($bob, GET => '/files/do/edit/home/editor-test/shared'))[0], 404, "bob does not find alice's file");
	my ($status) = $site->api($alice, POST => '/files/do/edit/home/editor-test/shared', { content => 'forged', ends => 'lf', base => '', then => 'save', csrf => 'x' });
	is $status, 403, 'without the secret nothing is saved';
	is slurp("$home/shared"), "twice\n", 'nothing';
	chmod 0555, $home;
	open_editor('shared');
	is press('save', content => 'new'), 422, 'a folder that may not be written';
	is content(), 'new', 'the text is not lost';
	chmod 0755, $home;
};

subtest 'in Korean' => sub {
	$site->speak($alice, 'ko');
	plant('shared', "a\n");
	open_editor('shared');
	no_faults('editor', 'ko');
	plant('shared', "b\n");
	press('save', content => "c\n");
	no_faults('conflict', 'ko');
	unlike $alice->content, qr/Save over it|What is different/, 'no English is left';
	$site->speak($alice, 'en');
};

system 'rm', '-rf', $home;
$site->finish;
done_testing;
