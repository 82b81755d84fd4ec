package io.panatorch.cache.pab;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The state that VideoSys' {@code core/pab_mgr.py} keeps for the MLPs, transcribed: {@code if_skip_mlp},
 * {@code save_skip_output} and {@code get_mlp_output}; what the rule is compared with.
 */
final class VideoSysMlp {

    /** One entry of {@code mlp_spatial_broadcast_config}, whose key is a timestep. */
    private record Entry(List<Integer> block, int skipCount) {}

    private record InSkipConfig(boolean found, List<Integer> skipRange) {}

    private record Key(int timestep, int block) {}

    private final Map<Integer, Entry> config = new LinkedHashMap<>();
    private final List<Integer> allTimesteps;
    private final Map<Key, Object> outputs = new HashMap<>();

    /** The order of {@code timesteps} is that of the entries. */
    VideoSysMlp(List<Integer> blocks, List<Integer> timesteps, int skipCount, List<Integer> allTimesteps) {
        timesteps.forEach(t -> config.put(t, new Entry(blocks, skipCount)));
        this.allTimesteps = allTimesteps;
    }

    private InSkipConfig isInSkipConfig(int timestep) {
        List<Integer> skipRange = null;
        for (int key : config.keySet()) {
            int index = allTimesteps.indexOf(key);
            if (index < 0) {
                continue;
            }
            int count = config.get(key).skipCount;
            skipRange = allTimesteps.subList(index, Math.min(index + 1 + count, allTimesteps.size()));
            if (skipRange.contains(timestep)) {
                return new InSkipConfig(true, List.of(allTimesteps.get(index), allTimesteps.get(index + count)));
            }
        }
        return new InSkipConfig(false, skipRange);
    }

    /** One visit of a block's MLP: what it gives where it is computed, else what was saved. */
    Object visit(int timestep, int block, Object computed) {
        InSkipConfig in = isInSkipConfig(timestep);
        boolean next = false;
        boolean skip = false;
        if (config.containsKey(timestep) && config.get(timestep).block.contains(block)) {
            next = true;
        } else if (in.found && config.get(in.skipRange.getFirst()).block.contains(block)) {
            skip = true;
        }
        if (!skip) {
            if (next) {
                outputs.put(new Key(timestep, block), computed);
            }
            return computed;
        }
        Key start = new Key(in.skipRange.getFirst(), block);
        Object output = outputs.get(start);
        if (output == null) {
            throw new IllegalStateException("No stored MLP output found | t " + timestep + " | " + in.skipRange);
        }
        if (timestep == in.skipRange.getLast()) {
            outputs.remove(start);
        }
        return output;
    }

    /**
     * For each step of a run, the step whose computation made the MLP's output. The run goes on for some steps, because
     * VideoSys fails where the steps after a listed timestep are not all there.
     */
    static List<Integer> sources(MlpBroadcastRule rule, List<Integer> order, int block, int[] timesteps) {
        List<Integer> all = new ArrayList<>();
        for (int timestep : timesteps) {
            all.add(timestep);
        }
        for (int i = 1; i <= rule.skipCount(); i++) {
            all.add(-i);
        }
        VideoSysMlp mlp = new VideoSysMlp(rule.blocks(), order, rule.skipCount(), all);
        List<Integer> sources = new ArrayList<>();
        for (int i = 0; i < timesteps.length; i++) {
            sources.add((Integer) mlp.visit(timesteps[i], block, i));
        }
        return sources;
    }
}
