package org.pmsevents.inventory.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came back for one sending of a request.
 *
 * @param replayed it is said to be the answer to an earlier sending
 * @param begin when it was sent, by {@link System#nanoTime}
 */
record Reply(int status, JsonNode body, boolean replayed, long begin, long end) {
    String code() {
        return body.path("code").asText();
    }

    /** Says what became of the request; anything else says to ask again. */
    boolean isFinal() {
        return switch (status) {
            case 200, 404 -> true;
            case 409 -> !code().equals("idempotency-key-busy");
            case 503 -> false;
            default -> throw new AssertionError("unexpected answer " + this);
        };
    }

    /** The answer without what may differ between the first and its repetition. */
    JsonNode lasting() {
        return body.isObject() ? ((ObjectNode) body.deepCopy()).without("traceId") : body;
    }

    /** One for each line of the request. */
    List<Answer> answers(Request request) {
        var lines = lines(request);
        var answers = new ArrayList<Answer>();
        for (int i = 0; i < lines.size(); i++) {
            answers.add(answer(lines.get(i), request, i));
        }
        return answers;
    }

    /** What the caller was told has been written. */
    List<Movement> movements(Request request) {
        var lines = lines(request);
        var movements = new ArrayList<Movement>();
        for (int i = 0; i < lines.size(); i++) {
            if (answer(lines.get(i), request, i).moved()) {
                movements.add(movement(lines.get(i), request.reference(i)));
            }
        }
        return movements;
    }

    private List<JsonNode> lines(Request request) {
        if (request.isSingle()) {
            return List.of(body);
        }
        boolean refusedWhole = status == 409 && request.kind() == Request.Kind.ATOMIC && code().equals("lines-refused");
        require(status == 200 || refusedWhole, "a status of a request of lines");
        var lines = new ArrayList<JsonNode>();
        body.path("results").forEach(lines::add);
        require(lines.size() == request.changes().size(), "a result for every line");
        for (int i = 0; i < lines.size(); i++) {
            require(
                    lines.get(i).path("index").isInt()
                            && lines.get(i).path("index").intValue() == i,
                    "results in order");
            require(lines.get(i).path("status").isInt(), "a status for every line");
        }
        if (request.kind() == Request.Kind.ATOMIC) {
            boolean allAccepted =
                    lines.stream().allMatch(line -> line.path("status").intValue() == 200);
            boolean noneAccepted =
                    lines.stream().noneMatch(line -> line.path("status").intValue() == 200);
            require(refusedWhole ? noneAccepted : allAccepted, "all or none");
        }
        return lines;
    }

    private Answer answer(JsonNode line, Request request, int i) {
        int of = request.isSingle() ? status : line.path("status").intValue();
        if (of != 200) {
            var onHand = of == 409 ? whole(line, "onHand").orElse(null) : null;
            return new Answer(of, line.path("code").asText(), null, onHand, null);
        }
        var place = request.changes().get(i).place();
        require(line.path("sku").asText().equals(place.sku()), "the SKU of the line");
        require(line.path("location").asText().equals(place.location()), "the location of the line");
        var answer = Answer.accepted(number(line, "delta"), number(line, "onHand"), number(line, "version"));
        for (var id : List.of("movementId", "eventId")) {
            require(line.has(id) && line.get(id).isNull() != answer.moved(), "ids exactly if something moved");
        }
        return answer;
    }

    private Movement movement(JsonNode line, String reference) {
        return new Movement(
                reference,
                new Place(line.path("sku").asText(), line.path("location").asText()),
                number(line, "delta"),
                number(line, "onHand"),
                number(line, "version"),
                line.path("movementId").asText(),
                line.path("eventId").asText());
    }

    private long number(JsonNode line, String field) {
        return whole(line, field).orElseThrow(() -> new AssertionError("no number " + field + " in " + this));
    }

    private static Optional<Long> whole(JsonNode line, String field) {
        return Optional.of(line.path(field)).filter(JsonNode::isIntegralNumber).map(JsonNode::longValue);
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not " + what + ": " + this);
        }
    }
}
