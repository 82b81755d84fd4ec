package io.panatorch.nn;

import io.panatorch.nn.WeightSizes.Size;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.function.Function;

/**
 * Layers of a model whose weights come to the device together, and leave it together where that is wanted ({@link Offload}).
 *
 * <p>That all of them are in the file, and fit, is known when the group is made. Several threads may compute with a group at once.
 *
 * @param <L> the layers
 */
public final class LayerGroup<L> {

    /** When the weights of a group are on the device. */
    public enum Residence {
        /** From the beginning, or, where a model's parts are offloaded, as long as the part is {@linkplain Weights#hold held}. */
        PART,
        /** The same, or, where blocks are offloaded, while it is computed with. */
        BLOCK,
        /** From when they are needed for the first time: for layers that many uses of a model do without. */
        ON_DEMAND
    }

    /**
     * Makes layers of weights.
     *
     * @param <L> the layers
     */
    @FunctionalInterface
    public interface Maker<L> {

        /**
         * {@return the layers; called whenever the weights come, with ones that live until they leave}
         *
         * @throws IOException where the weights do not fit
         */
        L of(Weights weights) throws IOException;
    }

    private final Weights place;
    private final Residency residency;
    private final Residence residence;
    private final Maker<L> maker;
    private final Set<String> keys;
    private final Size size;
    /** Whether the weights are there as long as the model, among those that are in no group. */
    private final boolean stays;
    /** Null while the weights are away; as all that changes here it is guarded by {@link #residency}. */
    private L layers;
    /** Where the weights are that come and go. */
    private Shelf shelf;
    private int users;

    LayerGroup(Weights place, Residency residency, Residence residence, Maker<L> maker) throws IOException {
        this.place = place;
        this.residency = residency;
        this.residence = residence;
        this.maker = maker;
        Shelf checking = Shelf.checking();
        maker.of(place.on(checking));
        this.keys = checking.names();
        this.size = checking.size();
        this.stays = residence != Residence.ON_DEMAND && !residency.offloads();
        if (stays) {
            this.layers = maker.of(place);
        }
    }

    /**
     * Computes with the layers.
     *
     * @param computation is given them; their weights are there until it returns
     * @return what the computation returns
     * @throws UncheckedIOException where a file has been changed since it was opened
     */
    public <R> R with(Function<? super L, R> computation) {
        L present = begin();
        boolean isDone = false;
        try {
            R result = computation.apply(present);
            isDone = true;
            return result;
        } finally {
            end(isDone);
        }
    }

    private L begin() {
        synchronized (residency) {
            residency.settle(this);
            load(false);
            users++;
            return layers;
        }
    }

    private void end(boolean isDone) {
        synchronized (residency) {
            users--;
            residency.afterUse(this, isDone);
        }
    }

    /**
     * Has the weights come, if they are away.
     *
     * @param ahead whether they may still be on their way when this returns
     */
    void load(boolean ahead) {
        if (layers != null) {
            return;
        }
        shelf = Shelf.empty(ahead);
        try {
            layers = maker.of(place.on(shelf));
        } catch (IOException e) { // all of it was checked
            throw new UncheckedIOException(e);
        } finally {
            if (layers == null) {
                shelf.close();
            }
        }
    }

    /** Lets the weights go, if they do at all. Nobody may compute with them, the device neither. */
    void unload() {
        if (!stays && layers != null) {
            layers = null;
            shelf.close();
        }
    }

    boolean isLoaded() {
        return layers != null;
    }

    boolean isUsed() {
        return users > 0;
    }

    Residence residence() {
        return residence;
    }

    Size size() {
        return size;
    }

    /** {@return the tensors of the file that these layers take} */
    Set<String> keys() {
        return keys;
    }
}
