#!/usr/bin/env perl
# docs/reference.md is what the catalogs and the examples of docs/examples/ say now, with the schema clm in the search_path as
# well as without; its links lead somewhere; and a name without an example, an example that fails and one of a name that there
# is not are errors.
use strict;
use warnings;
use utf8;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-reference-doc-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub read_file {
    open my $file, '<:encoding(UTF-8)', $_[0] or return '';
    local $/;
    return scalar(<$file>) // '';
}

# What the script of a checkout prints, on success and on failure.
sub reference {
    my ($checkout, $search_path) = @_;
    my $status = system("cd '$checkout' && scripts/write-reference '$search_path' >'$dir/out' 2>'$dir/err'");
    return ($status == 0, read_file("$dir/out"), read_file("$dir/err"));
}

# The first lines in which two texts differ.
sub difference {
    my @texts = map { [split /\n/, $_, -1] } @_;
    my $line = 0;
    $line++ while $line < @{ $texts[0] } && $line < @{ $texts[1] } && $texts[0][$line] eq $texts[1][$line];
    return sprintf "line %d is\n%s\nand should be\n%s", $line + 1, map { $_->[$line] // '(the end)' } @texts;
}

my $stored = read_file("$top/docs/reference.md");
for my $search_path ('public', 'public, clm') {
    my ($success, $text, $errors) = reference($top, $search_path);
    ok $success, "search_path = $search_path: every name that users call has an example, and each runs" or diag $errors;
    next unless $success;
    ok $text eq $stored, "search_path = $search_path: docs/reference.md is up to date"
        or diag 'docs/reference.md, ', difference($stored, $text), "\nRun `make reference` and review what it changes.";
}

# Links
my %anchors;
$anchors{$1}++ while $stored =~ /<a id="([^"]+)">/g;
is_deeply [grep { $anchors{$_} > 1 } sort keys %anchors], [], 'each anchor is there once';
my %links;
$links{$1} = 1 while $stored =~ /\]\(([^)\s]+)\)/g;
is_deeply [grep { /^#(.*)/ ? !$anchors{$1} : !-e "$top/docs/$_" } sort keys %links], [], 'every link leads somewhere';
ok keys(%links) > 100, 'there are links';

# Mistakes, in a copy
system('cp', '-R', "$top/scripts", "$top/sql", "$top/Makefile", $dir) == 0 or die;
system("mkdir '$dir/docs' && cp -R '$top/docs/examples' '$dir/docs' && chmod -R u+w '$dir'") == 0 or die;
my $examples = "$dir/docs/examples/history.sql";
my $good = read_file($examples);

# The script ends in an error that says all of that.
sub fails {
    my ($name, $edited, @expected) = @_;
    open my $file, '>:encoding(UTF-8)', $examples or die "cannot write $examples: $!";
    print $file $edited;
    close $file;
    my ($success, undef, $errors) = reference($dir, 'public');
    ok !$success, "$name: an error";
    like $errors, $_, "$name: says so" for @expected;
}

my $without_trend = $good =~ s/^-- clm\.trend\b.*?(?=^-- )//smr;
fails 'examples missing, of nothing and of a helper', "$without_trend\n-- clm.trends\nSELECT 1;\n\n-- clm.history_cmp\nSELECT 1;\n",
    qr/^clm: docs\/examples\/history\.sql: users know no clm\.history_cmp$/m, qr/^ *docs\/examples\/history\.sql: users know no clm\.trends$/m,
    qr/^ *clm\.trend has no example: add one to docs\/examples\/history\.sql/m;
fails 'an example that fails', $good =~ s/^(-- clm\.days.*\n)/$1SELECT clm.days(1);\n/mr,
    qr/^clm: docs\/examples\/history\.sql: the example of clm\.days fails:\nERROR:/;
done_testing();
