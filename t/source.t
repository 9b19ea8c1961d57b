# The rules that the sources keep: sizes, words, calls, manifests, shell and Perl that parse.
use strict;
use warnings;
use Naru::Test qw(output slurp);
use Test::More;

my $top = $Naru::Test::top;
chdir $top or die "$top: $!";
my (undef, $list) = output('sh', '-c', 'git ls-files 2>/dev/null || find . -type f -not -path "./build*" -not -path "./.git/*" | sed s,^./,,');
my @files = grep { -f && !m{^t/fuzz/corpus/} } split /\n/, $list;
ok(@files > 50, 'there are sources') or BAIL_OUT('no list of files');

my (@long_files, @long_functions, @lengths, @banned, @words, @spaces);
for my $file (grep { /\.[ch]$/ } @files) {
	my @lines = split /\n/, slurp($file), -1;
	push @long_files, "$file: " . @lines if @lines > 500;
	my ($start, $name);
	for my $i (0 .. $#lines) {
		my $line = $lines[$i];
		$name = $1 if $line =~ /^[a-zA-Z].*?(\w+)\(/;
		$start = $i if $line eq '{';
		if ($line =~ /^\}/ && defined $start) {
			my $length = $i - $start - 1;
			push @lengths, $length;
			push @long_functions, "$file: $name has $length lines" if $length > 80;
			undef $start;
		}
		push @spaces, "$file:" . ($i + 1) if $line =~ /^ {4,}\S/ && $line !~ /^ \*/;
		push @banned, "$file:" . ($i + 1) . ": $1" if $line =~ /(?<![\w>."])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets)\s*\(/ && $line !~ m{^\s*[/#*]};
	}
}
is(join("\n", @long_files), '', 'no file over 500 lines');
is(join("\n", @long_functions), '', 'no function over 80 lines');
is(join("\n", @banned), '', 'no call that cannot be used safely');
@lengths = sort { $a <=> $b } @lengths;
cmp_ok($lengths[@lengths / 2], '<=', 15, 'half of the functions have 15 lines or fewer');
cmp_ok($lengths[@lengths * 0.9], '<=', 45, 'nine in ten are under 45');

# The words are put together here, so that this file does not hold them.
my $unfinished = join '|', map { join '', @$_ } [qw(TO DO)], [qw(FIX ME)], [qw(XX X)], [qw(HA CK)];
for my $file (grep { !/\.(svg|png)$/ } @files) {
	my $n = 0;
	for (split /\n/, slurp($file)) {
		$n++;
		push @words, "$file:$n: $1" if /\b($unfinished)\b/;
	}
}
is(join("\n", @words), '', 'nothing is marked as unfinished');

my @tools = grep { -x && !/\.\w+$/ && m{^(ops|\.ci)/} } @files;
for my $file (@tools) {
	my $first = (split /\n/, slurp($file))[0] // '';
	my @check = $first =~ /perl/ ? ('perl', '-It/lib', '-c') : $first =~ m{/sh} ? ('sh', '-n') : next;
	my ($status, $text) = output(@check, $file);
	is($status, 0, "$file parses") or diag $text;
}
for my $file (grep { m{^t/lib/.*\.pm$} } @files) {
	is((output('perl', '-It/lib', '-c', $file))[0], 0, "$file compiles");
}
my ($lint, $report) = output('sh', '-c', 'command -v shellcheck >/dev/null || exit 0; shellcheck -s sh -S error ops/common ops/manifests ops/units ops/up ops/down ops/check ops/site ops/slurm ops/slapd ops/stores ops/packages');
is($lint, 0, 'shellcheck finds no error') or diag $report;

# ---- modules -----------------------------------------------------------------------------------
my %known = map { $_ => 1 } qw(kind title paths public upload public_upload quiet stream body nav nav_order nav_role nav_also exact wants errand_holder groups workers user order socket_group caps reload);
my %path_of;
for my $file (grep { m{^fcgi-apps/\w+/manifest$} } @files) {
	my ($module) = $file =~ m{/(\w+)/};
	my %m = slurp($file) =~ /^(\w+)="(.*)"$/mg;
	is(join(' ', grep { !$known{$_} } sort keys %m), '', "$module: the manifest has only keys that ops/ reads");
	ok(($m{kind} // '') =~ /^(fcgi|daemon|tool)$/ && $m{title}, "$module says what it is");
	my ($paths, $workers) = (join(' ', map { $m{$_} // '' } qw(paths public)), $m{workers} // 3);
	for my $path (split ' ', $paths) {
		is($path_of{$path} // '', '', "$path belongs to $module alone");
		$path_of{$path} = $module;
	}
	ok(-f "fcgi-apps/$module/$module.c", "$module has its $module.c");
	ok(-f "fcgi-apps/$module/README", "and a README ($module)");
}
my @views = grep { m{^fcgi-apps/.*\.html$} } @files;
is(join("\n", grep { slurp($_) =~ /<script|\son\w+=|<iframe|style=|javascript:/i } @views), '', 'no view has a script, a frame or a style of its own');
done_testing;
