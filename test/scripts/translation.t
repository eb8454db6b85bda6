#!/usr/bin/env perl
# README.zh.md does not fall behind README.md: both link to each other, every section has its Chinese one, which its comment
# <!-- section: ... --> names, with as many subsections, its tables name the same functions, it quotes no number that the English
# one does not have, and what other tests run from README.md is the same in both. Links lead somewhere, and Chinese and Latin
# words stand apart.
use strict;
use warnings;
use utf8;
use Test::More;
use FindBin;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";

sub read_file {
    open my $file, '<:encoding(UTF-8)', "$top/$_[0]" or die "cannot read $_[0]: $!";
    local $/;
    return <$file>;
}
my %text = map { $_ => read_file($_) } 'README.md', 'README.zh.md';
my %prose = map { $_ => $text{$_} =~ s/^```.*?^```$//msgr } keys %text;
my ($chinese_prose) = $prose{'README.zh.md'} =~ s/^<!-- concepts -->.*^<!-- end of concepts -->$//msr;

# The sections of a file by a pattern that finds their names: names in order, and the text of each.
sub sections {
    my ($prose, $pattern) = @_;
    my (undef, @parts) = split /^$pattern\n/m, $prose;
    my %sections = @parts;
    return ([@parts[grep { $_ % 2 == 0 } 0 .. $#parts]], \%sections);
}
my ($titles, $english) = sections($prose{'README.md'}, qr/## (.+)/);
my ($anchors, $chinese) = sections($chinese_prose, qr/<!-- section: (.+) -->/);
is(join("\n", @$anchors), join("\n", @$titles), 'README.zh.md has the sections of README.md, in their order');
like($chinese->{$_}, qr/\A## [^\n]+\n(?!.*^## )/ms, "$_: one Chinese heading") for @$anchors;
like($text{'README.md'}, qr/\A# clm\n\nEnglish \| \[中文\]\(README\.zh\.md\)\n/, 'README.md begins with a link to the Chinese one');
like($text{'README.zh.md'}, qr/\A# clm\n\n\[English\]\(README\.md\) \| 中文\n/, 'README.zh.md begins with a link to the English one');

# What a section is about: how many subsections, and the code in the first columns of its tables (of measures some are enough).
for my $name (grep { $english->{$_} } @$anchors) {
    my ($there, $here) = map { scalar(() = $_->{$name} =~ /^### /mg) } $english, $chinese;
    is($here, $there, "$name: as many subsections");
    next if $name =~ /^(Performance|Concepts)/;
    my @named = map { /`([^`]+)`/g } $english->{$name} =~ /^\|([^|]+)\|/mg;
    is(join("\n", grep { index($chinese->{$name}, "`$_`") < 0 } @named), '', "$name: tables name what those of README.md name");
}

# The numbers of a text: 10.3 million and 1030 万 are the same, so are .10 and 0.1, 5 % and 5%, 2 December and 12 月 2 日.
my $month = 0;
my %month = map { $_ => ++$month } qw(January February March April May June July August September October November December);
my %unit = (million => 1e6, '万' => 1e4);
sub numbers {
    my ($text) = @_;
    $text =~ s/\b(@{[join '|', keys %month]})\b/$month{$1}/g;
    $text =~ s/(?<=\d),(?=\d{3})//g;
    my %numbers;
    while ($text =~ /(?<![A-Za-z_\d.])(\d+(?:\.\d+)?|\.\d+)(?![A-Za-z_\d])(?:\s*(million|万))?/g) {
        my $number = $1 * ($unit{ $2 // '' } // 1);
        $numbers{$number} = 1;
    }
    return \%numbers;
}
for my $name (grep { $english->{$_} } @$anchors) {
    my $there = numbers($english->{$name});
    my @elsewhere = sort { $a <=> $b } grep { !$there->{$_} } keys %{ numbers($chinese->{$name} =~ s/`[^`]*`//gr) };
    is("@elsewhere", '', "$name: no number that README.md does not have");
}

# Rows of measures: what took how long, against what, and the ratio.
sub measures {
    return map { join ' ', /\| *([\d.]*) *\|[^|]*\| *([\d.]*) *\| *([\d.]+) *\|$/ ? ($1, $2, $3) : () } split /\n/, $_[0];
}
my %measured = map { $_ => 1 } measures($english->{Performance});
is(join("\n", grep { !$measured{$_} } measures($chinese->{Performance})), '', 'Performance: rows of measures are those of README.md');

# Blocks that two_servers.t takes from README.md.
sub shared_blocks {
    my %blocks;
    $blocks{$1} .= $2 =~ s/ -- .*//gr while $_[0] =~ /^```sql (?!cdnow)(\w+)\n(.*?)^```$/msg;
    return \%blocks;
}
is_deeply(shared_blocks($text{'README.zh.md'}), shared_blocks($text{'README.md'}), 'statements for several servers are those of README.md');

# What GitHub makes of a heading.
sub anchor_of {
    return lc($_[0] =~ s/`//gr) =~ s/[^\w\- ]//gr =~ tr/ /-/r;
}
for my $name (sort keys %text) {
    my %headings = map { anchor_of($_) => 1 } $prose{$name} =~ /^#+ (.+)$/mg;
    my @links = $prose{$name} =~ /\]\(([^)\s]+)\)/g;
    my @astray = grep { /^#(.*)/ ? !$headings{$1} : !m{^https?://} && !-e "$top/" . s/#.*//r } @links;
    is("@astray", '', "$name: every link leads somewhere");
}

# Chinese beside Latin letters, digits or code wants a space; punctuation beside Chinese is Chinese.
(my $letters = $chinese_prose) =~ s/\]\([^)]*\)/]/g;
$letters =~ s/`[^`]*`/`/g;
$letters =~ s/[*\[\]]//g;
my @narrow = $letters =~ /(.{0,8}(?:\p{Unified_Ideograph}[A-Za-z0-9`]|[A-Za-z0-9`%]\p{Unified_Ideograph}|\p{Unified_Ideograph}[,;:!?().]|[,;:!?(]\p{Unified_Ideograph}).{0,8})/g;
is(join("\n", @narrow), '', 'README.zh.md: spaces between Chinese and Latin, Chinese punctuation');
done_testing();
