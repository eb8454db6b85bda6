#!/usr/bin/env perl
# The demo on files of orders: good ones in many forms, and bad ones, which give one line and status 1.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-demo-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub write_file {
    my ($name, $content) = @_;
    open my $out, '>:raw', "$dir/$name" or die "$dir/$name: $!";
    print $out $content;
    close $out;
    return "$dir/$name";
}

sub read_file {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$in>;
}

# Start the demo with these settings; wait_for gives status, stdout and stderr.
my $started = 0;

sub start {
    my (%settings) = @_;
    my $name = "$dir/run" . ++$started;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        delete @ENV{qw(ORDERS CUSTOMER DAY AMOUNT AS_OF PERIOD DAYS MODEL REPORT_LANG)};
        $ENV{OUT} = "$name.html";
        @ENV{keys %settings} = values %settings;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$name.out" or die;
        open STDERR, '>', "$name.err" or die;
        exec { "$top/scripts/demo" } "demo" or die;
    }
    return [$pid, $name];
}

sub wait_for {
    my ($run) = @_;
    waitpid $run->[0], 0;
    return ($? >> 8, read_file("$run->[1].out"), read_file("$run->[1].err"));
}

sub demo {
    return wait_for(start(@_));
}

# The demo fails with exactly this line.
sub fails {
    my ($name, $settings, $message) = @_;
    my ($status, $out, $err) = demo(%$settings);
    is $status, 1, "$name: status 1";
    like $err, qr/\Aclm: [^\n]*$message[^\n]*\n\z/, "$name: one clear line";
}

