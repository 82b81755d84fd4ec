package io.panatorch.cogvideox;

import io.panatorch.cache.Step;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Device;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.function.Supplier;

/**
 * Looks for NaN and infinity on the way from the noise to the frames, and says where they begin. The first ones end the generation,
 * or where the request allows them are a warning.
 *
 * <p>A check is one product and one mean over the tensor, and one number that is read back. On an accelerator reading waits for
 * the step, which a step event, "done", and a cancellation need in any case: a queue that runs ahead makes both meaningless.
 */
final class FiniteCheck {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());

    private final VideoRequest request;
    private final DType dtype;
    private boolean found;

    FiniteCheck(VideoRequest request, DType dtype) {
        this.request = request;
        this.dtype = dtype;
    }

    /** To follow each step. */
    void requireLatents(Tensor latents, Step step) {
        require(latents, () -> "latents are not finite from step " + (step.index() + 1) + " of " + step.count() + " on (timestep "
                + step.timestep() + "): " + remedy() + ", or look for NaN in the transformer's weights");
    }

    /** @throws NonFiniteException for NaN or infinity, where the request does not allow them */
    void require(Tensor tensor, Supplier<String> problem) {
        if (found || tensor.device().equals(Device.META) || isFinite(tensor)) { // there are no numbers on META
            return;
        }
        if (!request.values.allowsNonFinite) {
            throw new NonFiniteException(problem.get());
        }
        found = true;
        LOGGER.log(System.Logger.Level.WARNING, problem);
    }

    /** What to try, after the guidance. */
    String remedy() {
        return remedyOr("try a lower guidance scale than " + request.values.guidanceScale);
    }

    /** What to try: another dtype where this one may be to blame. */
    String remedyOr(String otherwise) {
        return dtype == DType.FLOAT16 ? "try float32 or bfloat16, which do not overflow where float16 does" : otherwise;
    }

    /** Zero times what is finite is zero, else NaN, and so is the mean: no number is too large for it. */
    private static boolean isFinite(Tensor tensor) {
        try (TensorScope _ = TensorScope.open()) {
            return Double.isFinite(tensor.mul(0).mean().item());
        }
    }
}
