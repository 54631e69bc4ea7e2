package org.pmsevents.platform.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Pure;
import org.pmsevents.Settings;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.tracing.Tracing.Kind;

/** What is recorded and what leaves, whatever the collector does. */
@Pure
class TracingTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final TracingProducer producer = new TracingProducer();
    private final RequestContext context = new RequestContext("ada", TraceId.random(), 0xabcL);
    private FakeCollector collector;
    private Tracing tracing = Tracing.OFF;

    @BeforeEach
    void openCollector() throws Exception {
        collector = FakeCollector.open();
    }

    @AfterEach
    void close() {
        producer.close(tracing);
        collector.close();
    }

    private void open(String... settings) {
        var properties = new HashMap<String, String>();
        properties.put("pms-events.tracing.delay-millis", "50");
        for (int i = 0; i < settings.length; i += 2) {
            properties.put("pms-events.tracing." + settings[i], settings[i + 1]);
        }
        tracing = producer.tracing(Settings.of(TracingConfig.class, properties), meters);
    }

    private void openTo(FakeCollector to, String... more) {
        open(Stream.concat(Stream.of("collector", to.url().toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private double spans(String outcome) {
        return meters.counter("pms.tracing.spans", "outcome", outcome).count();
    }

    private FakeCollector.Received only() {
        await().until(() -> collector.spans(context.traceId()).size() == 1);
        return collector.spans(context.traceId()).get(0);
    }

    @Test
    void withoutACollectorOrDisabledNothingIsRecorded() {
        open();
        assertThat(tracing).isSameAs(Tracing.OFF);
        openTo(collector, "disabled", "true");
        assertThat(tracing).isSameAs(Tracing.OFF);
        assertThat(tracing.start(Kind.SERVER, "a", context)).isSameAs(Span.NONE);
        assertThat(context.under(Span.NONE)).isSameAs(context);
    }

    @Test
    void aSpanLeavesWithItsTraceItsParentAndWhatIsKnownOfIt() {
        openTo(collector, "headers", "api-key=secret=1, other=2", "service-name", "shop-events");
        tracing.start(Kind.CONSUMER, "a", context)
                .with("text", "b")
                .with("number", 7)
                .failed("why")
                .end();

        var span = only();
        assertThat(span.parent()).isEqualTo("0000000000000abc");
        assertThat(span.name()).isEqualTo("a");
        assertThat(span.kind()).isEqualTo("SPAN_KIND_CONSUMER");
        assertThat(span.failed()).isTrue();
        assertThat(span.attributes()).containsExactlyInAnyOrderEntriesOf(Map.of("text", "b", "number", "7"));
        assertThat(span.service()).isEqualTo("shop-events");
        assertThat(span.replica()).isNotEmpty();
        assertThat(collector.keys()).containsOnly("secret=1");
        await().until(() -> spans("exported") == 1);
    }

    @Test
    void aHeaderMayBePercentEncoded() {
        openTo(collector, "headers", "api-key=Basic%20YTpi+Yw%3D%3D");
        tracing.start(Kind.SERVER, "a", context).end();
        only();
        assertThat(collector.keys()).containsOnly("Basic YTpi+Yw==");
    }

    @ParameterizedTest
    @CsvSource({
        "collector, http://user:s3cret@localhost:4318",
        "collector, 's3cret localhost'",
        "endpoint, ftp://s3cret/v1/traces",
        "headers, s3cret",
        "headers, api-key=%s3cret",
        "resource-attributes, a=s3cret%"
    })
    void whatIsNoSuchSettingIsRefusedAndNotRepeated(String setting, String value) {
        assertThatThrownBy(() -> openTo(collector, setting, value))
                .hasMessageStartingWith("OTEL_")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void aTraceThatBeginsHereHasTheIdOfItsRequestAndNoParent() {
        openTo(collector);
        tracing.start(Kind.SERVER, "a", new RequestContext("ada", context.traceId()))
                .end();
        assertThat(only().parent()).isEmpty();
    }

    @Test
    void whoKnowsTheIdOfAnEventGoesOnFromItsSpan() {
        openTo(collector);
        tracing.start(Kind.PRODUCER, "a", context, -7).end();
        assertThat(only().id()).isEqualTo("fffffffffffffff9");
    }

    @Test
    void aSpanEndsWithWhatItIsAboutHoweverThatEnds() {
        openTo(collector);
        var works = tracing.within(
                Kind.CLIENT, "works", context, span -> Uni.createFrom().item(span.id()));
        assertThat(get(works)).isNotZero();
        var fails = tracing.within(Kind.CLIENT, "fails", context, span -> {
            throw new IllegalStateException("secret");
        });
        assertThat(get(fails.onFailure().recoverWithNull())).isNull();
        tracing.within(Kind.CLIENT, "hangs", context, span -> Uni.createFrom().nothing())
                .subscribe()
                .with(never -> {})
                .cancel();

        await().until(() -> collector.spans(context.traceId()).size() == 3);
        assertThat(collector.spans(context.traceId()))
                .extracting(FakeCollector.Received::name, FakeCollector.Received::failed)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("works", false),
                        org.assertj.core.groups.Tuple.tuple("fails", true),
                        org.assertj.core.groups.Tuple.tuple("hangs", true));
    }

    @Test
    void ofATraceAllOrNothingIsRecordedAndEveryReplicaDecidesAlike() {
        openTo(collector, "ratio", "0.5");
        var here = tracing;
        var traces = Stream.generate(TraceId::random).limit(1_000).toList();
        var recorded = traces.stream().filter(here::records).toList();
        openTo(collector, "ratio", "0.5");
        assertThat(traces.stream().filter(tracing::records)).isEqualTo(recorded);
        assertThat(recorded).hasSizeBetween(300, 700);
        var left = traces.stream()
                .filter(each -> !recorded.contains(each))
                .findFirst()
                .orElseThrow();
        assertThat(tracing.start(Kind.SERVER, "a", new RequestContext("ada", left)))
                .isSameAs(Span.NONE);
        producer.close(here);
    }

    @Test
    void whileTheCollectorIsAwaySpansAreDroppedAndCounted() throws Exception {
        int closed;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        open("collector", "http://127.0.0.1:" + closed, "queue", "100", "timeout-millis", "1000");
        IntStream.range(0, 1_000)
                .forEach(i -> tracing.start(Kind.SERVER, "a", context).end());

        assertThat(spans("dropped")).isGreaterThanOrEqualTo(900 - 100);
        await().until(() -> spans("dropped") + spans("failed") == 1_000);
        assertThat(spans("exported")).isZero();
    }

    @Test
    void whatIsEndedBeforeTheServiceStopsStillLeaves() {
        openTo(collector, "delay-millis", "60000");
        tracing.start(Kind.SERVER, "a", context).end();
        producer.close(tracing);
        assertThat(collector.spans(context.traceId())).hasSize(1);
    }

    @Test
    void theTraceparentOfACallNamesItsSpanAndWhetherItIsRecorded() {
        assertThat(TraceId.traceparent(context, Tracing.OFF))
                .isEqualTo("00-" + context.traceId() + "-0000000000000abc-01");
        openTo(collector, "ratio", "0.0");
        assertThat(TraceId.traceparent(context, tracing)).endsWith("-00");
        assertThat(List.of(TraceId.traceparent(new RequestContext("a", context.traceId()), Tracing.OFF)))
                .noneMatch(header -> header.contains("0000000000000000"));
    }
}
