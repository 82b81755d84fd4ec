package io.panatorch.cogvideox.hub;

/**
 * How far a download is.
 *
 * @param bytes that are there, with those of an earlier download that this one continues
 * @param totalBytes of the files that are known to be needed: it grows when the weights are
 * @param receivedBytes that came by this download, as a measure of its speed
 */
public record DownloadProgress(long bytes, long totalBytes, long receivedBytes) {}
