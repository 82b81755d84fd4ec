package io.panatorch.cogvideox;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Who is computing on a pipeline: lets generations in until it is closed, cancels them, and waits for them. */
final class RunningGenerations {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private final List<Ticket> tickets = new ArrayList<>();
    private boolean closed;

    /** One generation, from its begin to its end on the thread that made this. */
    final class Ticket implements AutoCloseable {

        private final Thread thread = Thread.currentThread();
        private volatile boolean cancelled;

        private Ticket() {}

        /**
         * Ends the generation before its next block; one that has left takes no notice. The interrupt wakes what the listener
         * waits for and is seen inside the models. A listener may swallow it, so there is a mark as well.
         */
        void cancel() {
            lock.lock();
            try {
                if (tickets.contains(this)) {
                    cancelled = true;
                    thread.interrupt();
                }
            } finally {
                lock.unlock();
            }
        }

        /**
         * @param when completes "generation cancelled"
         * @throws CancellationException where this was cancelled or the thread was interrupted
         */
        void checkCancelled(String when) {
            if (Thread.interrupted() || cancelled) {
                throw new CancellationException("generation cancelled " + when);
            }
        }

        /** Leaves. An interrupt that comes from here does not stay behind. */
        @Override
        public void close() {
            lock.lock();
            try {
                tickets.remove(this);
                if (cancelled) {
                    Thread.interrupted();
                }
                left.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** @throws IllegalStateException where the pipeline is closed */
    Ticket enter() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this pipeline is closed");
            }
            Ticket ticket = new Ticket();
            tickets.add(ticket);
            return ticket;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets none in any more, cancels those inside, and waits until they have left.
     *
     * @throws IllegalStateException where the calling thread is inside, which would wait for itself
     */
    void end() {
        lock.lock();
        try {
            if (tickets.stream().anyMatch(ticket -> ticket.thread == Thread.currentThread())) {
                throw new IllegalStateException("close: called inside a generation on this pipeline, by its listener, which it would"
                        + " wait for; close it after generate has returned, or on another thread");
            }
            closed = true;
            tickets.forEach(Ticket::cancel);
            while (!tickets.isEmpty()) {
                left.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
