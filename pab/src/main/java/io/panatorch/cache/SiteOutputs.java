package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * What a site's computation is known to give.
 *
 * @param count how many tensors; 0 where nothing has been computed that would tell
 * @param inputs shape, dtype and device of what it was last computed with; empty where it was not, or not with the model's inputs
 * @param outputs shape, dtype and device of what it gave
 */
record SiteOutputs(int count, List<String> inputs, List<String> outputs) {

    static final SiteOutputs UNKNOWN = of(0);

    /** Nothing but a number. */
    static SiteOutputs of(int count) {
        return new SiteOutputs(count, List.of(), List.of());
    }

    static SiteOutputs of(List<String> inputs, List<Tensor> outputs) {
        return new SiteOutputs(outputs.size(), inputs, describe(outputs));
    }

    static List<String> describe(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::describe).toList();
    }

    /** What is wrong with outputs for these inputs; they are compared only with those that inputs of the same shapes gave. */
    Optional<String> mismatch(List<Tensor> givenInputs, List<Tensor> given) {
        if (count != 0 && given.size() != count) {
            return Optional.of(given.size() + " output(s), the computation gives " + count);
        }
        if (outputs.isEmpty() || !inputs.equals(describe(givenInputs))) {
            return Optional.empty();
        }
        for (int i = 0; i < count; i++) {
            String found = given.get(i).describe();
            if (!found.equals(outputs.get(i))) {
                return Optional.of(found + ", number " + (i + 1) + " of " + count + ", the computation gives " + outputs.get(i));
            }
        }
        return Optional.empty();
    }
}
