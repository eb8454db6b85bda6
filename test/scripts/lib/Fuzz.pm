# Fuzzing on the server: what the catalog lists is called with boundary values and mutated values, in a database of its own, and every answer is
# checked. A run follows from its seed and its counts alone. Findings are kept by what was called and what went wrong, the first statement of each.
package Fuzz;
use strict;
use warnings;
use FuzzCatalog;
use FuzzValues qw(any array_text copy_escape grid literal mutate_binary mutate_text record_fields record_text);
use Wire;

my $patience = 30; # seconds after which a statement that ought to have been cancelled counts as hung
my $most_memory = 256 << 10; # kB by which one small call may enlarge the backend
my $calls_of_a_session = 20000;

# What calls that work are made of: by type, and by the name of an argument where the type leaves too much open.
my %plain = (
    bool   => [qw(t f)],
    int4   => [qw(1 2 5 7 12 30 90 365)],
    int8   => [qw(0 1 2 3 5 10 1000)],
    float8 => [qw(0 .05 .1 .2 .5 .8 .9 1 2 5 10 40 100)],
    numeric => [qw(0 .1 1 12.5 100)],
    date   => [qw(2023-06-30 2024-01-01 2024-06-30 2024-12-31 2025-02-28)],
    timestamp => ['2024-01-01 00:00', '2024-06-30 12:34:56'],
    timestamptz => ['2024-01-01 00:00+00', '2024-06-30 23:59:59+08'],
    text   => [qw(active silent lost en zh new mature mbg/nbd bg/nbd sbg month)],
    name   => [qw(customer_id day amount)],
    regclass => [qw(fuzz.orders fuzz.histories)],
    regprocedure => ['now()'],
    regtype => [qw(int4 date)],
    oid    => [qw(1259)],
    _float8 => ['{1,3}', '{1,3,1.2}', '{.243,4.414,.793,2.426}', '{1.204,.75,.657,2.783}', '{6.25,3.74,15.44}', '{.5,10,.6,11}', '{.2,.5,.8}', '{1}', '{0.3,2}',
        '{-2.2,1.1,.8,-.6}', '{40,-4,0}', '{.24,4.4,.8,2.4,2}'],
    _text  => ['{active,silent,lost}', '{new,mature}', '{a,b,c}', '{a}'],
    _date  => ['{2024-01-05,2024-01-20,2024-03-01}', '{2024-01-05}'],
);
my %named = (
    family   => [qw(mbg/nbd bg/nbd pareto/nbd bg/bb bg/cnbd-k mbg/cnbd-k sbg bdw auto)],
    lang     => [qw(en zh)],
    calendar => [qw(month quarter week year day)],
    query    => ['SELECT h FROM fuzz.sample_histories'],
    queries  => ['{SELECT h FROM fuzz.sample_histories,SELECT h FROM fuzz.sample_histories LIMIT 50}'],
    customers => [qw(1 10 100)],
    mart     => ['fuzz_mart'],
    schema   => ['fuzz_mart', 'fuzz_new_mart'],
);
my %seeds = (
    history     => ['{}', '{2024-01-05:20}', '{2024-01-05:20,2024-01-20:30,2024-02-01:-30}', '{2024-01-05:5,2024-02-11:-15*}', '{5874897-12-31:1}',
        '{"4714-11-24 BC":1.7976931348623157e308}'],
    transitions => ['{active>active:70,active>silent:30,silent>active:25,silent>silent:45,silent>lost:30,lost>lost:1}', '{new>mature:54}', '{}'],
    rfm         => ['(2,30.43,38.86,22.35,2,f)', '(0,0,38.86,,0,f)', '(3,4,6,,,f)', '(6,6,6,10,6,t)'],
    value       => ['(1260,1260,2,,40)', '(1,2,3,4,5)'],
    effect      => ['(IVR,churn,.004)', '(IVR,service_cost,-1.5)', '("save desk",save,.15)'],
    economics   => ['(0.03,55,60,8,0,1,1,0,0,0,0.03,0.02,0.005,0,0.45,0.1)', '(1,160,100,0,0,1,0.8,1,0,0,0,0,0,0,1,0.1)'],
    retention_model => ['(sbg,"{1,3}",,,,,)', '(bdw,"{.668,3.806,1.2}",,,,,)'],
    retention_model_state => ['1 0 4 1 30 30 2 15 15 3 8 8 4 5 47'],
    fit_options => ['(mbg/nbd,7,,,)', '(bg/nbd,7,2,,)', '(pareto/nbd,30,,,)', '(auto,7,3,,)', '(mbg/nbd,7,2,2023-06-30,2024-03-31)'],
    likelihood  => ['(bg/nbd,"{.243,4.414,.793,2.426}",7,2024-12-31,,-100,"{1,2,3,4}",10,"{1,2,3,4}",1,2)'],
);

