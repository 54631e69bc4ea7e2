package org.pmsevents.inventory.history;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.pmsevents.Client;

/**
 * The rule for a change of stock stands in the functions of the database, and a second time in the {@link StockModel} that the service
 * is judged by. Both say the same, by every statement that changes stock, and events have the very bytes that clients rely on. Edge
 * cases are made up more often than others anyway.
 */
class StockRuleIT {
    private static StockDatabase database;

    @BeforeContainer
    static void startDatabase() throws Exception {
        database = new StockDatabase();
    }

    @AfterContainer
    static void stopDatabase() throws Exception {
        database.close();
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void everyStatementDoesToStockWhatTheModelDoes(@ForAll("programs") List<RuleStep> program) throws Exception {
        var run = new RuleRun(database, Client.newSku("r\"ü-"));
        for (var step : program) {
            run.play(step);
        }
    }

    @Provide
    Arbitrary<List<RuleStep>> programs() {
        return RuleStep.programs();
    }
}
