package org.pmsevents.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class LatencyHistogramTest {
    private static final double[] SHARES = {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1};

    @Test
    void aPercentileIsOffByAnEighthAtTheMostWhereverLatenciesLie() {
        var random = new Random(5);
        for (int round = 0; round < 50; round++) {
            var histogram = new LatencyHistogram();
            double middle = Math.exp(random.nextDouble() * Math.log(20_000));
            long[] nanos = new long[1 + random.nextInt(3_000)];
            for (int i = 0; i < nanos.length; i++) {
                nanos[i] = (long) (middle * Math.exp(random.nextGaussian() / 2) * 1e6) + 64_000;
                histogram.add(LatencyHistogram.bucket(nanos[i]), 1);
            }
            Arrays.sort(nanos);
            for (double share : SHARES) {
                double exact = nanos[Math.max(0, (int) Math.ceil(share * nanos.length) - 1)] / 1e6;
                if (exact < 60_000) {
                    assertThat(histogram.percentile(share))
                            .as("share %s of %d around %.3f ms", share, nanos.length, middle)
                            .isCloseTo(exact, within(exact / 8 + 0.001));
                }
            }
        }
    }

    @Test
    void bucketsRiseWithTheDurationAndHaveNeitherBeginningNorEnd() {
        int last = 0;
        for (long micros = 1; micros < 100_000_000; micros += 1 + micros / 50) {
            int bucket = LatencyHistogram.bucket(TimeUnit.MICROSECONDS.toNanos(micros));
            assertThat(bucket).isBetween(last, last + 1);
            last = bucket;
        }
        assertThat(LatencyHistogram.bucket(0)).isZero();
        assertThat(LatencyHistogram.bucket(Long.MAX_VALUE)).isEqualTo(LatencyHistogram.BUCKETS - 1);
        assertThat(last).isEqualTo(LatencyHistogram.BUCKETS - 1);
    }

    @Test
    void whatTwoReplicasHaveCountedIsAsIfOneHadCountedIt() {
        var one = new LatencyHistogram();
        var other = new LatencyHistogram();
        var both = new LatencyHistogram();
        for (int millis = 1; millis <= 1_000; millis++) {
            int bucket = LatencyHistogram.bucket(TimeUnit.MILLISECONDS.toNanos(millis));
            (millis % 3 == 0 ? one : other).add(bucket, 1);
            both.add(bucket, 1);
        }
        one.add(other);
        for (double share : SHARES) {
            assertThat(one.percentile(share)).isEqualTo(both.percentile(share));
        }
        assertThat(one.total()).isEqualTo(1_000);
    }

    @Test
    void soIsThatOfOneDurationThatIsMeasuredAgainAndAgain() {
        for (long micros = 65; micros < 60_000_000; micros += 1 + micros / 7) {
            var histogram = new LatencyHistogram();
            histogram.add(LatencyHistogram.bucket(TimeUnit.MICROSECONDS.toNanos(micros)), 1_000);
            for (double share : SHARES) {
                assertThat(histogram.percentile(share)).isCloseTo(micros / 1e3, within(micros / 8e3 + 0.001));
            }
        }
    }

    @Test
    void thereIsNoPercentileOfNothing() {
        assertThat(new LatencyHistogram().percentile(0.5)).isNull();
    }
}
