#!/usr/bin/env perl
# Upgrades: each released version is installed, filled with data and updated by ALTER EXTENSION. Then its objects are those of a
# fresh installation of the new version, what is stored reads and scores as before, and tracked tables and marts go on. So that
# there is something to update to, also before the second release, a further version is made here, with a change of each kind
# that docs/releases.md tells how to make.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;

my $top = abs_path("$FindBin::Bin/../..");
my $dir = tempdir('clm-upgrade-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($sharedir, $pkglibdir) = map { my $what = `$ENV{PG_CONFIG} --$_`; chomp $what; $what } qw(sharedir pkglibdir);
my $cluster = Server->cluster('postgres');
my @databases;

sub content {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$in>;
}

sub write_file {
    my ($name, $content) = @_;
    open my $out, '>:raw', $name or die "$name: $!";
    print $out $content;
    close $out;
}

my ($newest) = content("$top/clm.control") =~ /^default_version *= *'([^']+)'/m;
my @released = map { basename($_) =~ /\Aclm--(.*)\.sql\z/ } sort glob "'$top/sql/releases/'clm--*.sql";

# ---- what is kept of a release ----

sub check_kept_script {
    my $generated = content("$ENV{CLM_STAGE}$sharedir/extension/clm--$newest.sql");
    if (grep { $_ eq $newest } @released) {
        ok content("$top/sql/releases/clm--$newest.sql") eq $generated, "the objects are those of release $newest"
            or diag "Objects have changed after release $newest: raise default_version in clm.control, and write sql/clm--$newest--NEXT.sql\n",
            "(docs/releases.md). As long as $newest is not tagged: make release";
    } else {
        my $paths = $cluster->sql("SELECT source FROM pg_extension_update_paths('clm') WHERE target = '$newest' AND path IS NOT NULL");
        is_deeply [grep { my $version = $_; !grep { $_ eq $version } split /\n/, $paths } @released], [], "version $newest, not yet released, can be updated to"
            or diag "Write sql/clm--$released[-1]--$newest.sql (docs/releases.md). If $newest is to be released: make release";
    }
}

# The C functions that scripts of all versions name: old scripts are installed with the new library.
sub check_symbols {
    my %there = map { (split)[-1] => 1 } `nm -D --defined-only '$ENV{CLM_STAGE}$pkglibdir/clm.so'`;
    for my $script (glob("'$top/sql/releases/'clm--*.sql"), glob("'$top/sql/'clm--*--*.sql")) {
        my %named = map { $_ => 1 } content($script) =~ /'MODULE_PATHNAME',\s*'(\w+)'/g;
        is join(' ', grep { !$there{$_} || !$there{"pg_finfo_$_"} } sort keys %named), '', basename($script) . ': the library has what it names';
    }
    is join(' ', grep { !$there{$_} } map { "pg_finfo_$_" } qw(clm_history_in)), '', 'the symbols are read';
}

# One version and one date in all that names them.
sub check_version_and_date {
    my %says;
    my ($date) = ((content("$top/CHANGELOG.md") =~ /^## (.*)/m)[0] // '') =~ /\A\Q$newest\E \((.*)\)\z/;
    ok $date, "CHANGELOG.md begins with $newest" or return;
    my ($upstream, $suite, $debian_date) = content("$top/debian/changelog") =~ /\Aclm \((\S+)-\d+\) (\S+);.*?^ -- .*?>  (?:\w+, (\d+ \w+ \d+)) /ms;
    is $upstream, $newest, 'debian/changelog begins with it';
    if ($date eq 'not yet released') {
        is $suite, 'UNRELEASED', 'debian/changelog is not yet released, as CHANGELOG.md says';
        ok !grep({ $_ eq $newest } @released), 'there is no kept script of it';
    } else {
        like $date, qr/\A\d{4}-\d\d-\d\d\z/, 'CHANGELOG.md has its date';
        is $suite, 'unstable', 'debian/changelog is released';
        my %month;
        @month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 1 .. 12;
        my ($day, $month, $year) = split ' ', $debian_date;
        is sprintf('%04d-%02d-%02d', $year, $month{$month}, $day), $date, 'debian/changelog has the date of CHANGELOG.md';
        ok scalar(grep { $_ eq $newest } @released), 'its script is kept';
    }
    for my $readme ('README.md', 'README.zh.md') {
        my %versions = map { $_ => 1 } content("$top/$readme") =~ /\b(?:clm-|_)(\d+\.\d+\.\d+)(?=[-.])/g;
        is join(' ', sort keys %versions), $newest, "$readme names this version";
    }
    is join(' ', sort keys %{ { map { $_ => 1 } content("$top/META.json") =~ /"version": "(\d+\.\d+\.\d+)"(?=,?\s*\n\s*(?:"maintainer"|\}\s*\},))/g } }), $newest, 'META.json names it';
}

