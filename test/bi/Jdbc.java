// What JDBC tells of the views of schemas, and what it reads in them, as lines for test/scripts/bi.t:
//     java -cp postgresql.jar Jdbc.java HOST PORT DATABASE USER PASSWORD SCHEMA ...
// BI tools ask DatabaseMetaData for tables and columns, and take a column's type from there or from the result.

import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

public class Jdbc {
    static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    static final Map<Integer, String> KINDS = Map.of(Types.INTEGER, "number", Types.BIGINT, "number", Types.DOUBLE, "number",
            Types.VARCHAR, "text", Types.DATE, "date");
    // The type's name as well: the driver gives enums as VARCHAR too.
    static final List<String> PLAIN = List.of("int4", "int8", "float8", "text", "varchar", "date");

    record Column(String name, String kind) {}

    static void print(String... fields) {
        out.println(String.join("\t", fields));
    }

    static String kind(int type, String name) {
        return PLAIN.contains(name) ? KINDS.getOrDefault(type, "not plain: " + name) : "not plain: " + name;
    }

    static String text(String remarks) {
        return remarks == null ? "" : remarks;
    }

    static List<Column> columns(DatabaseMetaData data, String schema, String view) throws Exception {
        List<Column> columns = new ArrayList<>();
        String escape = data.getSearchStringEscape();
        try (ResultSet r = data.getColumns(null, pattern(schema, escape), pattern(view, escape), "%")) {
            while (r.next()) {
                Column c = new Column(r.getString("COLUMN_NAME"), kind(r.getInt("DATA_TYPE"), r.getString("TYPE_NAME")));
                print("column", schema, view, c.name, c.kind, text(r.getString("REMARKS")));
                columns.add(c);
            }
        }
        return columns;
    }

    static String pattern(String name, String escape) {
        return name.replace(escape, escape + escape).replace("_", escape + "_").replace("%", escape + "%");
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    // The sum of numbers, the first and last date, the digest of the sorted texts.
    static class Sum {
        final Column column;
        long count = 0;
        double number = 0;
        final List<String> texts = new ArrayList<>();

        Sum(Column column) {
            this.column = column;
        }

        void add(ResultSet r, int i) throws Exception {
            if (column.kind.equals("number")) {
                number += r.getDouble(i);
            } else if (column.kind.equals("date") && r.getDate(i) != null) {
                texts.add(r.getDate(i).toString());
            } else if (r.getString(i) != null) {
                texts.add(r.getString(i));
            }
            count += r.wasNull() ? 0 : 1;
        }

        String value() throws Exception {
            Collections.sort(texts);
            if (count == 0) {
                return "";
            } else if (column.kind.equals("number")) {
                return String.format(Locale.ROOT, "%.17g", number);
            } else if (column.kind.equals("date")) {
                return texts.get(0) + " " + texts.get(texts.size() - 1);
            }
            byte[] digest = MessageDigest.getInstance("MD5").digest(String.join("\n", texts).getBytes(StandardCharsets.UTF_8));
            return String.format("%032x", new BigInteger(1, digest));
        }
    }

    static void read(Connection connection, String schema, String view, List<Column> columns) throws Exception {
        try (Statement s = connection.createStatement()) {
            s.setFetchSize(100); // in portions, as tools read
            ResultSet r = s.executeQuery("SELECT * FROM " + quoted(schema) + "." + quoted(view));
            ResultSetMetaData data = r.getMetaData();
            List<Sum> sums = new ArrayList<>();
            for (int i = 1; i <= data.getColumnCount(); i++) {
                Column c = columns.get(i - 1);
                String kind = kind(data.getColumnType(i), data.getColumnTypeName(i));
                if (!data.getColumnLabel(i).equals(c.name) || !kind.equals(c.kind)) {
                    print("differs", schema, view, c.name, c.kind, data.getColumnLabel(i) + " " + kind);
                }
                sums.add(new Sum(c));
            }
            long rows = 0;
            while (r.next()) {
                rows++;
                for (int i = 1; i <= sums.size(); i++) {
                    sums.get(i - 1).add(r, i);
                }
            }
            print("rows", schema, view, Long.toString(rows));
            for (Sum sum : sums) {
                print("sum", schema, view, sum.column.name, Long.toString(sum.count), sum.value());
            }
        }
    }

    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://" + args[0] + ":" + args[1] + "/" + args[2];
        try (Connection connection = DriverManager.getConnection(url, args[3], args[4])) {
            connection.setAutoCommit(false);
            DatabaseMetaData data = connection.getMetaData();
            for (String schema : List.of(args).subList(5, args.length)) {
                List<String[]> views = new ArrayList<>();
                try (ResultSet r = data.getTables(null, pattern(schema, data.getSearchStringEscape()), "%", null)) {
                    while (r.next()) {
                        views.add(new String[] {r.getString("TABLE_NAME"), r.getString("TABLE_TYPE"), text(r.getString("REMARKS"))});
                    }
                }
                for (String[] view : views) {
                    if (view[1].equals("VIEW")) {
                        print("view", schema, view[0], view[2]);
                        List<Column> columns = columns(data, schema, view[0]);
                        if (columns.stream().noneMatch(c -> c.kind.startsWith("not plain"))) {
                            read(connection, schema, view[0], columns);
                        }
                    }
                }
            }
        }
    }
}
