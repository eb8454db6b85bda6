"""The lines that the Python programs of this folder print for test/scripts/bi.t."""
import datetime
import hashlib
import sys

sys.stdout.reconfigure(encoding='utf-8')

PYTHON_TYPES = {'number': (int, float), 'text': str, 'date': datetime.date}


def line(*fields):
    print(*fields, sep='\t')


def is_plain(columns):
    return all(not kind.startswith('not plain') for _, kind in columns)


def checksum(kind, values):
    """The sum of numbers, the first and last date, the digest of the sorted texts."""
    if not values:
        return ''
    if kind == 'number':
        return '%.17g' % sum(values)
    if kind == 'date':
        return '%s %s' % (min(values), max(values))
    return hashlib.md5('\n'.join(sorted(values)).encode()).hexdigest()


def print_rows(schema, view, columns, rows):
    """Columns are pairs of name and kind; a value of another class than its kind says is a difference."""
    line('rows', schema, view, len(rows))
    for i, (name, kind) in enumerate(columns):
        values = [row[i] for row in rows if row[i] is not None]
        wrong = {type(value).__name__ for value in values if not isinstance(value, PYTHON_TYPES[kind]) or isinstance(value, datetime.datetime)}
        if wrong:
            line('differs', schema, view, name, kind, ' '.join(sorted(wrong)))
        else:
            line('sum', schema, view, name, len(values), checksum(kind, values))
