package org.pmsevents.platform.tracing;

/** A period of work in a trace, ended once. Any thread may end it. */
public interface Span {
    /** A span that is not recorded, because tracing is off or the trace is not sampled. */
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

    /** The id of the span; 0 if it is not recorded. */
    long id();

    default boolean isRecorded() {
        return id() != 0;
    }

    /** Changes the name, once the subject of the work is known. Names must be few, so they contain no ids. */
    Span named(String name);

    Span with(String attribute, String value);

    Span with(String attribute, long value);

    /** @param why never anything secret, because traces leave the service */
    Span failed(String why);

    /** Ends the span; calls after this one are ignored. */
    void end();
}
