#!/usr/bin/env perl
# The table of concepts in README.md keeps its word: every file that it links to is there, every function, aggregate, table
# and type that it names is part of the extension, and every example is the answer to something. The table in README.zh.md
# is made from it, with lib/concepts_zh.txt for words in answers: --update rewrites it, which needs no server.
use strict;
use warnings;
use utf8;
use Test::More;
use File::Glob qw(:bsd_glob); # a folder may have a space in its name
use FindBin;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";

sub read_file {
    open my $file, '<:encoding(UTF-8)', $_[0] or die "cannot read $_[0]: $!";
    local $/;
    return <$file>;
}

my ($table) = read_file("$top/README.md") =~ /^## Concepts[^\n]*\n(.*?)^## /ms or die 'README.md has no table of concepts';

my %phrases = map { /^(.+?) = (.+)$/ } grep { !/^#/ } split /\n/, read_file("$FindBin::Bin/lib/concepts_zh.txt");
my %phrases_used;

# A part of an answer: code and links stay as they are, words between them are looked up.
sub part_in_chinese {
    my ($part) = @_;
    my @kept;
    my $template = $part =~ s/(`[^`]+`|\[\w+\]\([^)]+\))/push @kept, $1; '{' . @kept . '}'/ger;
    my $chinese = $template =~ s/, /、/gr =~ s/: /：/gr;
    if ($template =~ /[A-Za-z]/) {
        $phrases_used{$template}++;
        $chinese = $phrases{$template} // $template;
    }
    return $chinese =~ s/\{(\d+)\}/$kept[$1 - 1]/gr;
}

# A row, or the summary of a group; what is neither stays as it is.
sub line_in_chinese {
    my ($line) = @_;
    return '| 中文 | 英文 | 由什么回答 |' if $line =~ /^\| 中文/;
    return "<summary>$2（$1）：$3 个概念</summary>" if $line =~ m{^<summary>(.+?) (\p{Unified_Ideograph}.*): (\d+) concepts</summary>$};
    my ($name, $english, $answer) = $line =~ /^\| (.+) \| (.+) \| (.+) \|$/ or return $line;
    $name =~ s/(?<=\p{Unified_Ideograph})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=\p{Unified_Ideograph})/ /g;
    return "| $name | $english | " . join('；', map { part_in_chinese($_) } split /; /, $answer) . ' |';
}

my ($groups) = $table =~ m{(<details>.*</details>\n)}s or die 'the table of concepts has no groups';
my $chinese = join "\n", '', (map { line_in_chinese($_) } split /\n/, $groups), '', '';
my $chinese_place = qr/(?<=^<!-- concepts -->\n).*(?=^<!-- end of concepts -->$)/ms;

if (@ARGV && $ARGV[0] eq '--update') {
    my $text = read_file("$top/README.zh.md");
    $text =~ s/$chinese_place/$chinese/ or die 'README.zh.md has no place for the table of concepts';
    open my $file, '>:encoding(UTF-8)', "$top/README.zh.md" or die "cannot write README.zh.md: $!";
    print $file $text;
    close $file or die "cannot write README.zh.md: $!";
    exit;
}

my @rows = grep { /^\| / && !/^\| 中文/ } split /\n/, $table;
cmp_ok(scalar @rows, '>=', 200, 'there are rows: ' . @rows);

my (%files, %functions, %relations, @empty);
for my $row (@rows) {
    my ($zh, $en, $answer) = map { s/^\s+|\s+$//gr } (split /\|/, $row)[1 .. 3];
    push @empty, $row unless $zh && $en && $answer;
    $files{$1}++ while $answer =~ /\]\(([^)]+)\)/g;
    while ($answer =~ /`([^`]+)`/g) {
        my $code = $1;
        $relations{$1}++ if $code =~ /^(clm\.\w+)$/;
        $functions{$1}++ while $code =~ /(?<![\w.'])(\w+)\(/g;
    }
}
is("@empty", '', 'every row has a name in both languages and an answer');
ok(-e "$top/$_", "$_ is there") for sort keys %files;
my @unused = grep { !$files{$_} } map { s{^\Q$top\E/}{}r } grep { !m{/tables\.sql$} } glob("$top/examples/*.sql");
is("@unused", '', 'every example answers a concept');

is(join("\n", sort keys %phrases), join("\n", sort keys %phrases_used), 'lib/concepts_zh.txt has the words of the answers, and no others');
my ($found) = read_file("$top/README.zh.md") =~ /($chinese_place)/;
is($found, $chinese, 'README.zh.md has the same table in Chinese (concepts.t --update rewrites it)');

sub names_in_catalog {
    my %names = map { $_ => 1 } split /\n/, qx(psql -XAt -c "$_[0]");
    return \%names;
}
my $known_functions = names_in_catalog("SELECT proname FROM pg_proc WHERE pronamespace = 'clm'::regnamespace");
ok($known_functions->{$_} || $_ eq 'sum', "function $_ is part of the extension") for sort keys %functions;
my $known_relations = names_in_catalog("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'clm'::regnamespace");
ok($known_relations->{$_}, "$_ is part of the extension") for sort keys %relations;
done_testing();
