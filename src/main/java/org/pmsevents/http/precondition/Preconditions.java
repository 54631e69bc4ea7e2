package org.pmsevents.http.precondition;

import java.util.List;
import java.util.Optional;
import org.pmsevents.platform.problem.AppException;

/**
 * The conditions of one request, evaluated in the order of RFC 9110, section 13.2.2: {@code If-Match} by strong comparison, then
 * {@code If-None-Match} by weak comparison. No resource has a {@code Last-Modified}, so conditions about times are ignored. The entity
 * tag of a resource is its version.
 */
public final class Preconditions {
    private final EntityTags ifMatch;
    private final EntityTags ifNoneMatch;

    private Preconditions(EntityTags ifMatch, EntityTags ifNoneMatch) {
        this.ifMatch = ifMatch;
        this.ifNoneMatch = ifNoneMatch;
    }

    /**
     * @param ifMatch all values of the header; empty means no condition
     * @param ifNoneMatch all values of the header; empty means no condition
     * @throws AppException 400 {@code invalid-header}
     */
    public static Preconditions of(List<String> ifMatch, List<String> ifNoneMatch) {
        return new Preconditions(new EntityTags("If-Match", ifMatch), new EntityTags("If-None-Match", ifNoneMatch));
    }

    /**
     * For a change of a resource that has this version.
     *
     * @throws AppException 412 {@code version-mismatch} with the present version
     */
    public void checkChange(long version) {
        var tag = Long.toString(version);
        checkMatch(version);
        if (!ifNoneMatch.isAbsent() && ifNoneMatch.containsWeakly(tag)) {
            throw AppException.versionMismatch(version);
        }
    }

    /**
     * For a read of a resource that has this version: whether the client has it already (304).
     *
     * @throws AppException 412 {@code version-mismatch} with the present version
     */
    public boolean isNotModified(long version) {
        checkMatch(version);
        return !ifNoneMatch.isAbsent() && ifNoneMatch.containsWeakly(Long.toString(version));
    }

    private void checkMatch(long version) {
        if (!ifMatch.isAbsent() && !ifMatch.containsStrongly(Long.toString(version))) {
            throw AppException.versionMismatch(version);
        }
    }

    /**
     * For a change that creates a resource without an entity tag, or replaces it.
     *
     * @param exists whether it existed before
     * @throws AppException 412 {@code precondition-failed}
     */
    public void checkExistence(boolean exists) {
        failureWithoutTag(exists ? Use.CHANGE : Use.CREATE).ifPresent(failure -> {
            throw failure;
        });
    }

    /**
     * For a call whose resource has no entity tag: no list can match, and {@code *} means that the resource exists.
     *
     * @return 412 {@code precondition-failed} if a condition does not hold
     */
    Optional<AppException> failureWithoutTag(Use use) {
        if (!ifMatch.isAbsent() && (!ifMatch.isAny() || use == Use.CREATE)) {
            return Optional.of(failed("If-Match", use == Use.CREATE ? "does not exist yet" : "has no entity tag"));
        }
        return ifNoneMatch.isAny() && use == Use.CHANGE
                ? Optional.of(failed("If-None-Match", "exists"))
                : Optional.empty();
    }

    private static AppException failed(String header, String why) {
        return AppException.of(
                412, "precondition-failed", header + " does not hold: this resource " + why + ". Nothing was done.");
    }

    /** What a call does with a resource that has no entity tag. */
    enum Use {
        /** Conditions with {@code *} hold, and there is nothing to compare others with: the answer is never 304. */
        READ,
        /** Changes something that exists, or fails. */
        CHANGE,
        /** Makes something that does not exist yet, or fails with 409 or with what exists: {@code If-None-Match: *} holds. */
        CREATE
    }
}
