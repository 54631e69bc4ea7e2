package org.pmsevents.inventory.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that took effect at one moment between two times, or not at all: a single change, one line of a request whose lines are
 * on their own, or all lines of an atomic request.
 *
 * @param name unique in its history
 * @param after the name of the one that must take effect before it, such as an earlier line of the same place in the same request
 * @param begin when the request was sent, by {@link System#nanoTime}
 * @param end when its answer was there
 * @param answers one for each change; empty if no answer told what became of it
 */
record Operation(
        String name, @Nullable String after, List<Change> changes, long begin, long end, List<Answer> answers) {
    Operation {
        changes = List.copyOf(changes);
        answers = List.copyOf(answers);
        if (!answers.isEmpty() && answers.size() != changes.size()) {
            throw new IllegalArgumentException(
                    name + ": " + changes.size() + " changes, " + answers.size() + " answers");
        }
    }

    /** What the model answers, and what is there afterwards. */
    record Outcome(List<Answer> answers, Map<Place, StockModel> after) {}

    boolean isAnswered() {
        return !answers.isEmpty();
    }

    /** All of it at this moment: several changes are applied together or not at all. */
    Outcome on(Map<Place, StockModel> stock) {
        var after = new HashMap<>(stock);
        var given = new ArrayList<Answer>();
        for (var change : changes) {
            var there = after.get(change.place());
            if (there == null) {
                given.add(Answer.missing());
                continue;
            }
            var step = change.on(there);
            given.add(step.answer());
            after.put(change.place(), step.after());
        }
        if (given.size() == 1 || given.stream().allMatch(Answer::isAccepted)) {
            return new Outcome(given, after);
        }
        return new Outcome(refusal(given), stock);
    }

    /** Each line is judged after those before it; a refused one is told what it met, a good one that it was not applied. */
    private static List<Answer> refusal(List<Answer> judged) {
        return judged.stream()
                .map(answer -> answer.isAccepted() ? Answer.notApplied() : answer)
                .toList();
    }

    @Override
    public String toString() {
        return name + " " + changes + " -> " + (isAnswered() ? answers : "unknown");
    }
}
