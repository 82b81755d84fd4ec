/**
 * The JSON files that say how a model was built: {@code config.json} of each part, {@code scheduler_config.json}.
 *
 * <p>{@link io.panatorch.cogvideox.config.ConfigFile} reads one key at a time; the record of a model's configuration asks it
 * for each of its components with the default of the Python class, and every refusal names file, key, what was expected
 * and what was found:
 *
 * <pre>{@code
 * ConfigFile file = ConfigFile.read(folder.resolve("config.json"));
 * file.requireClass("AutoencoderKLCogVideoX");
 * int layers = file.integer("layers_per_block", 3, 1);
 * }</pre>
 */
package io.panatorch.cogvideox.config;
