package Naru::Pages;
# The pages of the site, from the modules' own route tables, and what must hold for each of them.
use strict;
use warnings;
use Exporter 'import';
use Naru::Test qw(output);

our @EXPORT_OK = qw(routes faults);

# ({ module, method, path, role, scope, help, programs }, …) of every module that is installed; programs: no page, and no session counts.
sub routes {
	my ($site) = @_;
	my @routes;
	for my $program (sort glob $site->base . '/bin/naru-*') {
		my ($module) = $program =~ m{/naru-([^/]+)$};
		my $manifest = eval { Naru::Test::slurp("$Naru::Test::top/fcgi-apps/$module/manifest") } // '';
		next unless $manifest =~ /^kind="?fcgi/m;
		my $programs = $manifest =~ /^wants="[^"]*\bbasic\b/m;
		my ($status, $text) = output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $program, '--routes');
		die "$program --routes: $text" if $status;
		for (split /\n/, $text) {
			my ($method, $path, $role, $scope, $help) = split / /, $_, 5;
			push @routes, { module => $module, method => $method, path => $path, role => $role, scope => $scope, help => $help, programs => $programs };
		}
	}
	return @routes;
}

# What is wrong with a page: well-formed, no script of any kind, each input labelled, its language told.
sub faults {
	my ($html, $lang) = @_;
	my @faults;
	push @faults, "$1 in the page" while $html =~ /(<(?:script|iframe|object|embed|applet)\b)/gi;
	(my $bare = $html) =~ s/="[^"]*"/=""/g; # what is inside a value is text
	push @faults, "an event attribute: $1" while $bare =~ /<[a-z][^>]*?\s(on[a-z]+\s*=)/gi;
	push @faults, "a javascript address" if $html =~ /(?:href|action|src)\s*=\s*["']?\s*javascript:/i;
	push @faults, "a style attribute" if $html =~ /<[a-z][^>]*?\sstyle\s*=/i;
	push @faults, "language is not $lang" unless $html =~ /<html lang="$lang">/;
	push @faults, 'no title' unless $html =~ m{<title>[^<]+</title>};
	push @faults, 'not one h1' unless 1 == (() = $html =~ /<h1\b/g);
	my %labelled = map { $_ => 1 } $html =~ /<label\b[^>]*\bfor="([^"]+)"/g;
	while ($html =~ /<((?:input|select|textarea)\b[^>]*)>/g) {
		my $tag = $1;
		next if $tag =~ /type="(?:hidden|submit)"/;
		my ($id) = $tag =~ /\bid="([^"]+)"/;
		my $inside = substr($html, 0, $-[0]) =~ /<label\b[^>]*>(?:(?!<\/label>).)*$/s;
		push @faults, "no label: <$tag>" unless $inside || $tag =~ /\baria-label/ || (defined $id && $labelled{$id});
	}
	while ($html =~ m{<form\b[^>]*method="post"[^>]*>(.*?)</form>}gs) {
		push @faults, 'a form without its secret' unless $1 =~ /name="csrf"/;
	}
	push @faults, tidy($html);
	return @faults;
}

sub tidy {
	my ($html) = @_;
	my $file = File::Temp->new(SUFFIX => '.html');
	binmode $file, utf8::is_utf8($html) ? ':utf8' : ':raw';
	print $file $html;
	close $file;
	my (undef, $text) = output('tidy', '-e', '-q', '-utf8', '--show-info', 'no', '--drop-empty-elements', 'no', '--mute-id', 'yes', "$file");
	# tidy 5.6 does not know these, which HTML has.
	return grep { !/proprietary attribute "(?:popover|popovertarget|inputmode|enterkeyhint|aria-\w+|autocomplete|autocapitalize|minlength|spellcheck|loading)"|<svg>|<rect>|<path>|is not recognized!? *$|trimming empty/ } map { "tidy: $_" } grep { /Warning|Error/ } split /\n/, $text;
}

1;
