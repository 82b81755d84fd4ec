package io.panatorch.cogvideox;

import io.panatorch.cogvideox.transformer.CogVideoXTransformer;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The transformer that generations begin with. Another may take its place at any time: each generation keeps the one that it began
 * with, and one that was replaced is closed when the last generation with it has ended.
 */
final class CurrentTransformer {

    private final CogVideoXTransformer base;
    private final Map<CogVideoXTransformer, Integer> users = new IdentityHashMap<>();
    private CogVideoXTransformer current;

    /** @param base what it begins with; closed by who has opened it */
    CurrentTransformer(CogVideoXTransformer base) {
        this.base = base;
        this.current = base;
    }

    /** What one generation computes with, from its begin to its end. */
    final class Use implements AutoCloseable {

        private final CogVideoXTransformer used;

        private Use(CogVideoXTransformer used) {
            this.used = used;
        }

        CogVideoXTransformer transformer() {
            return used;
        }

        @Override
        public void close() {
            end(used);
        }
    }

    synchronized Use begin() {
        users.merge(current, 1, Integer::sum);
        return new Use(current);
    }

    private synchronized void end(CogVideoXTransformer used) {
        users.computeIfPresent(used, (_, count) -> count == 1 ? null : count - 1);
        closeIfUnused(used);
    }

    synchronized void replaceBy(CogVideoXTransformer next) {
        CogVideoXTransformer replaced = current;
        current = next;
        closeIfUnused(replaced);
    }

    private void closeIfUnused(CogVideoXTransformer transformer) {
        if (transformer != current && transformer != base && !users.containsKey(transformer)) {
            transformer.close();
        }
    }
}
