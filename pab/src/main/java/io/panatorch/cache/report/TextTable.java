package io.panatorch.cache.report;

import java.util.ArrayList;
import java.util.List;

/** A table of aligned columns: names on the left, numbers to the right. */
public final class TextTable {

    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    /** Begins with the headings of the columns. */
    public TextTable(List<String> headings) {
        rows.add(List.copyOf(headings));
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException where it has not one cell for each heading
     */
    public TextTable row(List<String> cells) {
        if (cells.size() != rows.getFirst().size()) {
            throw new IllegalArgumentException("table: expected " + rows.getFirst().size() + " cells in a row, found "
                    + cells.size());
        }
        rows.add(List.copyOf(cells));
        return this;
    }

    /** {@return the cells row by row, the headings first} */
    public List<List<String>> rows() {
        return List.copyOf(rows);
    }

    /** {@return the lines, the headings first, without spaces at their ends} */
    public List<String> lines() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - row.get(i).length());
            line.append(i == 0 ? row.get(i) + space : GAP + space + row.get(i));
        }
        return line.toString().stripTrailing();
    }
}
