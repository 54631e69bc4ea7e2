package org.pmsevents.transfer.imports;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.RequestContext;

@Pure
class ChunkReaderTest {
    private static final int ROUNDS = 50_000;

    private static Import stored() {
        var id = new UUID(0, 1);
        var request = ImportRequest.of(new ImportRequest.Query("counts", null, null, null, null, null, null), true);
        return new Import(
                id,
                "counts",
                Import.State.QUEUED,
                false,
                request.json(),
                "{}",
                null,
                0,
                0,
                1,
                null,
                Import.Counts.NONE,
                null,
                null,
                new RequestContext("test", "0", EventMetadata.spanOf(id)),
                Instant.EPOCH,
                null);
    }

    @Test
    void aLineThatNeverEndsTakesNoStack() {
        var stored = stored();
        var part = "x".repeat(64).getBytes(StandardCharsets.UTF_8);
        var four = Collections.nCopies(ChunkReader.PARTS, part);
        var reader = new ChunkReader(
                stored,
                ImportRequest.of(stored),
                "{}",
                from -> Uni.createFrom().item(from < ROUNDS * ChunkReader.PARTS ? four : List.of()));
        var chunk = reader.next().await().atMost(Duration.ofMinutes(1));
        assertThat(chunk.lines()).singleElement().satisfies(line -> {
            assertThat(line.fault()).isNotNull();
            assertThat(line.fault().code()).isEqualTo("line-too-long");
        });
    }
}
