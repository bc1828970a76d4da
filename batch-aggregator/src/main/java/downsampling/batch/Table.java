package downsampling.batch;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A CSV result laid out for people: columns under each other, numbers to the right. */
final class Table {

    private final Reader in;
    private int next;

    private Table(Reader in) throws IOException {
        this.in = in;
        next = in.read();
    }

    /**
     * Rewrites a result. It is read twice, for the widths and for the cells, so that nothing is held.
     *
     * @param names how many columns from the left hold no numbers
     */
    static void layOut(Path csv, Path table, int names) throws IOException {
        List<Integer> widths = new ArrayList<>();
        try (Reader in = Files.newBufferedReader(csv, StandardCharsets.UTF_8)) {
            Table cells = new Table(in);
            for (List<String> row = cells.row(); row != null; row = cells.row()) {
                for (int column = 0; column < row.size(); column++) {
                    int width = width(row.get(column));
                    if (column == widths.size()) {
                        widths.add(width);
                    } else if (widths.get(column) < width) {
                        widths.set(column, width);
                    }
                }
            }
        }
        try (Reader in = Files.newBufferedReader(csv, StandardCharsets.UTF_8);
                BufferedWriter out = Files.newBufferedWriter(table, StandardCharsets.UTF_8)) {
            Table cells = new Table(in);
            for (List<String> row = cells.row(); row != null; row = cells.row()) {
                StringBuilder line = new StringBuilder();
                for (int column = 0; column < row.size(); column++) {
                    String cell = row.get(column);
                    String space = " ".repeat(widths.get(column) - width(cell));
                    line.append(column == 0 ? "" : "  ").append(column < names ? cell + space : space + cell);
                }
                out.write(line.toString().stripTrailing());
                out.write('\n');
            }
        }
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }

    /** The cells of the next row, line breaks and other control characters as spaces; null at the end. */
    private List<String> row() throws IOException {
        if (next < 0) {
            return null;
        }
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        boolean closed = false;
        while (next >= 0) {
            char c = (char) next;
            next = in.read();
            if (c == '"') {
                // An escaped quote closes and opens again at once.
                if (!quoted && closed) {
                    cell.append('"');
                }
                closed = quoted;
                quoted = !quoted;
                continue;
            }
            closed = false;
            if (c == ',' && !quoted) {
                row.add(cell.toString());
                cell.setLength(0);
            } else if (c == '\n' && !quoted) {
                break;
            } else {
                cell.append(c < ' ' ? ' ' : c);
            }
        }
        row.add(cell.toString());
        return row;
    }
}
