package org.pmsevents.delivery.kafka;

import java.nio.file.Files;
import java.nio.file.Path;

/** The process of a {@link KafkaBroker}: formats its folder if it is new, and runs. */
final class BrokerMain {
    private BrokerMain() {}

    public static void main(String[] arguments) {
        var settings = arguments[0];
        if (!Files.exists(Path.of(settings).resolveSibling("data").resolve("meta.properties"))) {
            var format = new String[] {"format", "--cluster-id", "MkU3OEVBNTcwNTJENDM2Qk", "--config", settings};
            if (kafka.tools.StorageTool.execute(format, System.out) != 0) {
                System.exit(1);
            }
        }
        kafka.Kafka.main(new String[] {settings});
    }
}
