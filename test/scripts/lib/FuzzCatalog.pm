# What there is to fuzz, from the catalog: the types of clm and everything that can be called, with what a call of it looks like in SQL.
package FuzzCatalog;
use strict;
use warnings;

# By name, why something is left out.
my %left_out = (
    internal => 'an argument of type internal, which SQL cannot give',
    trigger  => 'a trigger function, which only a trigger calls',
);

sub read {
    my ($class, $ask) = @_;
    my $self = bless { ask => $ask }, $class;
    $self->read_types;
    $self->read_functions;
    $self->read_chains;
    $self->read_partial_aggregates;
    return $self;
}

sub read_types {
    my ($self) = @_;
    for (@{ $self->{ask}->(<<'SQL') }) {
SELECT t.oid, CASE nspname WHEN 'pg_catalog' THEN typname ELSE format_type(t.oid, NULL) END, typname, nspname = 'clm', typtype, typrelid,
    CASE WHEN typcategory = 'A' THEN typelem ELSE 0 END, typbasetype, typsend::oid::regproc, coalesce(relkind = 'c', false)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = typrelid
WHERE nspname IN ('pg_catalog', 'clm') ORDER BY nspname, typname
SQL
        my %type;
        @type{qw(oid name short ours kind relation element base send composite)} = @$_;
        $type{ours} = $type{ours} eq 't';
        $self->{types}{ $type{oid} } = \%type;
    }
    for (@{ $self->{ask}->(<<'SQL') }) {
SELECT t.oid, attname, atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.typrelid = attrelid
WHERE typnamespace = 'clm'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY t.oid, attnum
SQL
        my ($type, $name, $of) = @$_;
        push @{ $self->{types}{$type}{fields} }, { name => $name, type => $of };
    }
}

# Types of clm with an input function of their own.
sub base_types {
    my ($self) = @_;
    return grep { $_->{ours} && $_->{kind} eq 'b' && !$_->{element} } map { $self->{types}{$_} } sort { $a <=> $b } keys %{ $self->{types} };
}

sub type {
    my ($self, $oid) = @_;
    return $self->{types}{$oid};
}