# ---- a further version ----

# The change of a composite: a new attribute at the end, and the functions that build it from a list of values.
sub with_attributes {
    my ($script) = @_;
    my $types = $script =~ s/^(CREATE TYPE clm\.\w+ AS \(\n.*?)\n\);/$1,\n    added_by_test text\n);/msg;
    cmp_ok $types, '>', 10, 'the next version: composites have one more attribute';
    my $built = $script =~ s/^( *SELECT ROW\((?:[^()]|\n)*|.*NULL)(?=\)::clm\.(?:retention_model|economics|rfm|customer_model|fit_options|customer_score)\b)/$1, NULL/mg;
    is $built, 6, 'the next version: and so have the lists of values that build one';
    $script =~ s/(as_of, NULL, NULL, NULL, NULL, NULL)(?=\);\n    taken name;)/$1, NULL/ or die 'create_mart is not what it was';
    return $script;
}

sub functions {
    my ($script) = @_;
    my %functions;
    while ($script =~ /^CREATE ((?:FUNCTION|PROCEDURE) clm\.[^)]*\).*?;)\n(?=COMMENT ON (?:FUNCTION|PROCEDURE) |CREATE (?:FUNCTION|PROCEDURE|AGGREGATE|TYPE|VIEW) clm)/msg) {
        my $text = $1;
        $functions{$1} = $text if $text =~ /\A(\w+ clm\.[^)]*\))/;
    }
    return \%functions;
}

my $added = <<'SQL';
CREATE FUNCTION clm.added_by_test(h clm.history, n clm.rfm DEFAULT NULL) RETURNS bigint LANGUAGE SQL IMMUTABLE PARALLEL SAFE COST 7
    BEGIN ATOMIC
        SELECT clm.occasions(h) + (n).x;
    END;
