#!/usr/bin/env perl
# Every view of a mart through the drivers of BI tools, by TCP and as the read-only role of docs/bi.md: JDBC, ODBC, SQLAlchemy
# and node's pg. Each driver finds the views and columns by its own metadata, gives each column a plain type and its comment, and
# reads what psql reads; and each finds the columns of a view that are not plain.
use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use IO::Socket::INET;
use Test::More;

binmode $_, ':encoding(UTF-8)' for Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";
my $bi = "$top/test/bi";
my @marts = ('mart', 'Café 商店 %_"x"');
my $password = join '', map { ('a' .. 'z', 0 .. 9)[rand 36] } 1 .. 24;
my ($server, @connection);
$ENV{TZ} = 'Pacific/Auckland'; # dates stay what they are, wherever the client is
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
$ENV{NODE_PATH} = join ':', '/usr/share/nodejs', "$top/report/node_modules", ($ENV{CLM_SCRATCH} // '') . '/node/node_modules';

my $python = -x '/usr/bin/python3' ? '/usr/bin/python3' : 'python3';
my $jar = $ENV{CLM_PGJDBC} // '/usr/share/java/postgresql.jar';

# How to know that a driver is there, its command, and whose comments it gives.
my @drivers = (
    { name => 'JDBC', there => "javac -version && test -e '$jar'", command => ['java', '-cp', $jar, "$bi/Jdbc.java"], comments => 'view column' },
    { name => 'ODBC', there => qq{$python -c "import pyodbc; assert 'PostgreSQL Unicode' in pyodbc.drivers()"}, command => [$python, "$bi/odbc.py"], comments => '' },
    { name => 'SQLAlchemy', there => qq{$python -c "import sqlalchemy, psycopg2"}, command => [$python, "$bi/reflection.py"], comments => 'view column' },
    { name => "node's pg", there => q{node -e "require('pg')"}, command => ['node', "$bi/node.js"], comments => '' },
);

sub sql {
    my ($statements, $role) = @_;
    local $ENV{PGUSER} = $role // $ENV{PGUSER};
    my ($success, $output) = $server->try(encode('UTF-8', $statements));
    $output = decode('UTF-8', $output);
    return $role ? $output : $success ? $output : die "$statements\n$output\n";
}

sub quoted { return '"' . ($_[0] =~ s/"/""/gr) . '"' }

# The statements of docs/bi.md that make the role, and let it read this mart.
sub of_docs {
    my ($kind, $mart) = @_;
    open my $in, '<:encoding(UTF-8)', "$top/docs/bi.md" or die "docs/bi.md: $!";
    my $text = do { local $/; <$in> };
    my $statements = join '', $text =~ /^```sql $kind\n(.*?)^```$/msg or die "docs/bi.md has no statements of that kind: $kind";
    my $schema = quoted($mart // 'mart');
    return $statements =~ s/'a long random password'/'$password'/r =~ s/DATABASE shop/DATABASE postgres/gr =~ s/SCHEMA mart\b/SCHEMA $schema/gr;
}

# A server on a TCP port that nobody has, where only the reader gets in, with his password.
sub start {
    my $hba = "$ENV{CLM_SCRATCH}/bi_hba.conf";
    open my $out, '>', $hba or die "$hba: $!";
    print $out "local all all trust\nhost postgres bi_reader 127.0.0.1/32 scram-sha-256\n";
    close $out;
    chmod 0644, $hba;
    my $listening = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no free port: $!";
    my $port = $listening->sockport;
    close $listening;
    $server = Server->start($port, "listen_addresses = '127.0.0.1'", "hba_file = '$hba'", "timezone = 'America/Los_Angeles'");
    @connection = ('127.0.0.1', $port, 'postgres', 'bi_reader', $password);
}

# Two marts: of numbered customers with amounts, and of customers with Chinese names and without amounts, so that whole columns
# are NULL; and a view with columns that are not plain.
sub set_up {
    sql(<<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION clm;
CREATE TABLE sale AS SELECT customer_id AS customer, day, round(amount::numeric, 2) AS amount, '客户 é ' || customer_id AS client
    FROM clm.simulate(1500, '2023-01-01', '2024-06-30', seed => 7);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount');
CALL clm.create_mart('Café 商店 %_"x"', 'sale', 'client', 'day', as_of => '2024-05-31', calendar => 'quarter');
CREATE SCHEMA odd;
CREATE TYPE odd.colour AS ENUM ('red', 'green');
CREATE TYPE odd.pair AS (a int, b int);
CREATE VIEW odd.it AS SELECT interval '1 day' AS an_interval, odd.colour 'red' AS an_enum, '{1,2}'::int[] AS numbers, '{a}'::text[] AS texts,
    ROW(1, 2)::odd.pair AS a_pair, 1.5::numeric AS a_numeric, 1::real AS a_real, 1::smallint AS a_small, true AS a_flag, now() AS an_instant,
    now()::timestamp AS a_timestamp, '{}'::jsonb AS a_json, clm.history('{2024-01-01}'::date[], '{1}') AS a_history;
CREATE VIEW odd.plain AS SELECT 'ab'::varchar(3) AS short, 'not long'::varchar AS long, 9007199254740993 AS large, date '0999-12-31' AS early;
SQL
    sql(of_docs('reader'));
    sql(of_docs('reader mart', $_)) for @marts, 'odd';
}

# What psql says of the views of a schema: {view => {comment, rows, columns => [name ...], column => {name => {kind, comment, count, sum}}}}.
sub by_psql {
    my ($schema) = @_;
    my $literal = "'" . ($schema =~ s/'/''/gr) . "'";
    my %views;
    for (split /\n/, sql(<<"SQL")) {
SELECT c.relname, coalesce(obj_description(c.oid), ''), a.attname, coalesce(col_description(c.oid, a.attnum), ''),
       CASE WHEN format_type(a.atttypid, NULL) IN ('double precision', 'integer', 'bigint') THEN 'number'
            WHEN format_type(a.atttypid, NULL) IN ('text', 'character varying') THEN 'text' WHEN a.atttypid = 'date'::regtype THEN 'date' ELSE 'not plain' END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $literal) AND c.relkind = 'v'
ORDER BY c.relname, a.attnum
SQL
        my ($view, $about, $column, $comment, $kind) = split /\|/, $_, -1;
        $views{$view}{comment} = $about;
        push @{ $views{$view}{columns} }, $column;
        $views{$view}{column}{$column} = { kind => $kind, comment => $comment };
    }
    for my $view (sort keys %views) {
        my $v = $views{$view};
        next if grep { $_->{kind} eq 'not plain' } values %{ $v->{column} };
        my %sum = (number => 'sum(%1$s::float8)', date => q{min(%1$s) || ' ' || max(%1$s)}, text => q{md5(string_agg(%1$s, chr(10) ORDER BY %1$s COLLATE "C"))});
        my @sums = map { my $name = quoted($_); "count($name), " . sprintf($sum{ $v->{column}{$_}{kind} }, $name) } @{ $v->{columns} };
        my ($rows, @values) = split /\|/, sql('SELECT count(*), ' . join(', ', @sums) . ' FROM ' . quoted($schema) . '.' . quoted($view)), -1;
        $v->{rows} = $rows;
        @{ $v->{column}{$_} }{qw(count sum)} = splice @values, 0, 2 for @{ $v->{columns} };
    }
    return \%views;
}

# What a driver says, in the same form, schema by schema; the lines that tell of differences between its metadata and its results.
sub by_driver {
    my ($driver, @schemas) = @_;
    open my $from, '-|', @{ $driver->{command} }, @connection, map { encode('UTF-8', $_) } @schemas or die "$driver->{command}[0]: $!";
    my (%schemas, @differences);
    while (my $line = decode('UTF-8', scalar <$from>)) {
        chomp $line;
        my ($what, $schema, $view, @fields) = split /\t/, $line, -1;
        my $v = $schemas{$schema}{$view} //= {};
        if ($what eq 'view') { $v->{comment} = $fields[0] }
        elsif ($what eq 'column') { push @{ $v->{columns} }, $fields[0]; @{ $v->{column}{ $fields[0] } }{qw(kind comment)} = @fields[1, 2] }
        elsif ($what eq 'rows') { $v->{rows} = $fields[0] }
        elsif ($what eq 'sum') { @{ $v->{column}{ $fields[0] } }{qw(count sum)} = @fields[1, 2] }
        else { push @differences, $line }
    }
    ok close $from, "$driver->{name}: reads to the end";
    return (\%schemas, @differences);
}

sub same_sum {
    my ($column, $expected) = @_;
    return 0 unless defined $column->{sum} && $column->{count} == $expected->{count};
    return $column->{sum} eq $expected->{sum} if $expected->{kind} ne 'number' || $expected->{sum} eq '';
    return abs($column->{sum} - $expected->{sum}) <= 1e-9 * (1 + abs $expected->{sum});
}

# The columns of a view that the driver gives otherwise than psql does, each with what is wrong.
sub wrong_columns {
    my ($driver, $v, $expected) = @_;
    my @wrong;
    for my $name (@{ $expected->{columns} }) {
        my ($c, $e) = ($v->{column}{$name} // { kind => 'missing' }, $expected->{column}{$name});
        push @wrong, "$name: $c->{kind}" and next if $c->{kind} ne $e->{kind};
        push @wrong, "$name: comment" if $driver->{comments} =~ /column/ && $c->{comment} ne $e->{comment};
        push @wrong, "$name: values" if !same_sum($c, $e);
    }
    return @wrong;
}

sub compare {
    my ($driver, $schema, $views, $expected) = @_;
    my $name = "$driver->{name}, $schema";
    is_deeply [sort keys %$views], [sort keys %$expected], "$name: finds the views";
    for my $view (sort keys %$expected) {
        my ($v, $e) = ($views->{$view} // {}, $expected->{$view});
        is_deeply $v->{columns}, $e->{columns}, "$name.$view: finds the columns";
        is $v->{comment}, $e->{comment}, "$name.$view: and the comment" if $driver->{comments} =~ /view/;
        is $v->{rows}, $e->{rows}, "$name.$view: reads every row";
        is join(', ', wrong_columns($driver, $v, $e)), '', "$name.$view: plain types, comments and values";
    }
}

# In Debian, install-deps brings all drivers; node's pg comes by npm where Node.js is not Debian's.
sub find_drivers {
    my $node = $drivers[-1];
    if (system("$node->{there} >/dev/null 2>&1") != 0) {
        system("npm install --silent --no-audit --no-fund --no-save --no-package-lock --prefix '$ENV{CLM_SCRATCH}/node' pg@8 >/dev/null 2>&1");
    }
    for my $driver (@drivers) {
        $driver->{missing} = 1 if system("$driver->{there} >/dev/null 2>&1") != 0;
    }
}

sub test_driver {
    my ($driver, $expected) = @_;
    my $name = $driver->{name};
    if ($driver->{missing}) {
        return fail("$name is there (scripts/install-deps bi installs it; for a Node.js that is not Debian's, npm)") if -e '/etc/debian_version';
        SKIP: { skip "$name is not installed", 1 }
        return;
    }
    my ($schemas, @differences) = by_driver($driver, @marts, 'odd');
    is join("\n", @differences), '', "$name: results are as the metadata say";
    compare($driver, $_, $schemas->{$_}, $expected->{$_}) for @marts;
    is_deeply [sort keys %{ $schemas->{odd} }], ['it', 'plain'], "$name: finds views that are not of a mart";
    my @found = wrong_columns($driver, $schemas->{odd}{it} // {}, $expected->{odd}{it});
    is join(' ', map { /^(\w+): not plain: ./ } @found), join(' ', @{ $expected->{odd}{it}{columns} }), "$name: a column of any other type is found to be wrong";
    my @wrong = wrong_columns($driver, $schemas->{odd}{plain}, $expected->{odd}{plain});
    is join(', ', @wrong), '', "$name: varchar(n), large numbers and early days";
}

sub test_reader {
    like sql("SELECT 1 FROM mart_store.setting", 'bi_reader'), qr/permission denied for schema mart_store/, 'the reader does not see the stored tables';
    like sql("SELECT 1 FROM sale", 'bi_reader'), qr/permission denied for table sale/, 'nor the orders';
    like sql("CALL clm.refresh_mart('mart')", 'bi_reader'), qr/read-only|must be owner|permission denied/, 'nor can he refresh';
    like sql('CREATE TEMP TABLE t (a int)', 'bi_reader'), qr/read-only transaction/, 'nor write by accident';
    my $before = sql('SELECT count(*) FROM mart.customers', 'bi_reader');
    sql("SET client_min_messages = warning; CALL clm.refresh_mart('mart', refit => true)");
    is sql('SELECT count(*) FROM mart.customers', 'bi_reader'), $before, 'his rights outlive a refresh';
}

eval {
    start();
    set_up();
    find_drivers();
    my %expected = map { $_ => by_psql($_) } @marts, 'odd';
    is scalar keys %{ $expected{mart} }, 16, 'a mart has 16 views';
    test_driver($_, \%expected) for @drivers;
    test_reader();
    1;
} or fail("the servers: $@");
done_testing;
