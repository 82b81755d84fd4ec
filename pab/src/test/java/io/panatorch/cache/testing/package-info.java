/**
 * What the author of a caching method tests it with. It comes in the test-jar of {@code panatorch-pab} and needs JUnit Jupiter.
 *
 * <pre>{@code
 * class MyMethodContractTest extends CacheMethodContract {
 *
 *     @Override
 *     protected List<CacheMethod> methods() {
 *         return List.of(new MyMethod(0.1), new MyMethod(0.5));
 *     }
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cache.testing.CacheMethodContract} holds a method to the rules of {@link io.panatorch.cache}, on
 * {@link io.panatorch.cache.testing.FakeDenoiser}, a model of a few numbers that has sites of every kind.
 * {@link io.panatorch.cache.testing.RecordingRun} shows what a method decides, step by step, without libtorch, if it only passes
 * tensors on.
 */
package io.panatorch.cache.testing;
