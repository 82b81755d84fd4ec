package io.panatorch.nn;

import io.panatorch.nn.LayerGroup.Residence;
import io.panatorch.nn.WeightSizes.Size;
import io.panatorch.safetensors.Safetensors;
import io.panatorch.tensor.CudaStream;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.TorchException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which groups of layers of one file are on the device. Guards all that changes in them.
 *
 * <p>On a GPU the next block is copied on a stream of its own while the present one computes. No events are needed for that: a thread
 * that begins with a block waits until the one before is computed, which is when its weights may go, and its copy has come. In
 * between it has asked for a block's work and for the next copy, so that the GPU has both to do while the thread reads the file.
 */
final class Residency {

    private static final System.Logger LOGGER = System.getLogger(Residency.class.getName());

    private final Safetensors file;
    private final Offload offload;
    private final Device device;
    private final List<LayerGroup<?>> groups = new ArrayList<>();
    /** In the order of execution. */
    private final List<LayerGroup<?>> blocks = new ArrayList<>();
    private final List<Left> leaving = new ArrayList<>();
    /** Null where nothing is copied ahead. */
    private CudaStream copies;
    /** Blocks that are copied ahead, or were and have not been used. */
    private final List<LayerGroup<?>> ahead = new ArrayList<>();
    private int holds;

    /** A block that a thread has asked for its work, which the device may still be doing on that thread's stream. */
    private record Left(LayerGroup<?> block, Thread by) {}

    Residency(Safetensors file, Placement placement) {
        this.file = file;
        this.offload = placement.offload();
        this.device = placement.device();
    }

    boolean offloads() {
        return offload.unit() != Offload.Unit.NOTHING;
    }

    void add(LayerGroup<?> group) {
        groups.add(group);
        if (group.residence() == Residence.BLOCK) {
            blocks.add(group);
        }
    }

    WeightSizes sizes() {
        return new WeightSizes(sum(Residence.PART), blocks.stream().map(LayerGroup::size).toList(), sum(Residence.ON_DEMAND));
    }

    private Size sum(Residence residence) {
        return groups.stream().filter(group -> group.residence() == residence).<Size>map(LayerGroup::size).reduce(Size.NONE, Size::plus);
    }

    synchronized void hold() {
        holds++;
    }

    synchronized void letGo() {
        holds--;
        settle(null);
        if (holds == 0 && offloads()) {
            device.synchronize();
            groups.stream().filter(group -> !group.isUsed()).forEach(this::unload);
        }
    }

    synchronized void close() {
        groups.forEach(LayerGroup::unload);
    }

    /**
     * Unloads the blocks that this thread has left, and waits for what was copied ahead.
     *
     * @param needed one that stays, since it is to be used, or null
     */
    void settle(LayerGroup<?> needed) {
        List<LayerGroup<?>> left = leaving.stream().filter(each -> each.by == Thread.currentThread()).<LayerGroup<?>>map(Left::block)
                .toList();
        if (!left.isEmpty()) {
            device.synchronize();
            leaving.removeIf(each -> each.by == Thread.currentThread());
            left.stream().filter(block -> block != needed && !block.isUsed() && leaving.stream().noneMatch(each -> each.block == block))
                    .forEach(this::unload);
        }
        if (!ahead.isEmpty()) {
            copies.synchronize();
        }
        if (blocks.contains(needed)) { // in place of the others, if it is not one of them: a cache leaves blocks out
            ahead.stream().filter(block -> block != needed && !block.isUsed() && blocks.indexOf(block) >= offload.resident())
                    .forEach(this::unload);
            ahead.clear();
        }
    }

    /** @param isDone whether others will follow */
    void afterUse(LayerGroup<?> group, boolean isDone) {
        int index = blocks.indexOf(group);
        if (offload.unit() != Offload.Unit.BLOCKS || index < 0) {
            return;
        }
        if (index >= offload.resident()) {
            leaving.add(new Left(group, Thread.currentThread()));
        }
        if (device.kind() == Device.Kind.CPU) { // which has done its work when it returns
            settle(null);
        }
        if (isDone) {
            prefetch(blocks.get((index + 1) % blocks.size()));
        }
    }

    private void prefetch(LayerGroup<?> next) {
        if (next.isLoaded()) {
            return;
        }
        if (device.kind() != Device.Kind.CUDA || Thread.currentThread().isVirtual()) { // which has no streams
            next.keys().forEach(file::prefetch);
            return;
        }
        if (copies == null) {
            copies = CudaStream.of(device);
        }
        try (var _ = copies.use()) {
            ahead.add(next);
            next.load(true);
        } catch (TorchException e) { // such as for want of memory, of which there will be more when the present block is gone
            LOGGER.log(System.Logger.Level.DEBUG, "the next block is not copied ahead: {0}", e.getMessage());
        }
    }

    private void unload(LayerGroup<?> group) {
        group.unload();
        group.keys().forEach(file::unload);
    }
}
