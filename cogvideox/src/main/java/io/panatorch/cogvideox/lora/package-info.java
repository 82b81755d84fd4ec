/**
 * LoRA adapters of the transformer, arXiv 2106.09685, in the files that diffusers and peft write, with the names of tensors
 * that peft gives or older ones.
 *
 * <p>{@link io.panatorch.cogvideox.lora.LoraAdapter} is what a file holds: two thin matrices for each linear layer that it
 * changes. {@link io.panatorch.cogvideox.lora.LoraLayers} are some of them, at scales, as the layers of a model take them.
 * {@link io.panatorch.cogvideox.CogVideoXPipeline#loadLora} is the short way.
 *
 * <p>Sources: diffusers' {@code loaders/lora_pipeline.py} ({@code CogVideoXLoraLoaderMixin}), {@code loaders/peft.py} and
 * {@code utils/state_dict_utils.py}; peft's {@code tuners/lora/layer.py}.
 */
package io.panatorch.cogvideox.lora;