# What rows of fuzz.sample have by type, in two columns (n is 0 and 1).
my %sample = (
    history     => 'h',
    rfm         => "clm.rfm(h, '2024-06-30')",
    date        => "date '2024-01-01' + (id * 37 % 300)::int",
    timestamp   => "timestamp '2024-01-01' + interval '1 hour' * (id * 37 % 3000)",
    timestamptz => "timestamptz '2024-01-01 00:00+00' + interval '1 hour' * (id * 37 % 3000)",
    float8      => '(id * (7919 + n) % 1000) / 1000.0::float8',
    numeric     => '(id * (7919 + n) % 1000) / 10.0',
    bool        => 'id * (31 + n) % (2 + n) = 0',
    int4        => '7',
    int8        => '1 + id * (7 + n) % 9',
    text        => "(ARRAY['new', 'mature', 'growing', 'churned'])[1 + id * (3 + n) % 4]",
    stage       => "(ARRAY['new', 'mature', 'growing', 'churned'])[1 + id * (3 + n) % 4]::clm.stage",
    _float8     => 'ARRAY[id % 7, id * 13 % 11]::float8[]',
    value       => 'ROW(id, id % 7, 2, NULL, 40)::clm.value',
    transitions => "'{new>churned:192,new>mature:54}'::clm.transitions",
    fit_options => "clm.fit_options('mbg/nbd', prior => 2)",
    customer_model => "clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}')",
);

# Types of arguments that differ from row to row in most aggregations; the others are settings.
my %varies = map { $_ => 1 } qw(history rfm value transitions stage bool float8 int8 _float8);

