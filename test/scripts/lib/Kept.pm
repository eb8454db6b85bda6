# Databases full of what must not get lost (keep.sql), and what tells whether anything is: rows as text and bytes (rows.sql), what is
# read from stored values (read_kept.sql), and the objects of the extension (objects.sql).
package Kept;
use strict;
use warnings;
use FindBin;
use Test::More;

sub file {
    my ($name) = @_;
    open my $in, '<', "$FindBin::Bin/lib/$name" or die "$name: $!";
    local $/;
    return scalar <$in>;
}

# Put everything into a database, with this version of the extension.
sub fill {
    my ($server, $version) = @_;
    $server->sql('CREATE EXTENSION clm' . ($version ? " VERSION '$version'" : ''));
    $server->sql(file('keep.sql'));
}

# With statistics, so that the sums of views are summed in the same order.
sub rows {
    my ($server, $rounded) = (@_, '');
    return $server->sql("SET client_min_messages = error; ANALYZE;\n" . file('rows.sql') . "SELECT * FROM pg_temp.row_sums($rounded) ORDER BY 1;\n");
}

# The tables of marts that keep sums of floating-point numbers.
our $sums = '_store\.(segment|start|percentile|frequency|item)$';

# The same after refreshes, which sum in whatever order: without the views of marts, which sum the tables' sums.
sub tables {
    my ($server) = @_;
    return rows($server, "'$sums'") =~ s/^(?:live_)?mart\..*\n//mgr;
}

sub readings {
    my ($server) = @_;
    return $server->sql("SET client_min_messages = error;\n" . file('read_kept.sql'));
}

sub objects {
    my ($server) = @_;
    return $server->sql("SET client_min_messages = error;\n" . file('objects.sql') . "SELECT replace(o, E'\\n', '\\n') FROM pg_temp.objects() o ORDER BY 1;\n");
}

# The lines that only one of two texts has.
sub differences {
    my ($before, $after) = @_;
    my %count;
    $count{$_}-- for split /\n/, $before;
    $count{$_}++ for split /\n/, $after;
    return map { ($count{$_} < 0 ? '- ' : '+ ') . $_ } sort grep { $count{$_} } keys %count;
}

# A test that two texts have the same lines.
sub is_same {
    my ($after, $before, $name) = @_;
    my @differences = differences($before, $after);
    ok(!@differences && $before =~ /\n.*\n/, $name) or diag scalar(@differences), " lines differ:\n", map { substr($_, 0, 400) . "\n" } @differences[0 .. ($#differences > 19 ? 19 : $#differences)];
}

# What the day brings: orders and changes of orders, and refreshes of the marts; the triggers of tracked tables see them.
sub go_on {
    my ($server) = @_;
    $server->sql(<<'SQL');
SET client_min_messages = warning;
INSERT INTO shop.orders (customer, day, amount) SELECT 1 + i * 7 % 450, date '2024-06-01' + i % 240, i / 7.0 FROM generate_series(1, 600) i;
CALL clm.refresh_mart('mart', '2024-12-31');
CALL clm.refresh_mart('mart', '2025-01-31');
UPDATE shop.orders SET amount = amount + 1 WHERE customer % 10 = 3;
DELETE FROM shop.orders WHERE customer = 17 OR id % 50 = 0;
CALL clm.refresh_mart('live_mart', '2025-01-31', refit => true);
INSERT INTO shop.parts SELECT 'c' || i % 200, timestamp '2024-01-01' + i * interval '13 hours', i / 3.0 FROM generate_series(1, 500) i;
DELETE FROM shop.parts_2023 WHERE customer = 'c9';
REFRESH MATERIALIZED VIEW kept.stages;
SQL
}

# How many tracked histories are not, byte for byte, those of the orders; and how many there are at least.
sub tracked_wrong {
    my ($server) = @_;
    return $server->sql(<<'SQL');
SELECT count(*) FILTER (WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh)), count(*) > 100 FROM live_mart_store.history
    FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM shop.orders WHERE customer IS NOT NULL GROUP BY customer HAVING clm.history(day, amount) IS NOT NULL) f USING (customer);
SELECT count(*) FILTER (WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh)), count(*) > 100 FROM shop.part_histories
    FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM shop.parts WHERE customer IS NOT NULL GROUP BY customer HAVING clm.history(day, amount) IS NOT NULL) f USING (customer);
SQL
}

# The database works: tracked tables are right, and after further orders and refreshes all is as in the one that it is made of.
sub is_alive {
    my ($server, $expected, $name) = @_;
    is tracked_wrong($server), "0|t\n0|t", "$name: tracked histories are those of the orders";
    $server->sql('VACUUM FULL'); # rows find room elsewhere: only last digits of sums may know it
    go_on($server);
    is tracked_wrong($server), "0|t\n0|t", "$name: the triggers keep them so";
    is_same(tables($server), $expected, "$name: further orders and refreshes of the marts come to the same");
}

1;
