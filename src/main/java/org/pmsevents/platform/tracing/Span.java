package org.pmsevents.platform.tracing;

/** A stretch of work in a trace, ended once; any thread may end what another has started. */
public interface Span {
    /** What is not recorded, as tracing is off or the trace not sampled. */
    Span NONE = new Span() {
        @Override
        public long id() {
            return 0;
        }

        @Override
        public Span named(String name) {
            return this;
        }

        @Override
        public Span with(String attribute, String value) {
            return this;
        }

        @Override
        public Span with(String attribute, long value) {
            return this;
        }

        @Override
        public Span failed(String why) {
            return this;
        }

        @Override
        public void end() {}
    };

    /** 0 if it is not recorded. */
    long id();

    default boolean isRecorded() {
        return id() != 0;
    }

    /** Names it anew, as what it is about is known only now; of names there are few, so no id belongs into one. */
    Span named(String name);

    Span with(String attribute, String value);

    Span with(String attribute, long value);

    /** @param why never anything secret: traces leave the service */
    Span failed(String why);

    /** What comes after this is ignored. */
    void end();
}