# Functions that make a composite of their arguments, or hand one on: what is in it is checked where it is used.
my $hands_on = qr/^clm\.(?:rfm\(bigint|economics\(|fit_options\(|(?:customer|retention|response)_model\(text|response_model\(double precision|given\(|mart_(?:read|fit|score_all|minus|quintiles)\()/;

# ---- set up ----

# A run in that database, which is made: Fuzz->new(database, seed, number of entries of huge values, statement_timeout in seconds).
sub new {
    my ($class, $database, $seed, $huge, $statement_seconds) = @_;
    my $self = bless { database => $database, seed => $seed, huge => $huge, findings => {}, count => {} }, $class;
    srand $seed;
    my $postgres = Wire->connect('postgres', $patience) or die 'no server';
    for my $sql ("DROP DATABASE IF EXISTS $database", "CREATE DATABASE $database",
        "ALTER DATABASE $database SET temp_file_limit = '256MB'", "ALTER DATABASE $database SET client_min_messages = error", "ALTER DATABASE $database SET jit = off") {
        my ($answer) = $postgres->ask(Wire::query($sql));
        die "$sql: $answer->{error}{message}" if $answer->{error};
    }
    $self->open_session;
    $self->sql('CREATE EXTENSION clm', 'CREATE SCHEMA fuzz');
    $self->{catalog} = FuzzCatalog->read(sub { $self->sql($_[0]) });
    $self->make_tables;
    $self->fill_pools;
    $self->sql("ALTER DATABASE $database SET statement_timeout = '${statement_seconds}s'"); # not for what sets up
    $self->open_session;
    return $self;
}

# Leave off at a time, where one is given.
sub end_at {
    my ($self, $end) = @_;
    $self->{end} = $end;
}

sub is_over {
    my ($self) = @_;
    return defined $self->{end} && time >= $self->{end};
}

sub finish {
    my ($self) = @_;
    delete $self->{wire};
    my $postgres = Wire->connect('postgres', $patience) or return;
    $postgres->ask(Wire::query("DROP DATABASE $self->{database} WITH (FORCE)"));
}

sub left_out {
    my ($self) = @_;
    return $self->{catalog}->left_out;
}

sub open_session {
    my ($self) = @_;
    for my $tenth (1 .. 300) {
        $self->{wire} = Wire->connect($self->{database}, $patience) and last;
        select undef, undef, undef, .1; # the server recovers from a crash
    }
    $self->{wire} or die "no session after a crash\n";
    $self->{calls_left} = $calls_of_a_session;
    $self->{prepared} = {};
    $self->{memory} = $self->memory;
}

# The backend's largest memory so far in kB, what it asked for though it did not touch it included; 0 where the system does not tell.
sub memory {
    my ($self) = @_;
    open my $status, '<', "/proc/$self->{wire}{process}/status" or return 0;
    while (my $line = <$status>) {
        return $1 if $line =~ /^VmPeak:\s+(\d+)/;
    }
    return 0;
}

# Statements that must work; the rows of the last.
sub sql {
    my ($self, @statements) = @_;
    my $answer;
    for my $statement (@statements) {
        ($answer) = $self->{wire}->ask(Wire::query($statement));
        die "$statement: " . ($answer->{error} ? "$answer->{error}{code} $answer->{error}{message}" : 'the session is lost') . "\n"
            if $answer->{error} || $answer->{lost} || $answer->{hung};
    }
    return $answer->{rows};
}

sub make_tables {
    my ($self) = @_;
    my $columns = '';
    for my $type ($self->{catalog}->column_types) {
        my $expression = $sample{ $type->{short} } // 'NULL';
        $columns .= ", ($expression)::$type->{name} AS c_$type->{short}_$_" =~ s/\bn\b(?=\)| )/$_/gr for 0, 1;
    }
    $self->sql(
        q{CREATE TABLE fuzz.orders AS SELECT customer_id, day, amount FROM clm.simulate(500, '2023-01-01', '2024-12-31', 7)},
        'CREATE INDEX ON fuzz.orders (customer_id)',
        'CREATE TABLE fuzz.histories (customer_id bigint PRIMARY KEY, h clm.history)',
        'CREATE TABLE fuzz.sample_histories AS SELECT customer_id AS id, clm.history(day, amount) AS h FROM fuzz.orders GROUP BY 1 ORDER BY 1',
        "CREATE TABLE fuzz.sample AS SELECT id$columns FROM fuzz.sample_histories ORDER BY id",
        'ANALYZE fuzz.sample',
        q{CREATE TABLE fuzz.huge_histories AS SELECT 1 AS id, clm.history(array_agg(date '2000-01-01' + i), array_agg(1.5::float8)) AS v FROM generate_series(1, } . $self->{huge} . ') i',
        q{CALL clm.create_mart('fuzz_mart', 'fuzz.orders', 'customer_id', 'day', 'amount', as_of => '2024-12-31')},
    );
    $named{system} = [map { $_->[0] } @{ $self->sql('SELECT DISTINCT system FROM clm.stage_label ORDER BY 1') }];
    $named{name} = [map { $_->[0] } @{ $self->sql('SELECT DISTINCT matrix FROM clm.matrix_cell ORDER BY 1') }];
    $named{view} = [map { $_->[0] } @{ $self->sql(q{SELECT relname FROM pg_class WHERE relnamespace = 'fuzz_mart'::regnamespace AND relkind = 'v' ORDER BY 1}) }];
    $named{driver} = [map { $_->[0] } @{ $self->sql(q{SELECT attname FROM pg_attribute WHERE attrelid = 'clm.economics'::regclass ORDER BY attnum}) }];
}

# The values of a type that are known to be valid; results of calls are added to them.
sub fill_pools {
    my ($self) = @_;
    my $catalog = $self->{catalog};
    for my $type (values %{ $catalog->{types} }) {
        my @values = $type->{ours} ? @{ $seeds{ $type->{short} } // [] } : @{ $plain{ $type->{short} } // [] };
        @values = map { $_->[0] } @{ $self->sql("SELECT unnest(enum_range(NULL::$type->{name}))") } if $type->{kind} eq 'e';
        $self->{pool}{ $type->{oid} } = \@values if @values;
        push @values, map { $_->[0] } @{ $self->sql('SELECT h FROM fuzz.sample_histories ORDER BY id LIMIT 12') } if $type->{name} eq 'clm.history';
    }
}

# ---- values ----

# Whether an argument is known by its name.
sub is_word {
    my ($self, $argument) = @_;
    return $named{ $argument->{name} // '' } && $self->{catalog}->type($argument->{type})->{short} =~ /^_?(?:text|name|int8)$/;
}

# A value of a type with which a call may work.
sub valid {
    my ($self, $oid, $name) = @_;
    my $type = $self->{catalog}->type($oid);
    return any(@{ $named{$name} }) if $self->is_word({ type => $oid, name => $name });
    my $pool = $self->{pool}{$oid} // [];
    return any(@$pool) if @$pool;
    return array_text(map { $self->valid($type->{element}, '') } 1 .. any(1, 2, 2, 3, 5)) if $type->{element};
    return record_text(map { $self->valid($_->{type}, $_->{name}) } @{ $type->{fields} }) if $type->{fields};
    return $self->valid($type->{base}, $name) if $type->{base};
    return any(grid($type->{name}));
}

# Every boundary value of a type, to be put into a call that works; of composites each field in its turn.
sub boundaries {
    my ($self, $oid, $name) = @_;
    my $type = $self->{catalog}->type($oid);
    my @values = (undef);
    return ($self->boundaries($type->{base}, $name)) if $type->{base};
    push @values, $self->array_boundaries($type, $name) if $type->{element};
    push @values, $self->record_boundaries($oid, $type, $name) if $type->{fields};
    push @values, grid($type->{name});
    push @values, @{ $self->{pool}{$oid} // [] } if $type->{ours} && !$type->{fields};
    push @values, \'(SELECT v FROM fuzz.huge_histories)' if $type->{name} eq 'clm.history';
    push @values, \"repeat('x', $self->{huge} * 10)" if $type->{name} eq 'text';
    return @values;
}

sub array_boundaries {
    my ($self, $type, $name) = @_;
    my $element = $type->{element};
    my @some = map { $self->valid($element, $name) } 1 .. 3;
    my @values = ('{}', '{NULL}', array_text($some[0], undef), array_text(undef, @some), '{{' . join(',', map { substr array_text($_), 1, -1 } @some[0, 1]) . '}}',
        '[5:6]=' . array_text(@some[0, 1]), array_text(@some, @some, @some, @some), array_text(map { $some[0] } 1 .. 40));
    for my $bad ($self->{catalog}->type($element)->{fields} ? any($self->boundaries($element, $name)) : grid($self->{catalog}->type($element)->{name})) {
        push @values, array_text($bad), array_text(@some, $bad);
    }
    my $one = literal($some[0], $self->{catalog}->type($element)->{name});
    return (@values, \"array_fill($one, ARRAY[$self->{huge}])", \"array_fill($one, ARRAY[2, 2, 2])", \"array_fill($one, ARRAY[3], ARRAY[2147483640])");
}

sub record_boundaries {
    my ($self, $oid, $type, $name) = @_;
    my @values;
    my @fields = @{ $type->{fields} };
    for my $i (0 .. $#fields) {
        my @valid = record_fields($self->valid($oid, $name));
        for my $bad (grep { !ref } $self->boundaries($fields[$i]{type}, $fields[$i]{name})) {
            push @values, record_text(@valid[0 .. $i - 1], $bad, @valid[$i + 1 .. $#fields]) if @valid == @fields;
        }
    }
    return (@values, record_text(map { undef } @fields));
}

# A value as it comes: valid, at a boundary, or mutated.
sub deviant {
    my ($self, $oid, $name) = @_;
    my $type = $self->{catalog}->type($oid);
    my $chance = rand;
    return $self->valid($oid, $name) if $chance < .45;
    return undef if $chance < .5;
    return $self->deviant($type->{base}, $name) if $type->{base};
    if ($chance < .55 || $type->{ours} && $type->{kind} eq 'b') {
        my ($value, $other) = map { $self->valid($oid, $name) // '' } 1, 2;
        return mutate_text($value, $other);
    }
    return array_text(map { $self->deviant($type->{element}, $name) } 1 .. any(0, 1, 1, 2, 3, 4, 20)) if $type->{element};
    if ($type->{fields}) {
        my @fields = record_fields($self->valid($oid, $name));
        $fields[$_] = $self->deviant($type->{fields}[$_]{type}, $type->{fields}[$_]{name}) for map { int rand @{ $type->{fields} } } 1 .. any(1, 1, 2, 4);
        return record_text(@fields);
    }
    my @grid = grid($type->{name});
    return @grid ? any(@grid) : $self->valid($oid, $name);
}

# ---- calls ----

# Call it with these values; the answer, which has been checked.
sub call {
    my ($self, $call, $shape, $values) = @_;
    my $statement = $self->{catalog}->statement($call, $shape);
    my @types = map { $self->{catalog}->type($_->{type}) } @{ $call->{arguments} };
    my @requests;
    if (grep { ref } @$values) {
        @requests = Wire::query(in_literals($statement, \@types, $values));
    } else {
        my @oids = map { $_->{oid} } @types;
        my $name = $self->{prepared}{"$statement @oids"};
        if (!$name) {
            $name = $self->{prepared}{"$statement @oids"} = 's' . keys %{ $self->{prepared} };
            push @requests, Wire::prepare($name, $statement, @oids);
        }
        push @requests, Wire::execute($name, $values, 0, 0, 1000);
    }
    @requests = (Wire::query('BEGIN'), @requests, Wire::query('ROLLBACK')) if $call->{volatile} eq 'v';
    return $self->request($call, sub { in_literals($statement, \@types, $values) }, @requests);
}

sub in_literals {
    my ($statement, $types, $values) = @_;
    return $statement =~ s/\$(\d+)/literal($values->[$1 - 1], $types->[$1 - 1]{name})/ger;
}

# Send requests and check what comes; the first answer with an error or else the last one with rows.
sub request {
    my ($self, $call, $statement, @requests) = @_;
    my @answers = $self->{wire}->ask(@requests);
    $self->{count}{calls}++;
    my ($answer) = ((grep { $_->{lost} || $_->{hung} } @answers), (grep { $_->{error} } @answers), (grep { @{ $_->{rows} } } @answers), $answers[-1]);
    my $wrong = $self->wrong($call, $answer);
    $self->find($call, $wrong, $statement->()) if defined $wrong;
    $self->{count}{ $answer->{error} ? 'errors' : 'answers' }++;
    if ($answer->{lost} || $answer->{hung}) {
        kill 'KILL', $self->{wire}->process if $answer->{hung};
        $self->open_session;
    } else {
        $self->check_memory($call, $statement);
        $self->open_session if --$self->{calls_left} <= 0;
    }
    return $answer;
}

sub check_memory {
    my ($self, $call, $statement) = @_;
    my $memory = $self->memory;
    my $grown = $memory - $self->{memory};
    $self->{memory} = $memory;
    if ($grown > $most_memory) {
        my $sql = $statement->();
        # An aggregate of huge histories keeps 12 bytes an entry of each of 40 rows, which is up to 40 as its state doubles and is copied.
        my $most = $most_memory + (($call->{kind} // '') eq 'a' && $sql =~ /fuzz\.huge_histories/ ? 40 * 40 * $self->{huge} >> 10 : 0);
        $self->find($call, sprintf('the backend grew by %d MB', $grown >> 10), $sql) if $grown > $most;
        $self->open_session;
    }
}

# What is wrong with an answer; undef if nothing is.
sub wrong {
    my ($self, $call, $answer) = @_;
    return 'the server crashed' if $answer->{lost};
    return 'hung: no answer, and no reaction to statement_timeout' if $answer->{hung};
    if (my $error = $answer->{error}) {
        return "$error->{code} $error->{message}" unless $self->is_proper($call, $error->{code});
        return;
    }
    my $result = $self->{catalog}->type($call->{result} // 0);
    return if $call->{label} =~ $hands_on || $result && $result->{name} =~ /^(?:text|cstring|name|bytea|_text|_name)$/;
    for my $row (@{ $answer->{rows} }) {
        for (@$row) {
            return "a result is $1" if defined && /(?<![\w.])(-?(?:NaN|Infinity))(?!\w)/;
        }
    }
    return;
}

# Whether an error is one for a bad value. Functions that do not only compute may also miss tables and rights.
sub is_proper {
    my ($self, $call, $code) = @_;
    return 1 if $code =~ /^(?:22|54)/ || $code eq '53400'; # 53400: a set of rows fills temp_file_limit
    return 1 if $code eq '08P01' && $call->{label} =~ /^(?:COPY|input) of /; # binary input that ends too early or goes on too long
    return 1 if $code =~ /^(?:0A000|3F000|42602|42P01)$/ && $call->{label} =~ /\bclm\.mart_setting\b/; # its text names a table
    return $call->{set} || $call->{kind} =~ /[ap]/ || $call->{volatile} ne 'i' if $code eq '57014';
    return $call->{volatile} ne 'i' && $code =~ /^(?:0A|0P|21|23|25|2B|2D|3D|3F|42|55|P0)/;
}

# ---- findings ----

sub find {
    my ($self, $call, $wrong, $statement) = @_;
    my $what = $wrong =~ s/\d+/N/gr;
    my $finding = $self->{findings}{"$call->{label}: " . ($wrong =~ /^\w{5} / ? substr($wrong, 0, 5) . ' ' . substr($what, 6) : $what)} //= { wrong => $wrong, statement => $statement, times => 0 };
    $finding->{times}++;
}

sub findings {
    my ($self) = @_;
    return map { { what => $_, %{ $self->{findings}{$_} } } } sort keys %{ $self->{findings} };
}

# ---- finding calls that work ----

# For everything that can be called some calls that work, by trying; what they give are further values to try with.
sub discover {
    my ($self, $rounds, $tries) = @_;
    for (1 .. $rounds) {
        for my $call ($self->{catalog}->calls) {
            for (1 .. $tries) {
                last if @{ $call->{works} // [] } >= 3 || !@{ $call->{arguments} } && $call->{works};
                $self->try_to_work($call);
            }
        }
    }
}

# More tries for what has never worked.
sub insist {
    my ($self, $tries) = @_;
    for my $call ($self->never_work) {
        for (1 .. $tries) {
            last if $self->try_to_work($call);
        }
    }
}

sub try_to_work {
    my ($self, $call) = @_;
    my @values = map { $self->likely($_, $call) } @{ $call->{arguments} };
    my $typical = rand() < .6;
    my $shape = join '', (map { $self->is_word($_) ? 'p' : !$typical ? any('c', 'p') : $varies{ $self->{catalog}->type($_->{type})->{short} } ? 'c' : 'p' }
        @{ $call->{arguments} }), any(qw(a a g f));
    my $answer = $self->call($call, $shape, \@values);
    return if $answer->{error} || $answer->{lost} || $answer->{hung};
    my $result = @{ $answer->{rows} } ? $answer->{rows}[0][0] : undef;
    my $gives = $call->{set} ? @{ $answer->{rows} } > 0 : defined $result;
    push @{ $call->{$gives ? 'works' : 'gives_null'} }, [$shape, \@values];
    $self->learn($call->{result}, $result) if defined $result && !$call->{set} && $call->{result};
    return $gives;
}

sub likely {
    my ($self, $argument, $call) = @_;
    if (length $argument->{default} && rand() < .5) {
        $argument->{value} //= $self->sql("SELECT $argument->{default}")->[0];
        return $argument->{value}[0];
    }
    my $type = $self->{catalog}->type($argument->{type});
    return undef if rand() < .3 && $type->{short} =~ /_state$/;
    return $self->valid($call->{result}) if $type->{short} eq 'cstring'; # of an input function
    return $self->valid($argument->{type}, $argument->{name});
}

# Keep a value of a type of clm.
sub learn {
    my ($self, $oid, $text) = @_;
    my $type = $self->{catalog}->type($oid) or return;
    return unless $type->{ours} && $type->{kind} =~ /[bc]/ && length $text < 20000;
    my $pool = $self->{pool}{$oid} //= [];
    return if grep { $_ eq $text } @$pool;
    if (@$pool < 40) {
        push @$pool, $text;
    } else {
        $pool->[8 + int rand 32] = $text;
    }
}

# A call that works, or what comes nearest.
sub working {
    my ($self, $call) = @_;
    my @known = (@{ $call->{works} // [] }, @{ $call->{gives_null} // [] }[0 .. 0]);
    my $known = any(grep { defined } @known);
    return $known ? ($known->[0], [@{ $known->[1] }]) : ('p' x @{ $call->{arguments} } . 'a', [map { $self->likely($_, $call) } @{ $call->{arguments} }]);
}

# Functions that only compute of which no call is known that gives a value.
sub never_work {
    my ($self) = @_;
    return grep { $_->{volatile} eq 'i' && !@{ $_->{works} // [] } } $self->{catalog}->calls;
}

# ---- the grid ----

# Every boundary value in every argument of a call that works; of an argument with more than $most of them, some.
sub single_deviations {
    my ($self, $most) = @_;
    for my $call ($self->{catalog}->calls) {
        for my $i (0 .. $#{ $call->{arguments} }) {
            return if $self->is_over;
            my $argument = $call->{arguments}[$i];
            my @boundaries = $self->boundaries($argument->{type}, $argument->{name});
            my $few = $call->{volatile} eq 'i' ? $most : 1 + $most / 10;
            splice @boundaries, int rand @boundaries, 1 while @boundaries > $few;
            for my $value (grep { !$self->is_endless($call, $argument, $_) } @boundaries) {
                my ($shape, $values) = $self->working($call);
                $values->[$i] = $value;
                substr($shape, -1) = any(qw(a f f g w)) if $call->{kind} eq 'a';
                $self->call($call, $shape, $values);
            }
        }
    }
}

# Simulating that many customers takes days, and is known to obey a cancel.
sub is_endless {
    my ($self, $call, $argument, $value) = @_;
    return $argument->{name} eq 'customers' && $call->{set} && defined $value && $value =~ /^\d{7,}$/ && $value != 2147483647;
}

# Random combinations: so many of each, of aggregates and what is not immutable a tenth.
sub combinations {
    my ($self, $count) = @_;
    for my $call (grep { @{ $_->{arguments} } } $self->{catalog}->calls) {
        for (1 .. ($call->{kind} =~ /[ap]/ || $call->{volatile} ne 'i' ? int(($count + 9) / 10) : $count)) {
            return if $self->is_over;
            $self->combination($call);
        }
    }
}

sub combination {
    my ($self, $call) = @_;
    my ($shape, $values) = $self->working($call);
    $values->[$_] = $self->deviant($call->{arguments}[$_]{type}, $call->{arguments}[$_]{name})
        for map { int rand @$values } 1 .. any(1, 2, 2, 3, scalar @$values);
    substr($shape, int rand @$values, 1) = any('c', 'p');
    substr($shape, -1) = any(qw(a f f g w));
    $self->call($call, $shape, $values);
}

# ---- mutated input ----

# So many mutations of each type of clm that has its own input function, half of them text and half binary, by COPY and as parameters.
sub mutate {
    my ($self, $count) = @_;
    for my $type ($self->{catalog}->base_types) {
        my $pool = $self->{pool}{ $type->{oid} };
        if (!$pool || !@$pool) {
            $self->find({ label => $type->{name} }, 'no valid value of it is known', '');
            next;
        }
        $self->sql("CREATE TABLE IF NOT EXISTS fuzz.t_$type->{short} (v $type->{name})");
        for (1 .. $count) {
            return if $self->is_over;
            $self->mutate_once($type, $pool);
        }
    }
}

sub mutate_once {
    my ($self, $type, $pool) = @_;
    my $form = any(0, 1);
    my ($value, $other) = map { $form ? $self->in_binary($type, any(@$pool)) : any(@$pool) } 1, 2;
    return unless defined $value && defined $other;
    $value = $form ? mutate_binary($value, $other) : mutate_text($value, $other);
    $self->{count}{ $form ? 'binary inputs' : 'text inputs' }++;
    my ($text, $binary) = any(0, 1) ? $self->by_copy($type, $form, $value) : $self->by_parameter($type, $form, $value);
    return unless defined $text;
    $self->{count}{'inputs accepted'}++;
    $self->use_value($type, $text, $binary);
}

sub in_binary {
    my ($self, $type, $text) = @_;
    my $known = $self->{binary}{ $type->{oid} } //= {};
    %$known = () if keys %$known > 500;
    return $known->{$text} //= ($self->by_parameter($type, 0, $text))[1];
}

# The value that COPY takes from these bytes: (text, binary).
sub by_copy {
    my ($self, $type, $form, $bytes) = @_;
    my $table = "fuzz.t_$type->{short}";
    my $data = $form ? "PGCOPY\n\xff\r\n\0" . pack('N N n N', 0, 0, 1, length $bytes) . $bytes . pack('n', 0xffff)
        : (rand() < .9 ? copy_escape($bytes) : $bytes) . "\n";
    my $copy = "COPY $table FROM STDIN" . ($form ? ' (FORMAT binary)' : '');
    my $statement = sub {
        my $program = sprintf q{perl -e 'print pack "H*", "%s"'}, unpack 'H*', $data;
        return "CREATE TEMP TABLE t (v $type->{name}); COPY t FROM PROGRAM " . literal($program, 'text') =~ s/::text//r . ($form ? ' (FORMAT binary)' : '') . '; TABLE t';
    };
    my $answer = $self->request({ label => "COPY of $type->{name}", kind => 'f', volatile => 'i' }, $statement, Wire::copy_in($copy, $data));
    return if $answer->{error} || $answer->{lost} || $answer->{hung};
    my ($stored, $emptied) = $self->{wire}->ask(Wire::query("SELECT v::text, $type->{send}(v)::text FROM $table"), Wire::query("TRUNCATE $table"));
    if ($stored->{error} || !$emptied) {
        $self->find({ label => $type->{name} }, 'what was accepted has no output: ' . ($stored->{error} ? "$stored->{error}{code} $stored->{error}{message}" : 'the server crashed'), $statement->());
        $self->open_session unless $emptied;
        return;
    }
    my $row = $stored->{rows}[0];
    return unless $row && defined $row->[0];
    return ($row->[0], pack 'H*', substr $row->[1], 2);
}

# The value that a parameter takes from these bytes: (text, binary).
sub by_parameter {
    my ($self, $type, $form, $bytes) = @_;
    my $statement = "SELECT \$1::text, $type->{send}(\$1)::text";
    my $name = $self->{prepared}{"$type->{oid}"};
    my @requests;
    if (!$name) {
        $name = $self->{prepared}{"$type->{oid}"} = 'p' . keys %{ $self->{prepared} };
        push @requests, Wire::prepare($name, $statement, $type->{oid});
    }
    my $answer = $self->request({ label => "input of $type->{name}", kind => 'f', volatile => 'i', result => 0 },
        sub { $form ? 'as a binary parameter of type ' . $type->{name} . ': ' . unpack('H*', $bytes) : in_literals($statement, [$type], [$bytes]) },
        @requests, Wire::execute($name, [$bytes], $form, 0, 0));
    return if $answer->{error} || $answer->{lost} || $answer->{hung} || !@{ $answer->{rows} };
    my ($text, $binary) = @{ $answer->{rows}[0] };
    return ($text, pack 'H*', substr $binary, 2);
}

# What was accepted comes back from both of its forms byte for byte, and whatever takes the type is called with it.
sub use_value {
    my ($self, $type, $text, $binary) = @_;
    for my $form (0, 1) {
        my @again = $self->by_parameter($type, $form, $form ? $binary : $text);
        next if @again && $again[0] eq $text && $again[1] eq $binary;
        $self->find({ label => $type->{name} }, ('its text', 'its binary form')[$form] . (@again ? ' comes back as another value' : ' is not accepted'),
            literal($text, $type->{name}) . ', binary ' . unpack 'H*', $binary);
    }
    my @takers = @{ $self->{takers}{ $type->{oid} } //= [$self->{catalog}->calls($type->{oid})] };
    for my $call (map { any(@takers) } 1 .. 3) {
        my ($shape, $values) = $self->working($call);
        my @places = grep { $call->{arguments}[$_]{type} == $type->{oid} } 0 .. $#$values;
        $values->[$_] = $text for rand() < .2 ? @places : any(@places);
        substr($shape, -1) = any(qw(a f f f g w)) if $call->{kind} eq 'a';
        $self->call($call, $shape, $values);
        $self->{count}{'uses of accepted values'}++;
    }
    $self->learn($type->{oid}, $text) if rand() < .05 && length $text < 2000;
}

1;
