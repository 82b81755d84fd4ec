package io.panatorch.cogvideox.vae;

import io.panatorch.tensor.DType;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.function.BiConsumer;

/**
 * Divides frames into overlapping tiles and blends what becomes of them, as diffusers' {@code tiled_encode} and
 * {@code tiled_decode} do.
 *
 * <p>A tile is blended with the tile above it and then with the one to its left, both blended already, so that of a tile no
 * more is kept than the edges that its neighbours will blend with.
 *
 * @param rows the tiles from above to below
 * @param columns the tiles from left to right
 */
record TileGrid(Side rows, Side columns) {

    private static final int HEIGHT = 3;
    private static final int WIDTH = 4;

    /**
     * Tiles in one direction.
     *
     * @param tile size of a tile before it is run
     * @param step from one tile to the next
     * @param outStep the same in the result
     * @param outOverlap what two tiles share in the result
     */
    record Side(long tile, long step, long outStep, long outOverlap) {

        private static Side ofLatents(Tiling.Axis axis, int scale) {
            return new Side(axis.tile(), axis.step(), (long) axis.step() * scale, (long) axis.overlap() * scale);
        }

        private static Side ofFrames(Tiling.Axis axis, int scale) {
            return new Side((long) axis.tile() * scale, (long) axis.step() * scale, axis.step(), axis.overlap());
        }

        private int count(long size) {
            return Math.toIntExact((size + step - 1) / step);
        }
    }

    /** {@return tiles of latents that are decoded} */
    static TileGrid ofLatents(Tiling tiling, int scale) {
        return new TileGrid(Side.ofLatents(tiling.rows(scale), scale), Side.ofLatents(tiling.columns(scale), scale));
    }

    /** {@return tiles of frames that are encoded} */
    static TileGrid ofFrames(Tiling tiling, int scale) {
        return new TileGrid(Side.ofFrames(tiling.rows(scale), scale), Side.ofFrames(tiling.columns(scale), scale));
    }

    /** {@return whether frames are larger than a tile} */
    boolean divides(Tensor in) {
        return in.size(HEIGHT) > rows.tile || in.size(WIDTH) > columns.tile;
    }

    /**
     * Runs over tiles.
     *
     * @param in borrowed, {@code [batch, in, frames, h, w]}
     * @param out overwritten, {@code [batch, out, frames', h', w']}
     * @param whole runs over one tile as if it were all: the tile, and where its result belongs
     */
    void run(Tensor in, Tensor out, BiConsumer<Tensor, Tensor> whole) {
        try (var _ = TensorScope.open()) {
            Tensor[] above = new Tensor[columns.count(in.size(WIDTH))];
            for (int i = 0; i < rows.count(in.size(HEIGHT)); i++) {
                Tensor left = null;
                for (int j = 0; j < above.length; j++) {
                    Edges edges = tile(in, out, i, j, new Edges(above[j], left), whole);
                    above[j] = replaced(above[j], edges.bottom);
                    left = replaced(left, edges.right);
                }
                replaced(left, null);
            }
        }
    }

    private static Tensor replaced(Tensor old, Tensor edge) {
        if (old != null) {
            old.close();
        }
        return edge;
    }

    /** The last rows and the last columns of tiles: of this one, or of its neighbours, which are null where there are none. */
    private record Edges(Tensor bottom, Tensor right) {}

    private Edges tile(Tensor in, Tensor out, int i, int j, Edges neighbours, BiConsumer<Tensor, Tensor> whole) {
        try (var scope = TensorScope.open()) {
            Tensor part = part(part(in, HEIGHT, i * rows.step, rows.tile), WIDTH, j * columns.step, columns.tile);
            Tensor tile = Tensor.empty(tileShape(out, i, j), out.dtype(), out.device());
            whole.accept(part, tile);
            blend(HEIGHT, neighbours.bottom, tile);
            blend(WIDTH, neighbours.right, tile);
            Tensor place = part(part(out, HEIGHT, i * rows.outStep, rows.outStep), WIDTH, j * columns.outStep, columns.outStep);
            place.copy_(tile.narrow(HEIGHT, 0, place.size(HEIGHT)).narrow(WIDTH, 0, place.size(WIDTH)));
            return new Edges(scope.promote(edge(tile, HEIGHT, rows)), scope.promote(edge(tile, WIDTH, columns)));
        }
    }

    private Shape tileShape(Tensor out, int i, int j) {
        return Shape.of(out.size(0), out.size(1), out.size(2),
                Math.min(rows.outStep + rows.outOverlap, out.size(HEIGHT) - i * rows.outStep),
                Math.min(columns.outStep + columns.outOverlap, out.size(WIDTH) - j * columns.outStep));
    }

    /** A view from a place on, no longer than there is. */
    private static Tensor part(Tensor x, int dimension, long start, long length) {
        return x.narrow(dimension, start, Math.min(length, x.size(dimension) - start));
    }

    private static Tensor edge(Tensor tile, int dimension, Side side) {
        long length = Math.min(side.outOverlap, tile.size(dimension));
        return tile.narrow(dimension, tile.size(dimension) - length, length).copy();
    }

    /** Fades the edge before a tile into the tile's beginning, from all edge to almost all tile. */
    private static void blend(int dimension, Tensor edge, Tensor tile) {
        if (edge == null) {
            return;
        }
        try (var _ = TensorScope.open()) {
            long length = Math.min(edge.size(dimension), tile.size(dimension));
            if (length == 0) {
                return;
            }
            Tensor before = edge.narrow(dimension, edge.size(dimension) - length, length);
            Tensor after = tile.narrow(dimension, 0, length);
            // Half types are blended in float32; copying to the tile rounds once.
            after.copy_(before.mul(ramp(dimension, length, tile, true)).add(after.mul(ramp(dimension, length, tile, false))));
        }
    }

    private static Tensor ramp(int dimension, long length, Tensor tile, boolean falling) {
        double[] weights = new double[(int) length];
        for (int i = 0; i < length; i++) {
            double share = (double) i / length;
            weights[i] = falling ? 1 - share : share;
        }
        long[] shape = {1, 1, 1, 1, 1};
        shape[dimension] = length;
        DType dtype = tile.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
        return Tensor.of(weights, shape).to(dtype, tile.device());
    }
}
