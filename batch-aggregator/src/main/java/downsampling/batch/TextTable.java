package downsampling.batch;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Lays out a result for people: cells of a column stand under each other, and numbers are aligned to the right. */
final class TextTable {

    private TextTable() {}

    /**
     * Lays out the cells of a result. They are read twice, once for the widths and once to be written, so that memory
     * does not grow with them.
     *
     * @param cells a file with one row on each line and {@link ResultFormatter#CELL_END} between cells
     * @param table the file to write
     * @param names how many columns from the left do not hold numbers
     */
    static void layOut(File cells, File table, int names) throws IOException {
        List<Integer> widths = new ArrayList<>();
        try (BufferedReader in = Files.newBufferedReader(cells.toPath(), StandardCharsets.UTF_8)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                List<String> row = cells(line);
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
        try (BufferedReader in = Files.newBufferedReader(cells.toPath(), StandardCharsets.UTF_8);
                BufferedWriter out = Files.newBufferedWriter(table.toPath(), StandardCharsets.UTF_8)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                List<String> row = cells(line);
                StringBuilder laidOut = new StringBuilder();
                for (int column = 0; column < row.size(); column++) {
                    String cell = row.get(column);
                    String space = " ".repeat(widths.get(column) - width(cell));
                    laidOut.append(column == 0 ? "" : "  ").append(column < names ? cell + space : space + cell);
                }
                out.write(laidOut.toString().stripTrailing());
                out.write('\n');
            }
        }
    }

    private static List<String> cells(String line) {
        List<String> cells = new ArrayList<>();
        int from = 0;
        for (int end = line.indexOf(ResultFormatter.CELL_END);
                end >= 0;
                end = line.indexOf(ResultFormatter.CELL_END, from)) {
            cells.add(line.substring(from, end));
            from = end + 1;
        }
        cells.add(line.substring(from));
        return cells;
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
