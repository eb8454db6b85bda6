# Values for fuzzing: boundary values of every type, arrays and composites made of them, and mutations of valid values in text and binary form.
# Whatever is drawn follows from srand. A value is a string of bytes in the type's text form, undef for NULL, or a reference to an SQL expression.
package FuzzValues;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(any array_text copy_escape grid literal mutate_binary mutate_text record_fields record_text);

my @integers = qw(0 1 -1 2 7 255 256 32767 32768 65535 65536 1000000 2147483647 2147483648 -2147483648 -2147483649 4294967295 4294967296
    9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551615);
my @floats = qw(NaN Infinity -Infinity 0 -0 1 -1 0.5 0.1 0.9999999999999999 1.0000000000000002 4.9e-324 -4.9e-324 2.2250738585072014e-308 1e-300
    -1e-300 1e-16 1e16 9007199254740993 9.3e18 1e150 1e300 -1e300 1.7976931348623157e308 -1.7976931348623157e308);
my @days = ('4714-11-24 BC', '4713-01-01 BC', '0001-01-01', '1582-10-15', '1970-01-01', '1999-12-31', '2000-01-01', '2024-02-29', '9999-12-31',
    '294276-12-31', '5874897-12-31', 'infinity', '-infinity');
my @texts = ('', ' ', 'x', "'", '"', '\\', '\\\\N', '%s%n%d', '{}', '{', '(,)', 'null', 'NULL', "\t", "a\nb", "caf\xc3\xa9", "\xe5\xae\xa2\xe6\x88\xb7",
    "\xf0\x9f\x92\xa5", "a\xcc\x81", "\xe2\x80\xae", 'MBG/NBD', 'bg/nbd ', 'x' x 64, 'y' x 300, "\xe5\xae\xa2" x 1000, '; --', '$1', '0', '1e400');
