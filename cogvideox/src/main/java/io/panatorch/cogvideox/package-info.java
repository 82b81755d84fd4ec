/**
 * Text to video with CogVideoX.
 *
 * <pre>{@code
 * VideoWriter target = VideoWriter.to(Path.of("red.mp4"));
 * TextToVideoRequest request = TextToVideoRequest.builder("a red circle moving right on a blue background")
 *         .steps(50)
 *         .cache(PyramidAttentionBroadcast.cogVideoX())
 *         .build();
 * try (var pipeline = CogVideoXPipeline.load(folder, DType.FLOAT32, Device.CPU);
 *         var video = pipeline.generate(request)) {
 *     target.write(video.pictures(0, CogVideoXPipeline.FPS));
 * }
 * }</pre>
 *
 * <p>{@link io.panatorch.cogvideox.CogVideoXPipeline} puts the parts together: the tokenizer and the T5 encoder turn the prompt
 * into embeddings, the transformer and the scheduler turn noise into latents, and the VAE turns latents into pictures.
 */
package io.panatorch.cogvideox;
