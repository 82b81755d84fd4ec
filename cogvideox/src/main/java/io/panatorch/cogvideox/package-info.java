/**
 * Video from text, images and other videos with CogVideoX.
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
 * <p>A model is a folder or, as a text, one of the Hugging Face hub, {@code "zai-org/CogVideoX-2b"}, which {@link
 * io.panatorch.cogvideox.hub} downloads into the cache that it shares with Python.
 *
 * <p>{@link io.panatorch.cogvideox.CogVideoXPipeline} puts the parts together, in four stages: the tokenizer and the T5 encoder turn
 * prompts into embeddings; noise, and the encoded image or video where there is one, become the first latents; the transformer and the
 * scheduler take the steps; the VAE turns latents into frames.
 *
 * <h2>One pipeline, one request</h2>
 *
 * <p>diffusers has a class for each task. There, the class is chosen by the program and the checkpoint must fit it; the four share nine
 * tenths of their code by copying. Here a checkpoint says itself {@linkplain io.panatorch.cogvideox.ModelKind what it was trained for},
 * so that there is nothing to choose: one pipeline loads any of them, and one {@link io.panatorch.cogvideox.VideoRequest} has an
 * {@code image}, a {@code video} or a {@code controlVideo} where the task needs one. What runs requests, such as a queue, a cache
 * comparison or a service, is written once. The price is that a request can be asked of a model that has no use for it; that is an
 * {@code IllegalArgumentException} with the reason, before anything is computed, and {@link
 * io.panatorch.cogvideox.ModelDescription#check} says so before a weight is read.
 *
 * <pre>{@code
 * VideoRequest.builder("it begins to rain").image(InputImage.read(Path.of("street.jpg")))              // an image-to-video model
 * VideoRequest.builder("as a pencil drawing").video(InputVideo.read(Path.of("walk.mp4"))).strength(0.6) // a text-to-video model
 * VideoRequest.builder("a robot dances").controlVideo(InputVideo.read(Path.of("poses.gif")))           // a control model
 * }</pre>
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
