/**
 * Text to video with CogVideoX.
 *
 * <pre>{@code
 * VideoWriter target = VideoWriter.to(Path.of("red.mp4"));
 * VideoRequest request = VideoRequest.builder("a red circle moving right on a blue background")
 *         .steps(50)
 *         .cache(PyramidAttentionBroadcast.cogVideoX())
 *         .build();
 * try (var pipeline = CogVideoXPipeline.load(folder, DType.FLOAT32, Device.CPU);
 *         var video = pipeline.generate(request)) {
 *     target.write(video.pictures(0));
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cogvideox.CogVideoXPipeline} puts the parts together: the tokenizer and the T5 encoder turn the prompt
 * into embeddings, the transformer and the scheduler turn noise into latents, and the VAE turns latents into pictures.
 *
 * <h2>Who owns what</h2>
 *
 * <p>A {@link io.panatorch.cogvideox.VideoResult result} owns its tensors and is closed by who takes it, on any thread; no
 * {@code TensorScope} is needed, except around arithmetic of one's own. Latents in a request are copied when a generation begins;
 * those of a {@link io.panatorch.cogvideox.StepEvent} end with its listener.
 *
 * <h2>In an application</h2>
 *
 * <pre>{@code
 * CompletableFuture<VideoResult> future = pipeline.start(VideoRequest.builder(prompt)
 *         .onStep(step -> show(step.index() + 1, step.count()))
 *         .build());                             // what does not fit the model is refused here
 * ...
 * future.cancel(true);                           // the generation ends before its next block, and frees all
 * pipeline.close();                              // cancels what is running and waits for it: for a @PreDestroy
 * }</pre>
 *
 * <p>{@link io.panatorch.cogvideox.CogVideoXPipeline#generate generate} does the same on the calling thread, virtual ones too, and
 * is cancelled by an interrupt, such as a {@code Future} of an executor sends. One generation uses all cores: more at once take
 * memory and save no time.
 *
 * <h2>Numbers that are none</h2>
 *
 * <p>NaN and infinity, of weights, of given latents or of an overflow in float16, end a generation with a
 * {@link io.panatorch.cogvideox.NonFiniteException} that says at which step they began.
 */
package io.panatorch.cogvideox;
