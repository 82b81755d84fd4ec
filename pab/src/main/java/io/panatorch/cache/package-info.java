/**
 * The seam between a diffusion transformer and a caching method.
 *
 * <h2>For models</h2>
 *
 * <p>A model names the places where work could be skipped, its {@linkplain io.panatorch.cache.Site sites}, and sends the work
 * through a {@link io.panatorch.cache.CacheSession}. That is the only line of a block that knows of caching:
 *
 * <pre>{@code
 * Tensor attended = cache.through(site, hidden, h -> attention.forward(norm.forward(h)));
 * hidden = hidden.add(gate.mul(attended));        // gates are of the current step, never cached
 * }</pre>
 *
 * <p>What a site transforms and what only says how are told apart by {@link io.panatorch.cache.SiteInputs}: a denoiser has the timestep's
 * embedding as its last condition, and where a block offers its {@linkplain io.panatorch.cache.SiteInputs#MODULATED modulated} input
 * TeaCache can decide by that. Values that are costly are suppliers, so that a method that does not ask pays nothing:
 *
 * <pre>{@code
 * SiteInputs inputs = SiteInputs.of(video, text).offering(SiteInputs.MODULATED, () -> norm1.forward(video, time));
 * List<Tensor> outputs = cache.through(block, inputs, in -> compute(in.get(0), in.get(1), time));
 * }</pre>
 *
 * <h2>For pipelines</h2>
 *
 * <p>A method is a {@link io.panatorch.cache.CacheMethod}, an immutable recipe. It opens a session for each generation, so that
 * nothing is left on a model, nothing must be reset, and two generations may run on one model at once:
 *
 * <pre>{@code
 * try (CacheSession cache = method.open(new CacheRun(model.sites(), timesteps))) {
 *     for (int i = 0; i < timesteps.length; i++) {
 *         cache.begin(Step.of(i, timesteps, Branch.BOTH)); // a batch of both halves; without guidance Step.of(i, timesteps)
 *         model.forward(latents, timesteps[i], cache);
 *     }
 *     System.out.println(CacheText.of(cache.statistics())); // of io.panatorch.cache.report
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cache.CacheMethod#with} gives sessions a {@linkplain io.panatorch.cache.MemoryBudget memory budget}, which
 * several generations may {@linkplain io.panatorch.cache.SharedBudget share}, {@linkplain io.panatorch.cache.ComputedSteps steps at
 * which nothing is reused}, or lets them measure. The statistics write a letter for each site and step: {@code C} computed, {@code P}
 * computed on other inputs than the model's, {@code R} reused, {@code -} not visited.
 *
 * <h2>For authors of methods: an example</h2>
 *
 * <p>A whole method. Its kinds of sites are <em>covered</em>: of these alone it is asked, all others are computed as if there
 * were no cache.
 *
 * {@snippet :
 * public record ReuseWhileSimilar(double threshold) implements CacheMethod {
 *
 *     @Override
 *     public String name() {
 *         return "reuse-while-similar";
 *     }
 *
 *     @Override
 *     public Set<SiteKind> kinds() {
 *         return Set.of(SiteKind.FEED_FORWARD);
 *     }
 *
 *     @Override
 *     public CachePolicy policy(CacheRun run) {
 *         return this::apply; // all that is kept from step to step is held, so there is no state of a run
 *     }
 *
 *     private List<Tensor> apply(SiteCall call) {
 *         List<Tensor> before = call.held("inputs");
 *         boolean reuses = call.mayReuse() && !before.isEmpty()
 *                 && call.agree(change(call.tokens().getFirst(), before.getFirst())) <= threshold;
 *         List<Tensor> outputs = reuses ? call.held("outputs") : call.compute();
 *         if (call.step().index() == call.step().count() - 1) {
 *             call.drop();
 *         } else if (!reuses) {
 *             call.hold(Map.of("inputs", call.tokens(), "outputs", outputs));
 *         }
 *         return outputs;
 *     }
 *
 *     private static double change(Tensor input, Tensor before) {
 *         return input.sub(before).abs().mean().item() / before.abs().mean().item();
 *     }
 * }
 * }
 *
 * <p>A method that skips rows of blocks and adds what they added before extends {@link io.panatorch.cache.RowPolicy} and says when.
 * One that predicts what a site would give keeps a {@link io.panatorch.cache.Forecast} of it.
 *
 * <h2>The contract of a method</h2>
 *
 * <p>A session holds a {@link io.panatorch.cache.CachePolicy} to it; a broken rule is an {@link java.lang.IllegalStateException}
 * that names the method, the site, the step and the rule. The class {@code CacheMethodContract} in the test-jar of this module
 * tries the rules on any method, also those that a session cannot see.
 *
 * <ul>
 *   <li><b>Visits.</b> The policy is asked at every covered site that the model visits, at most once a step, in the order of
 *       execution. Sites may lie inside each other: while an outer one computes, the policy is asked for the inner ones; where it is
 *       not computed, those inside are not visited in that step. A model may go past any site at any step.
 *   <li><b>Answers.</b> As many tensors as the computation gives, of the same shapes, dtypes and devices: its results, tensors that
 *       the policy made, the inputs, or what is held. The session compares with what the computation gave in this call or, where it
 *       did not run, when it last did on inputs of the same shapes; before there is such a computation, with nothing. Nothing is
 *       ever written in place, neither into inputs nor outputs nor held tensors: they share memory.
 *   <li><b>Computing.</b> At most once in a call, on the model's inputs or on others. In steps in which nothing {@linkplain
 *       io.panatorch.cache.SiteCall#mayReuse may be reused}, on the model's.
 *   <li><b>Ownership.</b> All tensors of a call, held ones included, are freed when it ends. What is to survive it is
 *       {@linkplain io.panatorch.cache.SiteCall#hold(java.util.List) held}; numbers may be kept in the policy, which lives as long as
 *       the session. The call itself is not kept.
 *   <li><b>Holding.</b> Only while a later visit will use it, and nothing after the last step. What one site holds another may use.
 *       Held tensors are freed by {@code drop}, by the next {@code hold} for that site, and at the latest when the session closes,
 *       also after an exception or a cancellation.
 *   <li><b>Within a step.</b> What the beginning of a row of blocks hands to its end is {@linkplain
 *       io.panatorch.cache.SiteCall#carry carried}: it is no part of what is held, and nothing takes or rounds it.
 *   <li><b>Other shapes.</b> Where the inputs of a site that lies in no other have other shapes than at its last visit, as when
 *       guidance ends midway, the session drops everything that is held before the policy is asked.
 *   <li><b>Branches and denoisers.</b> Where guidance takes a call of the denoiser for each {@link io.panatorch.cache.Branch}, or a
 *       generation has several denoisers, each of them has a policy of its own, and what is held is held for each by itself; the run
 *       that the policy is made for has the sites of its denoiser. What a branch or a denoiser holds is dropped when it was left out of
 *       a whole step in which others were called.
 *   <li><b>Memory budget.</b> What was held may be gone at any later time, also within the step. Where nothing is held, the policy
 *       computes. Under a narrowing budget held tensors come back rounded to bfloat16, in the dtype that they had.
 *   <li><b>Runs.</b> A method serves any number of runs, at once too, and the same run gives the same. State is that of a policy,
 *       of which each run has its own.
 *   <li><b>Deciding by values.</b> The number that a policy compares with a threshold goes through
 *       {@link io.panatorch.cache.SiteCall#agree}: the statistics show it, and where several processes compute a generation they decide
 *       alike.
 *   <li><b>Halves of a batch.</b> A method that makes one half of a guided batch of the other {@linkplain
 *       io.panatorch.cache.CacheMethod#needsBothBranches says so}, and is refused where another process has that half.
 *   <li><b>Threads.</b> A policy is asked on the thread of its session, and uses the call only there.
 *   <li><b>Failure.</b> An exception of the computation passes through the policy as it is, and one of the policy through the session
 *       to the model's caller. The session then stays valid for {@code close}.
 * </ul>
 *
 * <p>{@link io.panatorch.cache.pab} is the first method; the others are in packages beside it.
 */
package io.panatorch.cache;
