package org.pmsevents.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** The kinds of jobs that this version knows; writes and reads their payloads. */
@ApplicationScoped
public class JobKinds {
    private final Map<String, JobKind<?>> byName;
    private final ObjectMapper mapper;

    JobKinds(@All List<JobKind<?>> kinds, ObjectMapper mapper) {
        this.byName = kinds.stream().collect(Collectors.toUnmodifiableMap(JobKind::name, Function.identity()));
        this.mapper = mapper;
    }

    public Optional<JobKind<?>> named(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    public Collection<JobKind<?>> all() {
        return byName.values();
    }

    /** Writes a payload or result as JSON. */
    @Nullable
    public String write(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("can't be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Reads a stored payload.
     *
     * @throws JobFailure permanent, if this version can't read it
     */
    public static <P> P read(JobKind<P> kind, String payload) {
        try {
            var body = StrictJson.read(payload.getBytes(StandardCharsets.UTF_8));
            var read = kind.read(body.fields());
            body.violations().throwIfAny();
            return read;
        } catch (AppException e) {
            throw JobFailure.permanent("the payload can't be read: " + e.violations(), e);
        }
    }
}
