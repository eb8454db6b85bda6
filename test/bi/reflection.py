"""What SQLAlchemy's inspector tells of the views of schemas, and what their reflected tables give, as lines for test/scripts/bi.t:
    reflection.py HOST PORT DATABASE USER PASSWORD SCHEMA ...
"""
import sys
import warnings

import sqlalchemy
from sqlalchemy import types
from sqlalchemy.dialects import postgresql

from lines import is_plain, line, print_rows

KINDS = {types.INTEGER: 'number', types.BIGINT: 'number', postgresql.DOUBLE_PRECISION: 'number',
         getattr(types, 'DOUBLE_PRECISION', types.INTEGER): 'number', types.TEXT: 'text', types.VARCHAR: 'text', types.DATE: 'date'}


def columns_of(inspector, schema, view):
    columns = []
    for c in inspector.get_columns(view, schema=schema):
        columns.append((c['name'], KINDS.get(type(c['type'])) or 'not plain: %s' % type(c['type']).__name__))
        line('column', schema, view, *columns[-1], c['comment'] or '')
    return columns


def main(host, port, database, user, password, *schemas):
    warnings.simplefilter('ignore', sqlalchemy.exc.SAWarning)  # of the types that it does not know
    engine = sqlalchemy.create_engine(sqlalchemy.engine.URL.create('postgresql+psycopg2', user, password, host, port, database))
    inspector = sqlalchemy.inspect(engine)
    with engine.connect() as connection:
        for schema in schemas:
            for view in inspector.get_view_names(schema=schema):
                line('view', schema, view, inspector.get_table_comment(view, schema=schema)['text'] or '')
                columns = columns_of(inspector, schema, view)
                if is_plain(columns):
                    table = sqlalchemy.Table(view, sqlalchemy.MetaData(), schema=schema, autoload_with=engine)
                    rows = connection.execute(sqlalchemy.select(*table.columns)).fetchall()
                    print_rows(schema, view, columns, rows)


main(*sys.argv[1:])
