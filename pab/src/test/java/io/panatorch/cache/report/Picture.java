package io.panatorch.cache.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A heat map as it is drawn, read back from its SVG. */
final class Picture {

    private static final Pattern RECTANGLE = Pattern.compile("M(\\d+) (\\d+)h(\\d+)v(\\d+)h-(\\d+)z");

    private final Element root;

    Picture(String svg) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        root = factory.newDocumentBuilder().parse(new InputSource(new StringReader(svg))).getDocumentElement();
    }

    double width() {
        return Double.parseDouble(root.getAttribute("width"));
    }

    double height() {
        return Double.parseDouble(root.getAttribute("height"));
    }

    String attribute(String name) {
        return root.getAttribute(name);
    }

    List<Element> elements(String name) {
        NodeList nodes = root.getElementsByTagNameNS("http://www.w3.org/2000/svg", name);
        return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
    }

    List<String> texts() {
        return elements("text").stream().map(Element::getTextContent).toList();
    }

    /** The colours of a group's cells, in rows. */
    List<List<String>> cells(int group) {
        NodeList paths = elements("g").get(group).getElementsByTagName("path");
        String[][] cells = {};
        for (int i = 0; i < paths.getLength(); i++) {
            Element path = (Element) paths.item(i);
            for (MatchResult found : RECTANGLE.matcher(path.getAttribute("d")).results().toList()) {
                int[] numbers = IntStream.rangeClosed(1, 5).map(n -> Integer.parseInt(found.group(n))).toArray();
                if (numbers[2] != numbers[4]) {
                    throw new AssertionError("not a rectangle: " + found.group());
                }
                if (cells.length == 0) {
                    cells = new String[numbers[3]][numbers[2]]; // the ground below all others
                }
                for (int row = numbers[1]; row < numbers[1] + numbers[3]; row++) {
                    Arrays.fill(cells[row], numbers[0], numbers[0] + numbers[2], path.getAttribute("fill"));
                }
            }
        }
        List<List<String>> rows = new ArrayList<>();
        for (String[] row : cells) {
            rows.add(List.of(row));
        }
        return rows;
    }
}
