package org.pmsevents.http.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.problem.AppException;

/** Writes a refusal as JSON and reads it back, so that it can be replayed. */
final class Refusals {
    /** The final refusals of a flow; any other failure may not occur on a repeat. */
    private static final Set<Integer> STORED = Set.of(404, 409, 412);

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private Refusals() {}

    static boolean isStored(Throwable failure) {
        return failure instanceof AppException refusal && STORED.contains(refusal.status());
    }

    static String write(AppException refusal) {
        var json = JSON.createObjectNode();
        json.put("status", refusal.status());
        json.put("code", refusal.code());
        json.put("detail", refusal.detail());
        json.set("members", JSON.valueToTree(refusal.members()));
        json.set("headers", JSON.valueToTree(refusal.headers()));
        return JsonText.of(json);
    }

    static AppException read(String text) {
        try {
            var json = JSON.readTree(text);
            var refusal = AppException.of(
                    json.path("status").intValue(),
                    json.path("code").textValue(),
                    json.path("detail").textValue());
            for (var members = json.path("members").fields(); members.hasNext(); ) {
                var member = members.next();
                refusal = refusal.with(member.getKey(), member.getValue());
            }
            for (var headers = json.path("headers").fields(); headers.hasNext(); ) {
                var header = headers.next();
                refusal = refusal.header(header.getKey(), header.getValue().asText());
            }
            return refusal;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a refusal that this service wrote can be read", e);
        }
    }
}
