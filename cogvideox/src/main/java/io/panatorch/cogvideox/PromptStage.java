package io.panatorch.cogvideox;

import io.panatorch.cache.Branch;
import io.panatorch.tensor.Tensor;
import io.panatorch.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** From prompts to embeddings. */
final class PromptStage {

    private static final System.Logger LOGGER = System.getLogger(CogVideoXPipeline.class.getName());
    private static final int SHOWN_WORDS = 5;

    /** The text encoder has a number for each pair of tokens, and so many fit into an array. */
    private static final int MAX_TOKENS = 46340;

    private final ModelParts parts;

    PromptStage(ModelParts parts) {
        this.parts = parts;
    }

    /**
     * Encodes a generation's prompts, or takes the given embeddings.
     *
     * @param given copies of the embeddings of the prompts and of the negative prompts, each null where there are none
     * @return {@code [videos, text tokens, textEmbedDim]} in the transformer's dtype, of the half of the guidance that this process has;
     *     where it has both, twice as many, those of the negative prompts first
     */
    Tensor run(GenerationPlan plan, Tensor given, Tensor givenNegative) {
        VideoRequest request = plan.request();
        try (TensorScope scope = TensorScope.open(); var _ = parts.textEncoder.hold()) {
            int times = request.values.videosPerPrompt;
            int[][] ids = given != null ? null : ids(request.values.prompts, plan.textTokens());
            int[][] negativeIds = givenNegative != null || !plan.guidance().isOn() ? null
                    : ids(request.values.negativePrompts, plan.textTokens()); // warns of both, whichever half this process has
            List<Tensor> embeds = new ArrayList<>();
            if (plan.guidance().has(Branch.UNCONDITIONAL)) {
                embeds.add(repeated(givenNegative != null ? givenNegative : embed(negativeIds), times));
            }
            if (plan.guidance().has(Branch.CONDITIONAL)) {
                embeds.add(repeated(given != null ? given : embed(ids), times));
            }
            return scope.promote(embeds.size() == 1 ? embeds.getFirst().alias() : Tensor.cat(embeds, 0));
        }
    }

    /**
     * {@return T5 embeddings, {@code [texts, tokens, textEmbedDim]}, in the transformer's dtype}
     *
     * <p>Padding takes part: CogVideoX gives T5 no attention mask.
     */
    Tensor encode(List<String> texts, int tokens) {
        return embed(ids(texts, tokens));
    }

    private int[][] ids(List<String> texts, int tokens) {
        int[][] ids = new int[texts.size()][];
        for (int i = 0; i < ids.length; i++) {
            warnOfUnknownWords(texts.get(i));
            int[] all = parts.tokenizer.encode(texts.get(i));
            if (all.length > tokens) {
                LOGGER.log(System.Logger.Level.WARNING, "prompt of {0} tokens: the model reads {1}, the rest is ignored",
                        all.length, tokens);
            }
            ids[i] = parts.tokenizer.fit(all, tokens);
        }
        return ids;
    }

    private Tensor embed(int[][] ids) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(parts.textEncoder.forward(ids).to(parts.dtype(ModelComponent.TRANSFORMER)));
        }
    }

    /** @throws IllegalArgumentException for a number of tokens that no text can be cut or padded to */
    static void requireTokens(int tokens) {
        if (tokens < 1 || tokens > MAX_TOKENS) {
            throw new IllegalArgumentException("max sequence length: expected 1 to " + MAX_TOKENS + ", found " + tokens);
        }
    }

    /** Each prompt's several times in a row. */
    private static Tensor repeated(Tensor embeds, int times) {
        if (times == 1) {
            return embeds;
        }
        List<Tensor> rows = new ArrayList<>();
        for (long i = 0; i < embeds.size(0) * times; i++) {
            rows.add(embeds.narrow(0, i / times, 1));
        }
        return Tensor.cat(0, rows.toArray(Tensor[]::new));
    }

    private void warnOfUnknownWords(String text) {
        List<String> words = parts.tokenizer.unknownWords(text);
        if (!words.isEmpty()) {
            String shown = words.stream().limit(SHOWN_WORDS).map(word -> word.replaceAll("\\p{Cntrl}", "?"))
                    .collect(Collectors.joining(", "));
            LOGGER.log(System.Logger.Level.WARNING, "prompt with words that the model cannot spell, and reads as unknown: {0}{1}",
                    shown, words.size() > SHOWN_WORDS ? ", ..." : "");
        }
    }
}
