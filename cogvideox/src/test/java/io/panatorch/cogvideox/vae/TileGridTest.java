package io.panatorch.cogvideox.vae;

import static io.panatorch.cogvideox.vae.VaeFixtures.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Generator;
import io.panatorch.tensor.LiveTensors;
import io.panatorch.tensor.Shape;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Videos in tiles and one by one. The model's default is tiles of 24 × 20 pixels. */
@Tag("cpu")
class TileGridTest {

    private static final VaeMemory OTHER_TILES = VaeMemory.WHOLE.withTiling(new Tiling(16, 20, 0.25, 0.4));

    private CogVideoXVae vae;
    private Safetensors tensors;
    private TensorScope scope;

    @BeforeEach
    void open() throws IOException {
        vae = VaeFixtures.load("vae3");
        tensors = Safetensors.open(VaeFixtures.folder("vae3"), "tiles");
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
        tensors.close();
        vae.close();
    }

    private VaeMemory tiles() {
        return VaeMemory.WHOLE.withTiling(Tiling.of(vae.config()));
    }

    /** Not larger than a tile, larger in both directions, larger in one. */
    @ParameterizedTest
    @ValueSource(strings = {"f1_6x5", "f1_8x7", "f2_6x9", "f3_8x7"})
    void decodesAsDiffusers(String input) throws IOException {
        assertClose(vae.decode(load("tiled_decode_in_" + input), tiles()), load("tiled_decode_out_" + input));
    }

    @Test
    void encodesAsDiffusers() throws IOException {
        assertClose(moments(vae.encode(load("tiled_encode_in"), tiles())), load("tiled_encode_moments"));
    }

    /** Overlaps of more than a latent, and last tiles that are smaller than an overlap; two videos at once and one by one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void otherTilesToo(boolean slicing) throws IOException {
        VaeMemory memory = slicing ? OTHER_TILES.withSlicing() : OTHER_TILES;
        assertClose(vae.decode(load("other_tiles_decode_in"), memory), load("other_tiles_decode_out"));
        assertClose(moments(vae.encode(load("other_tiles_encode_in"), memory)), load("other_tiles_encode_moments"));
    }

    @Test
    void slicingChangesNothing() throws IOException {
        try (var io = VaeFixtures.tensors("vae3")) {
            VaeMemory slicing = VaeMemory.WHOLE.withSlicing();
            assertClose(vae.decode(io.load("decode_in_batch2"), slicing), io.load("decode_out_batch2"));
            assertClose(moments(vae.encode(io.load("encode_in_batch2"), slicing)), io.load("encode_moments_batch2"));
        }
    }

    /** Several batches of frames in each tile: put together by hand from tiles that are decoded as videos of their own. */
    @ParameterizedTest
    @CsvSource({"7, 9, 5, 2", "9, 4, 4, 1", "4, 11, 6, 1"})
    void tilesAreVideosThatAreBlended(int height, int width, int frames, int batch) {
        Tensor latents = Generator.seeded(frames).randn(Shape.of(batch, 3, frames, height, width), DType.FLOAT32);
        Tensor found = vae.decode(latents, OTHER_TILES);
        Tensor expected = new ByHand(vae, 4, 1, 5, 2, 4).decode(latents);
        assertClose(found, expected);
    }

    /** The formula of {@code blend_v} and {@code blend_h}, element by element, on whole tiles. */
    private record ByHand(CogVideoXVae vae, int tileRows, int sharedRows, int tileColumns, int sharedColumns, int scale) {

        private record Tile(float[] values, int planes, int height, int width) {

            int at(int plane, int y, int x) {
                return (plane * height + y) * width + x;
            }
        }

        Tensor decode(Tensor latents) {
            int height = (int) latents.size(3);
            int width = (int) latents.size(4);
            List<List<Tile>> rows = new ArrayList<>();
            for (int y = 0; y < height; y += tileRows - sharedRows) {
                List<Tile> row = new ArrayList<>();
                for (int x = 0; x < width; x += tileColumns - sharedColumns) {
                    Tensor part = latents.narrow(3, y, Math.min(tileRows, height - y))
                            .narrow(4, x, Math.min(tileColumns, width - x));
                    row.add(tile(vae.decode(part)));
                }
                rows.add(row);
            }
            Shape shape = Shape.of(latents.size(0), 3, vae.config().decodedFrames(latents.size(2)),
                    (long) height * scale, (long) width * scale);
            int planes = (int) (shape.size(0) * shape.size(1) * shape.size(2));
            Tile whole = new Tile(new float[(int) shape.numel()], planes, height * scale, width * scale);
            for (int i = 0; i < rows.size(); i++) {
                for (int j = 0; j < rows.get(i).size(); j++) {
                    Tile tile = rows.get(i).get(j);
                    if (i > 0) {
                        blendRows(rows.get(i - 1).get(j), tile);
                    }
                    if (j > 0) {
                        blendColumns(rows.get(i).get(j - 1), tile);
                    }
                    put(tile, whole, i * (tileRows - sharedRows) * scale, j * (tileColumns - sharedColumns) * scale);
                }
            }
            return Tensor.of(whole.values, shape.sizes());
        }

        private static Tile tile(Tensor video) {
            return new Tile(video.toFloatArray(), (int) (video.size(0) * video.size(1) * video.size(2)),
                    (int) video.size(3), (int) video.size(4));
        }

