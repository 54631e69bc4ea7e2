package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.Line;

/** Applies lines of one kind. */
interface Target {
    ImportKind kind();

    /** What a line is about, such as its SKU; empty if it does not say. */
    String subject(Line line);

    /** What has to be there before the transaction. */
    default Uni<Void> prepare(Import about, List<Line> lines) {
        return Uni.createFrom().voidItem();
    }

    /**
     * Applies lines in a transaction; of a dry run nothing is kept.
     *
     * @param lines that can be read
     * @param seen how often there were lines about each subject before these
     */
    Uni<Applied> apply(Transactions.Limited transaction, Import about, List<Line> lines, Map<String, Integer> seen);

    /**
     * What became of lines.
     *
     * @param outcomes one for each, in their order
     * @param announce after the commit; never fails
     */
    record Applied(List<Outcome> outcomes, Supplier<Uni<Void>> announce) {}
}
