package io.panatorch.cache;

import io.panatorch.tensor.Tensor;
import java.util.List;

/**
 * The decisions of one method during one generation. This is what the author of a method implements; what it must and may do is
 * in the {@linkplain io.panatorch.cache contract} of the package.
 */
@FunctionalInterface
public interface CachePolicy {

    /**
     * Produces the outputs of a site.
     *
     * @param call the site, the step, its inputs, its computation, and what is held for it
     * @return as many tensors as the computation gives, of the same shapes
     */
    List<Tensor> apply(SiteCall call);
}
