package io.panatorch.cogvideox.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * One commit of a model in the cache, whoever downloaded it.
 *
 * @param name {@code ORG/NAME}
 * @param commit 40 hexadecimal digits
 * @param revisions the branches and tags that stood for it when they were last asked for; there may be none
 * @param folder its files, as in the hub
 * @param bytes of its files, other commits' among them
 * @param isCogVideoX whether it is a model of this pipeline, as far as can be told by what is there
 * @param variants with which weights it can be loaded; plain ones are the empty string
 * @param missing names of files without which it cannot be loaded; empty where there is a variant, or it is another model
 */
public record CachedModel(String name, String commit, List<String> revisions, Path folder, long bytes, boolean isCogVideoX,
        List<String> variants, List<String> missing) {}
