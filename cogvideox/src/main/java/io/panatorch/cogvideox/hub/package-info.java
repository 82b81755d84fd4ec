/**
 * Models of the Hugging Face hub by their names: {@code ORG/NAME}, or {@code ORG/NAME@REVISION} for a branch, a tag or a commit.
 *
 * <pre>{@code
 * Path folder = Hub.fromEnvironment().download(ModelId.of("zai-org/CogVideoX-2b"), "",
 *         progress -> show(progress.bytes(), progress.totalBytes()));
 * }</pre>
 *
 * <p>{@link io.panatorch.cogvideox.CogVideoXPipeline#load(String, io.panatorch.tensor.DType, io.panatorch.tensor.Device)} and the
 * commands' {@code --model} do that for whoever has nothing to show.
 *
 * <h2>One cache with Python</h2>
 *
 * <p>Files are kept as Python's {@code huggingface_hub} keeps them, in the same folder, so that what either has downloaded the other
 * uses:
 *
 * <pre>
 * models--ORG--NAME/blobs/ETAG             a file, named by its SHA-256 where the hub knows it
 * models--ORG--NAME/blobs/ETAG.incomplete  what has come of it so far
 * models--ORG--NAME/snapshots/COMMIT/...   a link for each file of a revision, relative; where there are no links, the file itself
 * models--ORG--NAME/refs/REVISION          the commit that a branch or a tag stood for
 * models--ORG--NAME/.no_exist/COMMIT/...   an empty file for each that was asked for and is not there
 * .locks/models--ORG--NAME/ETAG.lock       held while a blob is written
 * </pre>
 *
 * <p>A blob takes its name when it is whole, of the right size and, where its name is one, of the right SHA-256; until then nothing
 * leads to it. Whatever ends a download, a signal, a failure of the network or a full disk, leaves an {@code .incomplete} file that the
 * next one continues. The lock is that of {@code flock(2)}, as Python's, and gone with its process. Nothing depends on it: bytes are
 * written where they belong in the file and checked there, so that two writers who do not see each other's lock write the same ones.
 *
 * <h2>Whom it talks to</h2>
 *
 * <p>{@link io.panatorch.cogvideox.hub.HubSettings} reads the environment variables that Python reads. The token goes to the hub's own
 * address and to no other, wherever that redirects, and into no message. Names that come from the hub are checked before they become
 * names of files: none leads out of the cache.
 */
package io.panatorch.cogvideox.hub;
