package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * What a model computes with at a site, by its role.
 *
 * @param tokens what is transformed: for each of them there is an output of a block or of the denoiser; one or more, borrowed
 * @param conditions what only says how, such as the text for a denoiser, the timestep's embedding, rotary tables; borrowed
 * @param values what a method may ask for by name because the model knows it, or can make it, inside the site: a supplier gives a tensor
 *     of the scope that is open, or null where there is none yet, such as before the computation has run
 */
public record SiteInputs(List<Tensor> tokens, List<Tensor> conditions, Map<String, Supplier<Tensor>> values) {

    /**
     * The name of what the first norm of a block makes of its tokens with the timestep's embedding. TeaCache decides by its change for
     * most models.
     */
    public static final String MODULATED = "modulated";

    /** Checks that all is there. */
    public SiteInputs {
        Objects.requireNonNull(tokens, "tokens");
        Objects.requireNonNull(conditions, "conditions");
        values = Map.copyOf(values);
    }

    /** {@return inputs that are all transformed} */
    public static SiteInputs of(Tensor... tokens) {
        return of(List.of(tokens));
    }

    /** {@return inputs that are all transformed} */
    public static SiteInputs of(List<Tensor> tokens) {
        return new SiteInputs(tokens, List.of(), Map.of());
    }

    /** {@return the same with these conditions} */
    public SiteInputs conditionedBy(Tensor... others) {
        return new SiteInputs(tokens, List.of(others), values);
    }

    /** {@return the same with one more value that a method may ask for} */
    public SiteInputs offering(String name, Supplier<Tensor> value) {
        Map<String, Supplier<Tensor>> more = new HashMap<>(values);
        more.put(name, value);
        return new SiteInputs(tokens, conditions, more);
    }

    /** {@return tokens, then conditions: what the computation is given} */
    public List<Tensor> all() {
        if (conditions.isEmpty()) {
            return tokens;
        }
        List<Tensor> all = new ArrayList<>(tokens);
        all.addAll(conditions);
        return all;
    }
}
