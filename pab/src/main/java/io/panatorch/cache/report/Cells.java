package io.panatorch.cache.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Coloured cells in rows and columns as few rectangles: layers mostly do the same and steps repeat, so cells of a colour that lie
 * together are one, and the colour of most cells lies below all others.
 */
final class Cells {

    /** Cells of one colour in one row. */
    private record Run(int from, int count, String color) {}

    private final List<List<String>> rows;
    private final int columns;
    private final String ground;
    private final Map<String, StringBuilder> paths = new LinkedHashMap<>();

    /**
     * Takes the cells.
     *
     * @param rows of colours, one or more
     * @param columns how many cells a row has; those that are missing at its end have a colour of their own
     */
    Cells(List<List<String>> rows, int columns, String missing) {
        this.rows = rows.stream().map(row -> {
            List<String> whole = new ArrayList<>(row);
            while (whole.size() < columns) {
                whole.add(missing);
            }
            return whole;
        }).toList();
        this.columns = columns;
        this.ground = this.rows.stream().flatMap(List::stream).collect(Collectors.groupingBy(color -> color, LinkedHashMap::new,
                Collectors.counting())).entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }

    /** {@return SVG elements, in which a cell is one wide and one high} */
    String paths() {
        Map<Run, Integer> open = new LinkedHashMap<>(); // with the row in which each begins
        for (int row = 0; row <= rows.size(); row++) {
            List<Run> runs = row < rows.size() ? runs(rows.get(row)) : List.of();
            for (Run ended : open.keySet().stream().filter(run -> !runs.contains(run)).toList()) {
                close(ended, open.remove(ended), row);
            }
            for (Run run : runs) {
                open.putIfAbsent(run, row);
            }
        }
        StringBuilder all = new StringBuilder("<path fill=\"" + ground + "\" d=\"M0 0h" + columns + "v" + rows.size() + "h-" + columns
                + "z\"/>");
        paths.forEach((color, path) -> all.append("<path fill=\"").append(color).append("\" d=\"").append(path).append("\"/>"));
        return all.toString();
    }

    private List<Run> runs(List<String> row) {
        List<Run> runs = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= columns; i++) {
            if (i == columns || !row.get(i).equals(row.get(from))) {
                if (!row.get(from).equals(ground)) {
                    runs.add(new Run(from, i - from, row.get(from)));
                }
                from = i;
            }
        }
        return runs;
    }

    private void close(Run run, int from, int to) {
        paths.computeIfAbsent(run.color, _ -> new StringBuilder()).append('M').append(run.from).append(' ').append(from)
                .append('h').append(run.count).append('v').append(to - from).append("h-").append(run.count).append('z');
    }
}