        private void blendRows(Tile above, Tile tile) {
            int extent = Math.min(Math.min(above.height, tile.height), sharedRows * scale);
            for (int plane = 0; plane < tile.planes; plane++) {
                for (int y = 0; y < extent; y++) {
                    for (int x = 0; x < tile.width; x++) {
                        double old = above.values[above.at(plane, above.height - extent + y, x)];
                        mix(tile, tile.at(plane, y, x), old, (double) y / extent);
                    }
                }
            }
        }

        private void blendColumns(Tile left, Tile tile) {
            int extent = Math.min(Math.min(left.width, tile.width), sharedColumns * scale);
            for (int plane = 0; plane < tile.planes; plane++) {
                for (int y = 0; y < tile.height; y++) {
                    for (int x = 0; x < extent; x++) {
                        double old = left.values[left.at(plane, y, left.width - extent + x)];
                        mix(tile, tile.at(plane, y, x), old, (double) x / extent);
                    }
                }
            }
        }

        private static void mix(Tile tile, int at, double old, double share) {
            tile.values[at] = (float) (old * (1 - share) + tile.values[at] * share);
        }

        private void put(Tile tile, Tile whole, int top, int left) {
            int height = Math.min(tile.height, (tileRows - sharedRows) * scale);
            int width = Math.min(tile.width, (tileColumns - sharedColumns) * scale);
            for (int plane = 0; plane < tile.planes; plane++) {
                for (int y = 0; y < height; y++) {
                    System.arraycopy(tile.values, tile.at(plane, y, 0), whole.values, whole.at(plane, top + y, left), width);
                }
            }
        }
    }

    /** Tiles that share nothing are put side by side. */
    @Test
    void tilesNeedNotOverlap() {
        Tensor latents = Generator.seeded(3).randn(Shape.of(1, 3, 1, 4, 4), DType.FLOAT32);
        Tensor found = vae.decode(latents, VaeMemory.WHOLE.withTiling(new Tiling(8, 16, 0, 0)));
        Tensor expected = Tensor.cat(3, vae.decode(latents.narrow(3, 0, 2)), vae.decode(latents.narrow(3, 2, 2)));
        assertThat(found.toFloatArray()).isEqualTo(expected.toFloatArray());
    }

    /** However large the video is, a coder sees no more than a tile of one of its videos, and no more tensors are kept. */
    @Test
    void memoryFollowsTheTile() {
        TileGrid grid = TileGrid.ofFrames(new Tiling(8, 8, 0.5, 0.5), 4);
        long before = LiveTensors.count();
        List<Long> sizes = new ArrayList<>();
        var pass = new FramePass(8, (frames, _) -> {
            sizes.add(frames.shape().numel());
            // The input, the result, their parts, edges of one row of tiles: not what the tiles before them took.
            assertThat(LiveTensors.count() - before).isLessThan(30);
            return Tensor.zeros(Shape.of(1, 2, 1, frames.size(3) / 4, frames.size(4) / 4), DType.FLOAT32, frames.device());
        });
        Tensor video = Tensor.zeros(Shape.of(3, 1, 1, 48, 32), DType.FLOAT32, Device.CPU);
        Tensor result = Tensor.empty(Shape.of(3, 2, 1, 12, 8), DType.FLOAT32, Device.CPU);
        pass.run(video, result, true, grid);
        assertThat(sizes).hasSize(3 * 12 * 8).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(64));
        assertThat(result.toFloatArray()).containsOnly(0);
    }

    @Test
    void onlyTheResultIsLeft() throws IOException {
        Tensor latents = load("tiled_decode_in_f1_8x7");
        long before = LiveTensors.count();
        vae.decode(latents, tiles().withSlicing());
        assertThat(LiveTensors.count()).isEqualTo(before + 1);
        assertThat(scope.size()).isEqualTo(2);
    }

    @Test
    void anInterruptLeavesNothing() throws IOException {
        Tensor latents = load("tiled_decode_in_f1_8x7");
        long before = LiveTensors.count();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> vae.decode(latents, tiles())).isInstanceOf(CancellationException.class);
        assertThat(LiveTensors.count()).isEqualTo(before);
    }

    @Test
    void tilesThatDoNotFitAreRefused() throws IOException {
        Tensor latents = load("tiled_decode_in_f1_6x5");
        VaeMemory memory = VaeMemory.WHOLE.withTiling(new Tiling(24, 18, 0.25, 0.2));
        assertThatThrownBy(() -> vae.decode(latents, memory))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiling: overlapFactorHeight: expected a whole number of the 6 latents of a tile, found 0.25,"
                        + " which are 1.5; 2/6 would do");
        Tensor video = load("tiled_encode_in");
        assertThatThrownBy(() -> vae.encode(video, VaeMemory.WHOLE.withTiling(new Tiling(24, 18, 0, 0.2))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiling: tileSampleMinWidth: expected a multiple of 4, the pixels of a latent, found 18; 20 would do");
    }

    private static Tensor moments(Posterior posterior) {
        return Tensor.cat(1, posterior.mean(), posterior.logvar());
    }

    private Tensor load(String name) throws IOException {
        return tensors.load(name);
    }
}
