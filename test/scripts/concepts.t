#!/usr/bin/env perl
# The table of concepts in README.md keeps its word: every file that it links to is there, every function, aggregate, table
# and type that it names is part of the extension, and every example is the answer to something.
use strict;
use warnings;
use utf8;
use Test::More;
use File::Glob qw(:bsd_glob); # a folder may have a space in its name
use FindBin;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";

open my $file, '<:encoding(UTF-8)', "$top/README.md" or die "cannot read README.md: $!";
my $readme = do { local $/; <$file> };
my ($table) = $readme =~ /^## Concepts[^\n]*\n(.*?)^## /ms or die 'README.md has no table of concepts';
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

sub names_in_catalog {
    my %names = map { $_ => 1 } split /\n/, qx(psql -XAt -c "$_[0]");
    return \%names;
}
my $known_functions = names_in_catalog("SELECT proname FROM pg_proc WHERE pronamespace = 'clm'::regnamespace");
ok($known_functions->{$_} || $_ eq 'sum', "function $_ is part of the extension") for sort keys %functions;
my $known_relations = names_in_catalog("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'clm'::regnamespace");
ok($known_relations->{$_}, "$_ is part of the extension") for sort keys %relations;
done_testing();
