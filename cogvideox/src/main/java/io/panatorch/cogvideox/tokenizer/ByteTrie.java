package io.panatorch.cogvideox.tokenizer;

import java.util.Arrays;

/**
 * Byte strings with a number each, for finding those that begin at a position of a text.
 *
 * <p>Nodes are rows of parallel arrays; the children of a node are a linked list, at most 256 long, and shortest where
 * most nodes are. Filled by one thread, then only read.
 */
final class ByteTrie {

    static final int ROOT = 0;

    /** What {@link #child} gives where there is none: the root is nobody's child. */
    static final int NO_NODE = 0;

    static final int NO_VALUE = -1;

    private byte[] labels = new byte[1024];
    private int[] firstChildren = new int[1024];
    private int[] nextSiblings = new int[1024];
    private int[] values = new int[1024];
    private int nodes = 1;

    ByteTrie() {
        values[ROOT] = NO_VALUE;
    }

    /**
     * Adds a key, or gives it another value.
     *
     * @param value zero or more
     */
    void put(byte[] key, int value) {
        int node = ROOT;
        for (byte label : key) {
            int child = child(node, label);
            node = child == NO_NODE ? addChild(node, label) : child;
        }
        values[node] = value;
    }

    int child(int node, byte label) {
        int child = firstChildren[node];
        while (child != NO_NODE && labels[child] != label) {
            child = nextSiblings[child];
        }
        return child;
    }

    /** The number of the key that ends at this node, or {@link #NO_VALUE}. */
    int value(int node) {
        return values[node];
    }

    /** The number of exactly this key, or {@link #NO_VALUE}. */
    int get(byte[] text, int from, int to) {
        int node = ROOT;
        for (int i = from; i < to; i++) {
            node = child(node, text[i]);
            if (node == NO_NODE) {
                return NO_VALUE;
            }
        }
        return values[node];
    }

    /** The length in bytes of the longest key that begins at {@code from} and ends at {@code to} or before, or 0. */
    int longestMatch(byte[] text, int from, int to) {
        int longest = 0;
        int node = ROOT;
        for (int i = from; i < to; i++) {
            node = child(node, text[i]);
            if (node == NO_NODE) {
                break;
            }
            if (values[node] != NO_VALUE) {
                longest = i + 1 - from;
            }
        }
        return longest;
    }

    private int addChild(int parent, byte label) {
        if (nodes == labels.length) {
            int capacity = 2 * nodes;
            labels = Arrays.copyOf(labels, capacity);
            firstChildren = Arrays.copyOf(firstChildren, capacity);
            nextSiblings = Arrays.copyOf(nextSiblings, capacity);
            values = Arrays.copyOf(values, capacity);
        }
        int child = nodes++;
        labels[child] = label;
        values[child] = NO_VALUE;
        nextSiblings[child] = firstChildren[parent];
        firstChildren[parent] = child;
        return child;
    }
}
