"""What ODBC tells of the views of schemas (SQLTables, SQLColumns), and what it reads in them, as lines for test/scripts/bi.t.
The driver leaves the remarks of both empty.
    odbc.py HOST PORT DATABASE USER PASSWORD SCHEMA ...
"""
import sys

import pyodbc

from lines import is_plain, line, print_rows

KINDS = {pyodbc.SQL_INTEGER: 'number', pyodbc.SQL_BIGINT: 'number', pyodbc.SQL_DOUBLE: 'number', pyodbc.SQL_FLOAT: 'number',
         pyodbc.SQL_WVARCHAR: 'text', pyodbc.SQL_WLONGVARCHAR: 'text', pyodbc.SQL_TYPE_DATE: 'date'}
# The type's name as well: the driver gives what it does not know as text.
PLAIN = ('int4', 'int8', 'float8', 'text', 'varchar', 'date')


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def pattern(name):
    return name.replace('\\', '\\\\').replace('_', '\\_').replace('%', '\\%')


def columns_of(cursor, schema, view):
    columns = []
    for c in cursor.columns(schema=pattern(schema), table=pattern(view)).fetchall():
        kind = KINDS.get(c.data_type) if c.type_name in PLAIN else None
        columns.append((c.column_name, kind or 'not plain: %s' % c.type_name))
        line('column', schema, view, *columns[-1], '')
    return columns


def main(host, port, database, user, password, *schemas):
    driver = next(d for d in pyodbc.drivers() if d in ('PostgreSQL Unicode', 'PostgreSQL Unicode(x64)'))
    connection = pyodbc.connect('Driver={%s};Server=%s;Port=%s;Database=%s;Uid=%s;Pwd=%s' % (driver, host, port, database, user, password))
    cursor = connection.cursor()
    for schema in schemas:
        for t in cursor.tables(schema=pattern(schema), tableType='VIEW').fetchall():
            line('view', schema, t.table_name, '')
            columns = columns_of(cursor, schema, t.table_name)
            if is_plain(columns):
                rows = cursor.execute('SELECT * FROM %s.%s' % (quoted(schema), quoted(t.table_name))).fetchall()
                print_rows(schema, t.table_name, columns, rows)


main(*sys.argv[1:])
