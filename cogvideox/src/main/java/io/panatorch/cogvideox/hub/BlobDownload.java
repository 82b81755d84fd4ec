package io.panatorch.cogvideox.hub;

import io.panatorch.cogvideox.hub.HubException.Kind;
import io.panatorch.io.InterprocessLock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Brings one file into the cache: from where an earlier download stopped, as often as the connection breaks, and only when it is what
 * it should be under its name.
 *
 * <p>Each byte is written where it belongs, never at the end of the file: should another program write the same file, since a file
 * system has no locks, both write the same.
 */
final class BlobDownload {

    private static final System.Logger LOGGER = System.getLogger(Hub.class.getName());
    private static final int BUFFER = 1 << 20;

    private final HubClient client;
    private final Patience patience;
    private final ModelCache cache;
    private final RemoteFile file;
    private final ProgressMeter meter;

    /** How many bytes are there, from the first on. */
    private long size;

    BlobDownload(HubClient client, Patience patience, ModelCache cache, RemoteFile file, ProgressMeter meter) {
        this.client = client;
        this.patience = patience;
        this.cache = cache;
        this.file = file;
        this.meter = meter;
    }

    /** Returns when the file is in its commit's folder. */
    void run() throws IOException, InterruptedException {
        try (InterprocessLock _ = InterprocessLock.acquire(cache.lock(file), patience.silence(), this::tellWaiting)) {
            boolean isNew = !cache.hasBlob(file);
            if (isNew) {
                fetch();
            } else {
                meter.found(file.size());
            }
            cache.publish(file, isNew);
        }
    }

    private void tellWaiting() {
        LOGGER.log(System.Logger.Level.WARNING, "another program is downloading {0} of {1}: waiting for it", file.name(), client.model());
    }

    private void fetch() throws IOException, InterruptedException {
        Path part = cache.incomplete(file);
        if (Files.isSymbolicLink(part)) {
            throw new FileSystemException(part.toString(), null, "is a link, which would have it written elsewhere; delete the link");
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS)) {
            boolean continued = takeUp(channel);
            transfer(channel);
            String found = hash(channel);
            if (!found.equals(file.etag()) && continued) { // a part that something else than this has damaged
                restart(channel);
                transfer(channel);
                found = hash(channel);
            }
            if (!found.equals(file.etag())) {
                Files.deleteIfExists(part);
                throw refused("expected the hash " + file.etag() + ", found " + found);
            }
            channel.force(true);
        }
        try {
            Files.move(part, cache.blob(file), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            if (!cache.hasBlob(file)) { // which another program was faster with, that no lock kept out
                throw e;
            }
        }
    }

    /** Whether there is something of an earlier download. What has no hash to check it by is begun anew. */
    private boolean takeUp(FileChannel channel) throws IOException {
        long there = channel.size();
        if (file.digest().isEmpty() || there > file.size()) {
            channel.truncate(0);
            there = 0;
        }
        size = there;
        meter.found(there);
        return there > 0;
    }

    private void restart(FileChannel channel) throws IOException {
        channel.truncate(0);
        meter.found(-size);
        size = 0;
    }

    /** Until all of it is there. Only bytes that were never there before count as progress: a file may end too early every time. */
    private void transfer(FileChannel channel) throws IOException, InterruptedException {
        Retries retries = new Retries(patience);
        long furthest = size;
        while (size < file.size()) {
            try {
                receive(channel);
            } catch (HubException e) {
                if (size > furthest) {
                    furthest = size;
                    retries.progressed();
                }
                retries.failed(e);
            }
        }
    }

    private void receive(FileChannel channel) throws IOException, InterruptedException {
        try (HubClient.Content content = client.content(file, size)) {
            if (content.from() != size) {
                restart(channel);
            }
            for (List<ByteBuffer> bytes = content.chunks().next(); bytes != null; bytes = content.chunks().next()) {
                for (ByteBuffer each : bytes) {
                    write(channel, each);
                }
            }
        }
        if (size < file.size()) {
            throw new HubException(Kind.TRANSIENT, client.model() + ": " + file.name() + ": expected " + file.size() + " bytes, found "
                    + size + "; what is there is kept, try again");
        }
    }

    private void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        if (bytes.remaining() > file.size() - size) {
            restart(channel);
            throw refused("expected " + file.size() + " bytes, found more");
        }
        try {
            while (bytes.hasRemaining()) {
                int written = channel.write(bytes, size);
                size += written;
                meter.received(written);
            }
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            FileSystemException failure = new FileSystemException(cache.incomplete(file).toString(), null, "cannot be written: "
                    + e.getMessage() + "; what is there is kept: make room, or name another folder with HF_HUB_CACHE, and try again");
            failure.initCause(e);
            throw failure;
        }
    }

    private HubException refused(String why) {
        return new HubException(Kind.REFUSED, client.model() + ": " + file.name() + ": " + why + "; nothing of it is kept, try again");
    }

    /** The hash of what was written, read again; where there is none to compare it with, what is expected. */
    private String hash(FileChannel channel) throws IOException {
        Optional<MessageDigest> known = file.digest();
        if (known.isEmpty()) {
            return file.etag();
        }
        MessageDigest digest = known.get();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        long at = 0;
        for (int read = channel.read(buffer, at); read > 0; read = channel.read(buffer, at)) {
            at += read;
            digest.update(buffer.flip());
            buffer.clear();
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
