# The manual: a page for each program, each option and each setting in its page, and mandoc has nothing to say.
use strict;
use warnings;
use File::Temp;
use Naru::Test qw(output slurp);
use Test::More;

my $top = $Naru::Test::top;
chdir $top or die "$top: $!";
my @pages = glob 'ops/man/*.[578]';
my %text = map { m{([^/]+)$} => slurp($_) } @pages;

# A page as a reader sees it, for searching words; the macros are gone.
sub plain { my (undef, $text) = output('mandoc', '-Tutf8', '-Owidth=1000', "ops/man/$_[0]"); return $text =~ s/.\x08//gr }

# ---- pages --------------------------------------------------------------------------------------
my ($status, $said) = output('mandoc', '-Tlint', '-W', 'warning', @pages);
is($said, '', 'mandoc finds nothing');
my @modules = map { m{^fcgi-apps/(\w+)/\1\.c$} ? $1 : () } glob 'fcgi-apps/*/*.c';
ok(@modules >= 8, 'there are programs');
for my $module (@modules) {
	my $page = $text{"naru-$module.8"} // '';
	ok($page, "naru-$module has its page") or next;
	like($page, qr/^\.Sh \Q$_\E$/m, "naru-$module: $_") for 'NAME', 'SYNOPSIS', 'DESCRIPTION', 'PRIVILEGES', 'EXIT STATUS', 'FILES', 'SEE ALSO';
	my $kind = slurp("fcgi-apps/$module/manifest") =~ /^kind="(\w+)"/m ? $1 : 'fcgi';
	like($page, qr/^\.Sh SIGNALS$/m, "naru-$module: SIGNALS") if $kind ne 'tool';
}
for my $name (sort keys %text) {
	is(join(' ', grep { !$text{$_} } map { s/ /./r } $text{$name} =~ /^\.Xr (naru\S* \d)/mg), '', "$name refers to pages that exist");
}
is(join(' ', grep { /^naru-(\w+)\.8$/ && !-f "fcgi-apps/$1/$1.c" } sort keys %text), '', 'no page without a program');

# ---- options ------------------------------------------------------------------------------------
my $master = slurp('fcgi-apps/include/master.c');
my @common = $master =~ /\{ "([a-z-]+)", (?:required|no)_argument/g;
is("@common", 'socket workers routes', 'the options of every module are found');
for my $module (@modules) {
	my $source = join '', map { slurp($_) } glob "fcgi-apps/$module/*.c";
	my %options = map { $_ => 1 } $source =~ /(?:argv\[\w+\], |\{ )"--([a-z][a-z-]+)"/g;
	$options{$_} = 1 for $source =~ /\bapp_main\(/ ? @common : ();
	my $page = plain("naru-$module.8");
	my ($synopsis, $rest) = $page =~ /^SYNOPSIS\n(.*?)^DESCRIPTION\n(.*)/ms;
	like($synopsis // '', qr/--\Q$_\E\b/, "naru-$module --$_ is in the synopsis") && like($rest // '', qr/--\Q$_\E\b/, 'and explained') for sort keys %options;
}
# How many workers without the option.
my ($usual) = $master =~ /\bWORKERS = (\d+)/;
for my $module (grep { slurp("fcgi-apps/$_/$_.c") =~ /\bapp_main\(/ } @modules) {
	my $source = slurp("fcgi-apps/$module/$module.c");
	my $n = $source =~ /\.workers = (\d+)/ ? $1 : $source =~ /\.workers = WORKERS/ && $source =~ /\bWORKERS = (\d+)/ ? $1 : $usual;
	like(plain("naru-$module.8"), qr/from 1 to 64\.\s+Preset: $n\b/, "naru-$module has $n workers");
}
my $ctl = plain('naru-ctl.8');
like($ctl, qr/\b$_\b/, "naru-ctl $_") for slurp('fcgi-apps/ctl/ctl.c') =~ /^\t\{ "(\w+)", \w+ \},/mg;

# ---- settings -----------------------------------------------------------------------------------
my (undef, $list) = output('sh', '-c', 'find fcgi-apps -name "*.c"');
my $sources = join "\n", map { slurp($_) } sort split /\n/, $list;
my %keys;
$keys{$1}{$2} = 1 while $sources =~ /conf_(?:get|int|bool)\("(\w+)", "([a-z-]+)"/g;
$keys{cluster}{$1} = 1 while $sources =~ /conf_(?:get|int|bool)\((?:section|text\([\w>-]+, "cluster %s", \w+\)|section\(ctx, watch\)), "([a-z-]+)"/g;
$keys{place}{$1} = 1 while $sources =~ /conf_get\(text\([\w>-]+, "place %s", [^)]*\), "([a-z-]+)"/g;
# Of engines: quotas, the tables of the front and the drivers, the titles on pages.
$keys{$_->[0]}{$_->[1]} = 1 for map { [ apps => $_ ], [ engine => $_ ] } $sources =~ /\blimit\(section, "([a-z-]+)"/g;
$keys{engine}{$_} = 1 for 'title', map { slurp($_) =~ /^\t\{ "([a-z-]+)", "[^"]+", "[^"]*", (?:true|false) \},/mg } glob 'fcgi-apps/include/cluster.c fcgi-apps/include/cluster/*.c';
# Of the poller's tables, the driver's table, the LDAP driver's own helper, and the frame's sections.
my $watch = slurp('fcgi-apps/poller/watch.c');
$keys{cluster}{$_} = 1 for $watch =~ /\{ "\w+", "([a-z-]+)", \d+/g, $watch =~ /setting\(ctx, watch, "([a-z-]+)"/g;
$keys{cluster}{$_} = 1 for map { slurp($_) =~ /^\t\{ "([a-z-]+)", "[^"]+", "[^"]*", (?:true|false) \},/mg } glob 'fcgi-apps/include/sched/*.c';
$keys{ldap}{$_} = 1 for $sources =~ /ldap_own_copy\(ctx, "([a-z-]+)"\)/g;
my @frame = slurp('fcgi-apps/include/frame.c') =~ /conf_(?:get|int)\(section, "([a-z-]+)"/g;
delete $keys{cluster}{$_} for grep { !/title/ } @frame;
$keys{nav}{$_} = 1 for @frame;
cmp_ok(scalar keys %{ $keys{cluster} }, '>=', 18, 'the settings of a cluster are found');
my $calls = () = $sources =~ /conf_(?:get|int|bool)\(/g;
cmp_ok($calls, '>', 35, 'and the others');
my %documented;
my $conf = $text{'naru.conf.5'};
for my $part (split /^(?=\.Ss )/m, $conf =~ s/\n\.Sh FILES.*//sr) {
	my ($section) = $part =~ /^\.Ss \[(\w+)/ or next;
	$documented{$section}{$_} = 1 for map { split / , / } $part =~ /^\.It Cm (.*)$/mg;
}
for my $section (sort keys %keys) {
	is(join(' ', grep { !$documented{$section}{$_} } sort keys %{ $keys{$section} }), '', "[$section]: every setting that is read is in naru.conf(5)");
}
for my $section (sort keys %documented) {
	is(join(' ', grep { !$keys{$section}{$_} } sort keys %{ $documented{$section} }), '', "[$section]: and every setting of naru.conf(5) is read");
}
# Presets that stand in the sources as numbers.
my @presets;
for (split /^(?=\.Ss )/m, $conf) {
	my ($section) = /^\.Ss \[(\w+)/ or next;
	my %of;
	for my $item (split /^(?=\.It )/m) { $of{$1} = $2 if $item =~ /^\.It Cm ([a-z-]+)\n.*^Preset: (\d+)\.$/ms }
	push @presets, map { my ($at, $key, $n) = @$_; "[$section] $key = $n" } grep { ($of{$_->[1]} // '') ne $_->[2] } grep { $_->[0] eq $section }
		map { [ /"(\w+)", "([a-z-]+)", (\d+)/ ] } $sources =~ /conf_int\(("\w+", "[a-z-]+", \d+)\)/g;
	push @presets, map { "[cluster] $_->[0] = $_->[1]" } grep { $section eq 'cluster' && ($of{$_->[0]} // '') ne $_->[1] }
		map { [ /"([a-z-]+)", (\d+)/ ] } $watch =~ /(?:\{ "\w+", |setting\(ctx, watch, )("[a-z-]+", \d+)/g;
}
is(join("\n", @presets), '', 'the presets of naru.conf(5) are those of the sources');
# What ops/site writes must be known as well.
my $here = join '', slurp('ops/site') =~ /^naru_conf(?:_cluster)?\(\) \{\n(.*?)^\}/msg;
my ($section, @strange) = ('');
for (split /\n/, $here) {
	$section = $1 if /^\[(\w+)/;
	push @strange, "[$section] $1" if /^([a-z-]+) = / && !$documented{$section}{$1};
}
is(join("\n", @strange), '', 'ops/site writes no setting that nobody reads');

# ---- the catalogue of apps ------------------------------------------------------------------------
my $app = plain('naru-app.5');
my $reader = slurp('fcgi-apps/include/offer.c');
my @app_keys = ($reader =~ /\{ "([a-z.]+)", &o->/g, $reader =~ /same\(key, "([a-z-]+)"\)/g);
cmp_ok(scalar @app_keys, '>', 25, 'the keys of an entry are found');
is(join(' ', grep { $app !~ /^ +(?:[a-z.-]+, )?\Q$_\E(?:, [a-z.-]+)?(?: |$)/m } @app_keys), '', 'each of them is in naru-app(5)');

# ---- templates ------------------------------------------------------------------------------------
my $templates = plain('naru-templates.5');
my @fields = map { slurp($_) =~ /\.name = "(\w+)", \.kind = FIELD/g } 'fcgi-apps/batchjob/ask.c', 'fcgi-apps/batchjob/template.c';
cmp_ok(scalar @fields, '>=', 20, 'the fields of a job are found');
is(join(' ', grep { $templates !~ /\b\Q$_\E\b/ } @fields), '', 'every field is in naru-templates(5)');
is(join(' ', grep { $templates !~ /\b\Q$_\E\b/ } slurp('fcgi-apps/batchjob/template.c') =~ /(?:same|is_language_key)\((?:p, )?key, "([a-z-]+)"\)/g), '', 'and every key');

# ---- installation ----------------------------------------------------------------------------------
my $dir = File::Temp->newdir;
($status, $said) = output('make', '-s', '-o', 'all', "BUILD=" . ($ENV{BUILD} // 'build'), "BASE=$dir", 'install');
is($status, 0, 'make install') or diag $said;
is(join(' ', grep { !-f $_ } map { /\.(\d)$/ && "$dir/share/man/man$1/$_" } keys %text), '', 'installs every page');
done_testing;