# A thousand customers who differ in how often they buy, how much they spend and how soon they leave; from a generator
# of its own, so that the file is always the same.
sub orders {
    my ($header, $separator, $end, $quote) = @_;
    my $state = 1;
    my $random = sub { $state = ($state * 1103515245 + 12345) % 2**31; ($state + .5) / 2**31 };
    my $exponential = sub { -log $random->() };
    my $text = join($separator, @$header) . $end;
    for my $customer (1 .. 1000) {
        my $day = int($random->() * 365);
        my $gap = 60 / ($exponential->() + $exponential->());
        my $leaves = 1 - sqrt $random->();
        my $spend = 30 / ($exponential->() + $exponential->() + $exponential->());
        while ($day < 730) {
            my @field = ("customer $customer", date($day), sprintf('%.2f', $spend * ($exponential->() + $exponential->())));
            $text .= join($separator, map { $quote ? "\"$_\"" : $_ } @field[0 .. $#$header]) . $end;
            last if $random->() < $leaves;
            $day += 1 + int($gap * $exponential->());
        }
    }
    return $text;
}

sub date {
    my ($day) = @_;
    my (undef, undef, undef, $d, $m, $y) = gmtime(1672531200 + 86400 * $day);
    return sprintf '%04d-%02d-%02d', $y + 1900, $m + 1, $d;
}

my %columns = (CUSTOMER => 'id', DAY => 'date', AMOUNT => 'amt');
my $good = write_file('good.csv', orders(['id', 'date', 'amt'], ',', "\n", 0));

# Two at once, and a name that must be quoted wherever it goes.
my $odd_name = write_file("odd 'name' \$(x) 订单.csv",
    "\xef\xbb\xbf" . orders(['"Kunde ""Nr"", o\'x"', 'Tag', "\xe9\x87\x91\xe9\xa2\x9d"], ';', "\r\n", 1));
my $first = start(%columns, ORDERS => $good, AS_OF => '2024-06-30');
my $second = start(ORDERS => $odd_name, CUSTOMER => 'Kunde "Nr", o\'x', DAY => 'Tag',
    AMOUNT => "\xe9\x87\x91\xe9\xa2\x9d", AS_OF => '2024-06-30');
my ($status, $out, $err) = wait_for($first);
is $status, 0, 'a good file: status 0' or diag $err;
is $err, '', 'nothing on stderr';
like $out, qr/Reading \Q$good\E/, 'says what it does';
like $out, qr/standard_error.*\n.*\n +r +\|.*\n +alpha +\|/, 'prints the model';
like $out, qr/stage_zh.*维护/s, 'labels in Chinese';
like $out, qr/ten most valuable customers\n/, 'prints the most valuable';
like $out, qr/at risk/, 'prints those at risk';
like $out, qr/customer_equity/, 'prints the customer equity';
like $out, qr/Hold-out.*\n.*actual.*\n(?:.*\n){2,9} all/, 'prints the hold-out';
my ($status2, $out2, $err2) = wait_for($second);
is $status2, 0, 'at the same time one with BOM, CRLF, semicolons, quotes and odd names' or diag $err2;
like $out, qr/\nThe report page: (\Q$first->[1]\E\.html) \(\d\.\d MB\)\n\z/, 'ends with the path of the report page';
like read_file("$first->[1].html"), qr/<html.*"overview".*echarts/s, 'which is there';
my ($report1, $report2) = map { /(The fitted model.*)\nMaking a mart/s } $out, $out2;
is $report2, $report1, 'the same orders give the same report';

($status, $out, $err) = demo(ORDERS => write_file('plain.tsv', orders(['id', 'date'], "\t", "\n", 0)), CUSTOMER => 'id',
    DAY => 'date');
is $status, 0, 'without amounts, as of the last day: status 0' or diag $err;
like $out, qr/The orders have no amount/, 'says that money is left out';
unlike $out, qr/Hold-out/, 'no hold-out where no day is left for it';

sub bad_row {
    my ($name, $row, $message) = @_;
    my $text = orders(['id', 'date', 'amt'], ',', "\n", 0);
    my $line = 101;
    $text =~ s/\A((?:.*\n){100})/$1$row/;
    fails $name, { %columns, ORDERS => write_file('bad.csv', $text) }, "bad.csv, line $line: .*$message";
}

fails 'no such file', { %columns, ORDERS => "$dir/none.csv" }, 'none.csv: there is no such file';
fails 'a folder', { %columns, ORDERS => $dir }, 'this is a folder';
fails 'an empty file', { %columns, ORDERS => write_file('empty.csv', '') }, 'the file is empty';
fails 'a header only', { %columns, ORDERS => write_file('header.csv', "id,date,amt\n") }, 'no orders';
fails 'no such column', { %columns, ORDERS => $good, DAY => 'day' },
    'there is no column "day"; the columns are: id, date, amt';
fails 'a column twice', { %columns, ORDERS => write_file('twice.csv', "id,date,amt,date\n") }, '2 columns "date"';
fails 'no column given', { ORDERS => $good, AMOUNT => 'amt' }, 'CUSTOMER= and DAY= must name columns';
fails 'columns without a file', {%columns}, 'set ORDERS=file.csv';
fails 'UTF-16', { %columns, ORDERS => write_file('utf16.csv', "\xff\xfei\0d\0\n\0") }, 'UTF-16';
fails 'AS_OF no day', { %columns, ORDERS => $good, AS_OF => '30.09.2024' }, 'AS_OF=30.09.2024';
fails 'AS_OF not in the calendar', { %columns, ORDERS => $good, AS_OF => '2024-02-30' }, 'AS_OF=2024-02-30';
fails 'AS_OF too early', { %columns, ORDERS => $good, AS_OF => '2020-01-01' }, 'before the first order';
($status, $out, $err) = demo(%columns, ORDERS => write_file('future.csv', orders(['id', 'date', 'amt'], ',', "\n", 0) . "C1,9999-01-05,1\n"), AS_OF => '2020-01-01');
like $out, qr/^The last day, 9999-01-05, is still to come \(the one before: 20\d\d-\d\d-\d\d\)/m, 'a last day that is still to come is said';
fails 'PERIOD', { %columns, ORDERS => $good, PERIOD => '0' }, 'PERIOD=0';
fails 'DAYS', { %columns, ORDERS => $good, DAYS => '1; DROP' }, 'DAYS=1; DROP';

bad_row 'a bad day', "x,2024-02-30,1\n", 'no day "2024-02-30"';
bad_row 'a day in another order', "x,30/09/2024,1\n", '"30/09/2024" is not a day';
bad_row 'a word for a day', "x,infinity,1\n", '"infinity" is not a day';
bad_row 'no day', "x,,1\n", 'the day is missing';
bad_row 'no customer', " ,2024-01-01,1\n", 'the customer is missing';
bad_row 'no amount', "x,2024-01-01,\n", 'the amount is missing';
bad_row 'not a number', "x,2024-01-01,12a\n", '"12a" is not a number';
bad_row 'NaN', "x,2024-01-01,NaN\n", '"NaN" is not a number';
bad_row 'infinity', "x,2024-01-01,-Infinity\n", '"-Infinity" is not a number';
bad_row 'too large', "x,2024-01-01,1e400\n", '"1e400" is too large';
bad_row 'too many fields', "x,2024-01-01,1,2\n", '4 fields, the header has 3';
bad_row 'too few fields', "x,2024-01-01\n", '2 fields, the header has 3';
bad_row 'not UTF-8', "\xb0\xa1,2024-01-01,1\n", 'not UTF-8';
bad_row 'a stray quote', "x\"y\",2024-01-01,1\n", 'a quote in the wrong place';
bad_row 'a quote that never ends', "\"x,2024-01-01,1\n", 'never ends';

# Lines are counted as an editor counts them, also after a field of two lines and an empty line.
fails 'line numbers', { %columns, ORDERS => write_file('lines.csv', "id,date,amt\n\"a\nb\",2024-01-01,1\n\nc,x,1\n") },
    'lines.csv, line 5: "x" is not a day';

done_testing;