my %grid = (
    bool        => [qw(t f)],
    int2        => [grep { abs $_ <= 32768 && $_ ne '32768' } @integers],
    int4        => [grep { $_ <= 2147483647 && $_ >= -2147483648 } @integers],
    int8        => [grep { !/^(?:9223372036854775808|18446744073709551615)$/ } @integers],
    float4      => [qw(NaN Infinity -Infinity 0 -0 1 -1 1e-45 3.4e38)],
    float8      => \@floats,
    numeric     => [@floats, '1e400', '-1e400', '1e-400', '9' x 200, '0.' . '3' x 200],
    date        => \@days,
    timestamp   => [(map { s/ BC$// ? "$_ 12:00 BC" : $_ } grep { !/^5874897/ } @days), '294276-12-31 23:59:59.999999', '2024-12-31 23:59:59.9999999'],
    timestamptz => [(grep { !/^5874897|^4714/ } @days), '294276-12-31 23:59:59.999999+00', '4713-01-01 00:00+00 BC'],
    interval    => ['0', '1 day', '-1 day', '1 month', '-1 month', '178000000 years', '-178000000 years', '1 microsecond', '2147483647 days'],
    text        => \@texts,
    varchar     => \@texts,
    name        => \@texts,
    cstring     => \@texts,
    bytea       => ['', '\\x', '\\x00', '\\xff' . '00' x 300],
    oid         => [qw(0 1 1259 4294967295)],
    regclass    => [qw(pg_class pg_catalog.pg_type 0 4294967295 - 1)],
    regproc     => [qw(0 - 4294967295)],
    regprocedure => ['0', '-', '4294967295', 'now()'],
    regtype     => [qw(0 - int4 4294967295)],
);

sub any {
    return $_[rand @_];
}

# The boundary values of a built-in type by its name; NULL is not among them.
sub grid {
    my ($type) = @_;
    return $grid{$type} ? @{ $grid{$type} } : ();
}

# ---- text of arrays and composites ----

sub array_text {
    return '{' . join(',', map { defined $_ ? '"' . s/(["\\])/\\$1/gr . '"' : 'NULL' } @_) . '}';
}

sub record_text {
    return '(' . join(',', map { defined $_ ? '"' . s/(["\\])/$1$1/gr . '"' : '' } @_) . ')';
}

# The fields of a composite's text, as the server writes it.
sub record_fields {
    my ($text) = @_;
    my ($inside) = $text =~ /\A\((.*)\)\z/s or return;
    my @fields;
    while ($inside =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|\z)/gs) {
        my ($quoted, $plain, $end) = ($1, $2, $3);
        push @fields, defined $quoted ? $quoted =~ s/""/"/gr =~ s/\\\\/\\/gr : length $plain ? $plain : undef;
        last if $end eq '';
    }
    return @fields;
}

# As a literal of SQL, in ASCII.
sub literal {
    my ($value, $type) = @_;
    return 'NULL::' . $type unless defined $value;
    return $$value if ref $value;
    my $quoted = $value =~ s/'/''/gr;
    if ($quoted =~ /[^\x20-\x7e]/) {
        $quoted =~ s/\\/\\\\/g;
        $quoted =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
        return "E'$quoted'::$type";
    }
    return "'$quoted'::$type";
}

# As a field of COPY's text form.
sub copy_escape {
    my ($text) = @_;
    my %escape = ("\\" => "\\\\", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t");
    return $text =~ s/([\\\n\r\t])/$escape{$1}/gr;
}

# ---- mutations ----

sub place {
    my ($text) = @_;
    return int rand(1 + length $text);
}

# A part of a text: (where, length).
sub part {
    my ($text) = @_;
    my $at = place($text);
    return ($at, int rand(1 + (rand() < .7 ? 8 : length($text) - $at)));
}

sub change_number {
    my ($text) = @_;
    my $count = () = $text =~ /-?\d[\d.]*(?:e[-+]?\d+)?/g;
    my $which = int rand($count || 1);
    my $to = any(@integers, @floats, '9' x any(5, 19, 40, 400), '00', '+1', '1e', '0x10', '1_000', '.', '1.7e308', '-0');
    $text =~ s/(-?\d[\d.]*(?:e[-+]?\d+)?)/$which-- == 0 ? rand() < .3 ? "$1$1" : $to : $1/ge;
    return $text;
}

my @text_changes = (
    sub { my ($t) = @_; substr $t, place($t), rand() < .5 ? 1 : 0, chr any(9, 10, 32 .. 126, 128, 195, 255) if length $t; $t },
    sub { my ($t) = @_; my $at = place($t); substr($t, $at, 1) = chr(ord(substr $t, $at, 1) ^ (1 << int rand 7)) if $at < length $t; $t =~ s/\0/0/gr },
    \&change_number,
    \&change_number,
    \&change_number,
    sub { my ($t) = @_; my ($at, $length) = part($t); substr($t, $at, $length) = ''; $t },
    sub { my ($t) = @_; my ($at, $length) = part($t); my $copy = substr $t, $at, $length; substr($t, $at, 0) = $copy x any(1, 1, 2, 3, 100); $t },
    sub { my ($t) = @_; substr $t, 0, place($t) },
    sub { my ($t) = @_; substr($t, place($t), 0) = any(@texts); $t },
    sub { my ($t, $other) = @_; substr($t, 0, place($t)) . substr($other, place($other)) },
    sub { my ($t) = @_; my @tokens = split /([ ,:{}*>])/, $t; my ($i, $j) = map { int rand(@tokens || 1) } 1, 2; @tokens[$i, $j] = @tokens[$j, $i] if @tokens; join '', @tokens },
    sub { my ($t) = @_; join '', map { chr any(32 .. 126) } 1 .. rand 40 },
);

# A text made of a valid one, and of another one of the same type.
sub mutate_text {
    my ($text, $other) = @_;
    $text = any(@text_changes)->($text, $other) for 1 .. any(1, 1, 1, 2, 3, 5);
    return $text =~ s/\0/0/gr;
}

sub overwrite {
    my ($bytes, $new) = @_;
    return $bytes if length $bytes < length $new;
    my $at = int rand(1 + length($bytes) - length $new);
    $at -= $at % any(1, 2, 4, 8);
    substr($bytes, $at, length $new) = $new;
    return $bytes;
}

my @binary_changes = (
    sub { my ($b) = @_; my $at = place($b); substr($b, $at, 1) = chr(ord(substr $b, $at, 1) ^ (1 << int rand 8)) if $at < length $b; $b },
    sub { my ($b) = @_; overwrite($b, chr any(0, 1, 2, 127, 128, 254, 255, int rand 256)) },
    sub { my ($b) = @_; overwrite($b, pack 'n', any(0, 1, 32767, 32768, 65535)) },
    sub { my ($b) = @_; overwrite($b, pack 'N', any(0, 1, 2, 1000, 36525, 65536, 0x3fffffff, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff)) },
    sub { my ($b) = @_; overwrite($b, pack 'q>', any(0, 1, -1, 2, 1 << 31, 1 << 32, (1 << 53) + 1, ~0 >> 1, -(~0 >> 1) - 1)) },
    sub { my ($b) = @_; overwrite($b, pack 'd>', any(0, -0.0, 1, -1, .5, 9**9**9, -9**9**9, -sin(9**9**9), 4.9e-324, 2.3e-308, 1.7976931348623157e308, -1e300)) },
    sub { my ($b) = @_; substr $b, 0, place($b) },
    sub { my ($b) = @_; $b . join '', map { chr int rand 256 } 1 .. any(1, 4, 8, 8, 64) },
    sub { my ($b) = @_; my ($at, $length) = part($b); substr($b, $at, $length) = ''; $b },
    sub { my ($b) = @_; my ($at, $length) = part($b); my $copy = substr $b, $at, $length; substr($b, place($b), 0) = $copy; $b },
    sub { my ($b) = @_; my ($at, $length) = part($b); substr($b, $at, $length) = "\0" x $length; $b },
    sub { my ($b, $other) = @_; substr($b, 0, place($b)) . substr($other, place($other)) },
    # Small integers in network order, a step up or down: counts that disagree with what follows them.
    sub { my ($b) = @_; my $at = 4 * int rand(length($b) / 4); return $b if $at + 4 > length $b; substr($b, $at, 4) = pack 'N', (unpack('N', substr $b, $at, 4) + any(1, -1, 2, -2)) & 0xffffffff; $b },
);

# The same with bytes.
sub mutate_binary {
    my ($bytes, $other) = @_;
    $bytes = any(@binary_changes)->($bytes, $other) for 1 .. any(1, 1, 1, 2, 3, 5);
    return $bytes;
}

1;
