package io.panatorch.cache;

import io.panatorch.tensor.Storage;
import java.util.HashMap;
import java.util.Map;

/** The memory that some tensors take together, on the device and offloaded: each storage once, however many lie in it. */
final class Ledger {

    private final Count device = new Count();
    private final Count host = new Count();

    private static final class Count {

        private final Map<Storage, Integer> tensors = new HashMap<>();
        private long bytes;
        private long peak;

        void change(Storage storage, int by) {
            int before = tensors.getOrDefault(storage, 0);
            if (before == 0) {
                bytes += storage.byteSize();
            }
            if (before + by == 0) {
                bytes -= storage.byteSize();
                tensors.remove(storage);
            } else {
                tensors.put(storage, before + by);
            }
        }
    }

    void add(Storage storage, boolean offloaded) {
        (offloaded ? host : device).change(storage, 1);
    }

    void remove(Storage storage, boolean offloaded) {
        (offloaded ? host : device).change(storage, -1);
    }

    /** Takes what there is now into the peaks. */
    void settle() {
        device.peak = Math.max(device.peak, device.bytes);
        host.peak = Math.max(host.peak, host.bytes);
    }

    HeldBytes bytes() {
        return new HeldBytes(device.bytes, device.peak, host.bytes, host.peak);
    }
}
