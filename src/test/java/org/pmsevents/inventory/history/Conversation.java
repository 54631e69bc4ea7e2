package org.pmsevents.inventory.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that was said about one request, by whoever sent it, as often as it was sent. */
final class Conversation {
    private final Request request;
    private final List<Reply> replies = Collections.synchronizedList(new ArrayList<>());

    Conversation(Request request) {
        this.request = request;
    }

    Request request() {
        return request;
    }

    void add(Reply reply) {
        replies.add(reply);
    }

    List<Reply> replies() {
        synchronized (replies) {
            return List.copyOf(replies);
        }
    }

    /** The first to say what became of the request, if any did; all others that do so must say the same. */
    Optional<Reply> answer() {
        var said = replies().stream().filter(Reply::isFinal).toList();
        var originals = said.stream().filter(reply -> !reply.replayed()).count();
        if (originals > 1 || request.key() == null && said.size() > originals) {
            throw new AssertionError(request + " was answered anew or replayed against the rules: " + said);
        }
        if (said.stream()
                        .map(reply -> List.of(reply.status(), reply.lasting()))
                        .distinct()
                        .count()
                > 1) {
            throw new AssertionError(request + " was answered differently: " + said);
        }
        return said.stream().findFirst();
    }

    List<Movement> movements() {
        return answer().map(reply -> reply.movements(request)).orElse(List.of());
    }

    /**
     * What must have taken effect at one moment each.
     *
     * @param ledger what an unanswered request is known to have moved nevertheless, by reference
     */
    List<Operation> operations(Map<String, Movement> ledger) {
        long begin = replies().stream().mapToLong(Reply::begin).min().orElseThrow();
        long end = replies().stream()
                .filter(Reply::isFinal)
                .mapToLong(Reply::end)
                .min()
                .orElse(Long.MAX_VALUE);
        var answers = answer().map(reply -> reply.answers(request)).orElseGet(() -> found(ledger));
        if (answers.isEmpty()) {
            return List.of();
        }
        if (request.isSingle() || request.kind() == Request.Kind.ATOMIC) {
            return List.of(new Operation(request.name(), null, request.changes(), begin, end, answers));
        }
        var operations = new ArrayList<Operation>();
        var lastOfPlace = new HashMap<Place, String>();
        for (int i = 0; i < answers.size(); i++) {
            var change = request.changes().get(i);
            var name = request.reference(i);
            var before = lastOfPlace.put(change.place(), name);
            operations.add(new Operation(name, before, List.of(change), begin, end, List.of(answers.get(i))));
        }
        return operations;
    }

    /** Without an answer, the movement of a single change says that it was made. */
    private List<Answer> found(Map<String, Movement> ledger) {
        var movement = ledger.get(request.reference(0));
        if (movement == null) {
            return List.of();
        }
        if (!request.isSingle()) {
            throw new IllegalStateException("only single changes are sent without a key: " + request);
        }
        return List.of(Answer.accepted(movement.delta(), movement.onHand(), movement.version()));
    }
}