COMMENT ON FUNCTION clm.added_by_test(clm.history, clm.rfm) IS 'A new function';
CREATE AGGREGATE clm.added_by_test(v float8) (SFUNC = clm.concentration_transition, STYPE = clm.concentration_state, FINALFUNC = clm.concentration_final,
    COMBINEFUNC = clm.concentration_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE clm.added_by_test(float8) IS 'A new aggregate';
CREATE VIEW clm.added_by_test AS SELECT code, en FROM clm.term WHERE code LIKE 'l%';
COMMENT ON VIEW clm.added_by_test IS 'A new view';
SQL
my $new_row = "INSERT INTO clm.term_builtin SELECT (jsonb_populate_record(b, '{\"code\": \"added_by_test\"}')).* FROM clm.term_builtin b WHERE code = 'loyalty';\n";

# The install script of the next version, and the upgrade script to it, beside copies of the others.
sub make_next_version {
    my $folder = "$dir$sharedir/extension";
    system('cp', '-R', "$ENV{CLM_STAGE}/.", $dir) == 0 or die;
    system('chmod', '-R', 'u+w,a+rX', $dir) == 0 or die;
    for my $script (glob("'$top/sql/releases/'clm--*.sql"), glob("'$top/sql/'clm--*--*.sql")) {
        system('cp', $script, $folder) == 0 or die;
    }
    my $old = content("$folder/clm--$newest.sql");
    my $next = with_attributes($old);
    $next =~ s/^(CREATE FUNCTION clm\.aic\(.*?SELECT )2\.0 \* \(/${1}1.0 * 2.0 * (/ms or die 'clm.aic is not what it was';
    $next =~ s/^(COMMENT ON TYPE clm\.rfm IS\s+')/$1Changed: /m or die 'the comment of clm.rfm is not what it was';
    $next =~ s/^(?=-- A trusted installation leaves the schema to a superuser)/$added/m or die 'sql/grants.sql is not what it was';
    $next =~ s/^(?=-- Reference tables: for every table)/$new_row/m or die 'sql/reference.sql is not what it was';
    write_file("$folder/clm--next.sql", $next);

    my ($update) = content("$top/docs/releases.md") =~ /^```text\n(\\echo .*?)^```/ms or die 'docs/releases.md does not tell how an upgrade script begins';
    while ($next =~ /^CREATE TYPE (clm\.\w+) AS \(\n[^;]*?added_by_test/mg) {
        $update .= "ALTER TYPE $1 ADD ATTRIBUTE added_by_test text CASCADE;\n";
    }
    my ($before, $after) = (functions($old), functions($next));
    for my $name (sort grep { exists $before->{$_} && $before->{$_} ne $after->{$_} } keys %$after) {
        $update .= "CREATE OR REPLACE $after->{$name}\n";
    }
    $update .= $1 if $next =~ /^(COMMENT ON TYPE clm\.rfm IS.*?;\n)/ms;
    $update .= "$added$new_row" . "GRANT SELECT ON clm.added_by_test TO PUBLIC;\n";
    write_file("$folder/clm--$newest--next.sql", $update);
}

# The install script of a version before this one, whose composites lack the last attribute, as between the installation of a new
# library and ALTER EXTENSION UPDATE.
sub make_earlier_version {
    my $folder = "$dir$sharedir/extension";
    my $script = content("$folder/clm--$newest.sql");
    for my $change ([customer_model => 'evaluations integer', 'NULL, NULL'], [customer_score => 'clv_upper float8', 'NULL, NULL'], [rfm => 'left_truncated boolean', 'false']) {
        my ($type, $attribute, $last) = @$change;
        my ($name) = split ' ', $attribute;
        $script =~ s/^(CREATE TYPE clm\.$type AS \(\n.*?),\n    $attribute\n\);/$1\n);/ms or die "$type is not what it was";
        $script =~ s/^COMMENT ON COLUMN clm\.$type\.$name IS.*?;\n//ms or die "$type is not what it was";
        my $kept = $last =~ s/,? ?\w+\z//r;
        $script =~ s/(,\s*)$last(?=\)::clm\.$type\b)/$kept eq '' ? '' : "$1$kept"/e or die "$type is not built as it was";
    }
    write_file("$folder/clm--earlier.sql", $script);
}

# What the functions of either version give, by the library of this one.
sub check_earlier_version {
    my ($earlier, $now) = map { database($_) } 'earlier', 'now';
    make_earlier_version();
    $earlier->sql("CREATE EXTENSION clm VERSION 'earlier'");
    $now->sql('CREATE EXTENSION clm');
    my ($there, $here) = map { $_->sql(<<'SQL') } $earlier, $now;
CREATE TABLE customers AS SELECT customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(300, '2023-01-01', '2024-12-31', seed => 9) GROUP BY 1;
CREATE TABLE model AS SELECT clm.customer_model(h, '2024-12-31') AS m FROM customers;
SELECT to_jsonb(m) - 'evaluations' FROM model;
SELECT id, to_jsonb(s) - 'clv_upper', to_jsonb(r) - 'left_truncated', clm.p_alive(r, m), clm.clv(h, '2024-12-31', m) FROM customers, model, LATERAL clm.scores(h, '2024-12-31', m, level => .9) s,
    LATERAL clm.rfm(h, '2024-12-31') r ORDER BY id;
SELECT d FROM model, LATERAL clm.describe(m) d;
SQL
    Kept::is_same($there, $here, 'objects of an earlier version work with this library');
}

sub database {
    my ($name, $template) = @_;
    my $database = "clm_upgrade_${name}_$$";
    push @databases, $database;
    $cluster->sql("CREATE DATABASE $database" . ($template ? " TEMPLATE $template->{database}" : ''));
    $cluster->sql("ALTER DATABASE $database SET extension_destdir = '$dir'");
    return Server->cluster($database);
}

# ---- the upgrade ----

# What must show in the list of objects, each a change of its own.
my %changes = (
    'a comment'            => [q{COMMENT ON FUNCTION clm.aic(clm.customer_model) IS 'x'}, qr/clm\.aic/],
    'a cost'               => [q{ALTER FUNCTION clm.occasions(clm.history, date, date) COST 77}, qr/clm\.occasions/],
    'a right'              => [q{GRANT EXECUTE ON FUNCTION clm.track(regclass, name, name, name, regclass) TO pg_monitor}, qr/clm\.track\(/],
    'a right on a table'   => [q{REVOKE SELECT ON clm.lever FROM PUBLIC}, qr/view clm\.lever/],
    'a body'               => [q{CREATE OR REPLACE FUNCTION clm.bic(model clm.customer_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE BEGIN ATOMIC SELECT 1.0::float8; END}, qr/clm\.bic/],
    'a setting'            => [q{ALTER FUNCTION clm.mart_count(clm.mart_setting, text, integer) SET work_mem = '1MB'}, qr/clm\.mart_count/],
    'a view'               => [q{CREATE OR REPLACE VIEW clm.term AS SELECT * FROM (SELECT * FROM clm.term_builtin) b}, qr/clm\.term/],
    'a label'              => [q{ALTER TYPE clm.stage RENAME VALUE 'regained' TO 'back'}, qr/type clm\.stage .*back/],
    'an attribute'         => [q{ALTER TYPE clm.uplift ADD ATTRIBUTE more int}, qr/clm\.uplift/],
    'a default'            => [q{ALTER TABLE clm.lever_user ALTER hidden SET DEFAULT true}, qr/clm\.lever_user/],
    'a shipped row'        => [q{UPDATE clm.touchpoint_builtin SET en = en || 'x' WHERE code = (SELECT min(code) FROM clm.touchpoint_builtin)}, qr/clm\.touchpoint_builtin \| row/],
    'what is dumped'       => [q{UPDATE pg_extension SET extcondition[1] = 'WHERE hidden' WHERE extname = 'clm'}, qr/dumped .* WHERE hidden/],
    'an object let go'     => [q{ALTER EXTENSION clm DROP OPERATOR clm.+ (clm.value, clm.value)}, qr/operator clm\.\+/],
    'an object of no need' => [q{CREATE FUNCTION clm.more() RETURNS int LANGUAGE sql RETURN 1; ALTER EXTENSION clm ADD FUNCTION clm.more()}, qr/clm\.more/],
    'an operator class'    => [q{ALTER OPERATOR CLASS clm.history_hash_ops USING hash RENAME TO more_ops}, qr/operator class clm\.more_ops/],
    'storage'              => [q{ALTER TYPE clm.history SET (STORAGE = external)}, qr/type clm\.history/],
);

sub fingerprint_can_fail {
    my ($fresh, $objects) = @_;
    my $script = Kept::file('objects.sql') . "SELECT replace(o, E'\\n', '\\n') FROM pg_temp.objects() o ORDER BY 1;\n";
    my $changed = $fresh->sql("SET client_min_messages = error; BEGIN;\n" . join('', map { "$changes{$_}[0];\n" } sort keys %changes) . "$script; ROLLBACK");
    my @differences = Kept::differences($objects, $changed);
    for my $change (sort keys %changes) {
        ok scalar(grep { $_ =~ $changes{$change}[1] } @differences), "the list of objects shows a change: $change";
    }
}

sub check_update {
    my ($version, $objects) = @_;
    my $old = database('from' . $version =~ s/\W/_/gr);
    Kept::fill($old, $version);
    my ($rows, $readings) = (Kept::rows($old), Kept::readings($old));
    my $updated = database('to' . $version =~ s/\W/_/gr, $old);
    $updated->sql("ALTER EXTENSION clm UPDATE TO 'next'");
    is $updated->sql(q{SELECT extversion FROM pg_extension WHERE extname = 'clm'}), 'next', "$version: updated";
    Kept::is_same(Kept::objects($updated), $objects, "$version: the objects are those of a fresh installation");
    # One term is new.
    is join(' ', grep { !/^\W clm\.term / } Kept::differences($rows, Kept::rows($updated))), '', "$version: every row is as it was, as text and in bytes";
    Kept::is_same(Kept::readings($updated), $readings, "$version: stored values read, score and merge as before");
    is $updated->sql(q{SELECT clm.added_by_test('{2024-01-05:20}', clm.rfm(3, .1, 7.25)), (m.v).added_by_test, (clm.scores(h, '2024-12-31', m.v)).added_by_test FROM kept.customer_model m, kept.sample s WHERE m.id = 1 AND s.id = 1}),
        '4||', "$version: what is new is there, and NULL in stored values";
    # The same day in both.
    Kept::go_on($old);
    my $later = Kept::tables($old) =~ s/^clm\.term .*\n//mr;
    is Kept::tracked_wrong($updated), "0|t\n0|t", "$version: tracked histories are those of the orders";
    Kept::go_on($updated);
    is Kept::tracked_wrong($updated), "0|t\n0|t", "$version: the triggers keep them so";
    Kept::is_same(Kept::tables($updated) =~ s/^clm\.term .*\n//mr, $later, "$version: marts refresh and tracked tables go on as before");
    return $old;
}

# The update runs as a superuser: it must not write to tables that the owner of the schema has put in the place of the extension's.
sub check_renamed_schema {
    my ($version) = @_;
    my $renamed = database('renamed');
    $renamed->sql("CREATE EXTENSION clm VERSION '$version'");
    $renamed->sql('ALTER SCHEMA clm RENAME TO other; CREATE SCHEMA clm; CREATE TABLE clm.term_builtin (LIKE other.term_builtin)');
    ok !eval { $renamed->sql("ALTER EXTENSION clm UPDATE TO 'next'"); 1 }, 'no update where another schema is called clm';
    like $@, qr/schema "clm" is not that of the extension/, 'which it tells';
}

# A dump says CREATE EXTENSION without a version: where the server has a later one, the version of the dump is installed first.
sub check_restore_of_old_dump {
    my ($old, $version) = @_;
    my $copy = database('restored');
    my $rows = Kept::tables($old);
    $copy->sql("CREATE SCHEMA clm; CREATE EXTENSION clm VERSION '$version' SCHEMA clm");
    my $output = `pg_dump -d $old->{database} | psql -X -q -d $copy->{database} 2>&1 >'$dir/out'`;
    is join("\n", grep { /ERROR/ && !/schema "clm" already exists/ } split /\n/, $output), '', "a dump of $version is restored over that version";
    $copy->sql("ALTER EXTENSION clm UPDATE TO 'next'");
    is join(' ', grep { !/^\W clm\.term / } Kept::differences($rows, Kept::tables($copy))), '', 'and then updated: every row is as it was';
}

check_kept_script();
check_symbols();
check_version_and_date();
SKIP: {
    skip 'this server looks for extensions in its own folder only', 1 if $cluster->sql(q{SELECT count(*) FROM pg_settings WHERE name = 'extension_destdir'}) ne '1';
    eval {
        make_next_version();
        check_earlier_version();
        my $fresh = database('fresh');
        $fresh->sql("CREATE EXTENSION clm VERSION 'next'");
        my $objects = Kept::objects($fresh);
        my $once_more = database('fresh2');
        $once_more->sql("CREATE EXTENSION clm VERSION 'next'");
        Kept::is_same(Kept::objects($once_more), $objects, 'two fresh installations have the same objects');
        fingerprint_can_fail($fresh, $objects);
        my $old;
        $old = check_update($_, $objects) for @released;
        check_restore_of_old_dump($old, $released[-1]);
        check_renamed_schema($released[-1]);
        1;
    } or do {
        fail('upgrades');
        diag($@);
    };
}

END {
    my $status = $?;
    eval { $cluster->sql("DROP DATABASE IF EXISTS $_ WITH (FORCE)") } for @databases;
    $? = $status;
}

done_testing;