sub read_functions {
    my ($self) = @_;
    for (@{ $self->{ask}->(<<'SQL') }) {
SELECT p.oid, quote_ident(proname), p.oid::regprocedure, prokind, provolatile, lanname, proretset, prorettype, array_to_string(proargtypes, ' '),
    coalesce((SELECT ' ' || array_to_string(proargnames, ' ', '') FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc q ON q.oid = aggfnoid
            WHERE aggtransfn = p.oid AND q.pronargs = p.pronargs - 1 AND proargnames IS NOT NULL LIMIT 1), -- a transition function has the names of its aggregate
        (SELECT string_agg(coalesce(proargnames[i], ''), ' ' ORDER BY i) FROM generate_series(1, coalesce(array_length(proargmodes, 1), pronargs)) i
            WHERE proargmodes IS NULL OR proargmodes[i] IN ('i', 'b', 'v')), ''),
    (SELECT string_agg(coalesce(pg_get_function_arg_default(p.oid, i), ''), E'\x01' ORDER BY i) FROM generate_series(1, pronargs) i),
    CASE WHEN 'internal'::regtype = ANY (proargtypes) THEN 'internal' WHEN prorettype = 'trigger'::regtype THEN 'trigger' END
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = prolang WHERE pronamespace = 'clm'::regnamespace ORDER BY p.oid::regprocedure::text COLLATE "C"
SQL
        my %call;
        my ($types, $names, $defaults);
        (@call{qw(oid name label kind volatile language set result)}, $types, $names, $defaults, my $why) = @$_;
        if ($why) {
            push @{ $self->{left_out}{ $left_out{$why} } }, $call{label};
            next;
        }
        my @names = split / /, $names, -1;
        my @defaults = split /\x01/, $defaults // '', -1;
        $call{arguments} = [map { { type => $_, name => shift @names // '', default => shift @defaults // '' } } split / /, $types];
        $call{set} = $call{set} eq 't';
        push @{ $self->{calls} }, \%call;
    }
}

# What aggregates do with states, in one call each: final(combine(a, b)) and the like.
sub read_chains {
    my ($self) = @_;
    my %seen;
    for (@{ $self->{ask}->(<<'SQL') }) {
SELECT aggfinalfn::oid::regproc, aggcombinefn::oid::regproc, aggtranstype, f.prorettype FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc p ON p.oid = aggfnoid
JOIN pg_catalog.pg_proc f ON f.oid = aggfinalfn WHERE p.pronamespace = 'clm'::regnamespace AND aggcombinefn <> 0 ORDER BY 1, 2
SQL
        my ($final, $combine, $state, $result) = @$_;
        next if $seen{"$final $combine"}++;
        for my $sql ("$final($combine(\$1, \$2))", "$final($combine($combine(\$2, \$1), \$1))") {
            push @{ $self->{calls} }, { label => $sql, sql => "SELECT $sql", kind => 'chain', volatile => 'i', language => 'c', set => 0, result => $result,
                arguments => [map { { type => $state, name => '', default => '' } } 1, 2] };
        }
    }
}

# States of aggregates over many rows: an aggregate of the same transition function without a final one gives its state.
sub read_partial_aggregates {
    my ($self) = @_;
    my $n = 0;
    for (@{ $self->{ask}->(<<'SQL') }) {
SELECT p.oid, aggtransfn::oid::regproc, aggtranstype, pg_catalog.array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t), ', ')
FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc p ON p.oid = aggfnoid WHERE pronamespace = 'clm'::regnamespace
ORDER BY p.oid::regprocedure::text COLLATE "C"
SQL
        my ($of, $transition, $state, $types) = @$_;
        my ($aggregate) = grep { ($_->{oid} // 0) == $of } @{ $self->{calls} };
        my $name = 'fuzz.partial_' . $n++;
        $self->{ask}->("CREATE AGGREGATE $name ($types) (SFUNC = $transition, STYPE = " . $self->{types}{$state}{name} . ')');
        push @{ $self->{calls} }, { %$aggregate, oid => undef, function => $name, label => "state of $aggregate->{label}", result => $state };
    }
}

# Everything that can be called, or what takes a type.
sub calls {
    my ($self, $type) = @_;
    return grep { my $call = $_; !defined $type || grep { $_->{type} == $type } @{ $call->{arguments} } } @{ $self->{calls} };
}

# The statement of a call. Of an aggregate, a column of fuzz.sample stands for an argument where the shape has a c, with the given value in
# one row; the shape's last letter says over which rows.
sub statement {
    my ($self, $call, $shape) = @_;
    return $call->{sql} if $call->{sql};
    my @parameters = map { "\$$_" } 1 .. @{ $call->{arguments} };
    my $name = $call->{function} // "clm.$call->{name}";
    return "CALL $name(" . join(', ', @parameters) . ')' if $call->{kind} eq 'p';
    if ($call->{kind} ne 'a') {
        my $function = "$name(" . join(', ', @parameters) . ')';
        return $call->{set} ? "SELECT * FROM $function f" : "SELECT $function";
    }
    for my $i (0 .. $#parameters) {
        next if substr($shape, $i, 1) ne 'c';
        my $column = $self->column($call->{arguments}[$i], $i);
        $parameters[$i] = "CASE WHEN s.id = 2 THEN $parameters[$i] ELSE s.$column END";
    }
    my $aggregate = "$name(" . join(', ', @parameters) . ')';
    my %rows = (
        a => "SELECT $aggregate FROM fuzz.sample s",
        f => "SELECT $aggregate FROM fuzz.sample s WHERE id <= 3",
        g => "SELECT $aggregate FROM fuzz.sample s WHERE id <= 40 GROUP BY id % 3",
        w => "SELECT $aggregate OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM fuzz.sample s WHERE id <= 5",
    );
    return $rows{ substr $shape, -1 };
}

# The column of fuzz.sample for an argument: two of each type, by turns.
sub column {
    my ($self, $argument, $i) = @_;
    return "c_$self->{types}{ $argument->{type} }{short}_" . $i % 2;
}

# The types of the arguments of aggregates.
sub column_types {
    my ($self) = @_;
    my %type = map { map { $_->{type} => 1 } @{ $_->{arguments} } } grep { $_->{kind} eq 'a' } @{ $self->{calls} };
    return map { $self->{types}{$_} } sort { $a <=> $b } keys %type;
}

sub left_out {
    return $_[0]{left_out} // {};
}

1;
