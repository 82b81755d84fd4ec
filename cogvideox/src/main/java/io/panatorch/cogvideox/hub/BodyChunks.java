package io.panatorch.cogvideox.hub;

import io.panatorch.cogvideox.hub.HubException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer, read by one thread that does not wait for ever: a request's own timeout covers the beginning of the answer alone,
 * or, in later versions of Java, all of it, however long it is.
 */
final class BodyChunks implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {

    /** So that the network does not wait for the disk. */
    private static final int AHEAD = 16;

    /** One of both, or at the end neither. */
    private record Event(List<ByteBuffer> bytes, Throwable failure) {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final String host;
    private final Duration silence;
    private volatile Flow.Subscription subscription;

    /**
     * @param host who sends it, for messages
     * @param silence after which the connection counts as lost
     */
    BodyChunks(Flow.Publisher<List<ByteBuffer>> body, String host, Duration silence) {
        this.host = host;
        this.silence = silence;
        body.subscribe(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(AHEAD);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        events.add(new Event(bytes, null));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new Event(null, failure));
    }

    @Override
    public void onComplete() {
        events.add(new Event(null, null));
    }

    /**
     * {@return the next bytes, or null at the end}
     *
     * @throws HubException where the connection is lost
     */
    List<ByteBuffer> next() throws HubException, InterruptedException {
        Event event = events.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            throw new HubException(Kind.TRANSIENT, host + " has sent nothing for " + HubConnection.seconds(silence));
        }
        if (event.failure != null) {
            throw new HubException(Kind.TRANSIENT, host + " has broken the connection off", event.failure);
        }
        if (event.bytes != null) {
            subscription.request(1);
        }
        return event.bytes;
    }

    /** Ends the connection, unless all of it was read. */
    @Override
    public void close() {
        Flow.Subscription begun = subscription;
        if (begun != null) {
            begun.cancel();
        }
    }
}
