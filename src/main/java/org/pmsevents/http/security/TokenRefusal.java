package org.pmsevents.http.security;

import io.quarkus.security.AuthenticationFailedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.lang.InvalidAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Why a request is not authenticated. The claims of a token are checked only after its signature, so only a caller with a token of the
 * issuer learns what is wrong with them. The detail contains no value of a setting and no part of a token, except the time of expiry.
 *
 * @param reasons stable codes, such as {@code expired}; at least one
 * @param detail the reasons in plain text; ASCII without quotes and backslashes, because it is also an {@code error_description} (RFC 6750)
 */
public record TokenRefusal(List<String> reasons, String detail) {
    private static final String KEY = TokenRefusal.class.getName();

    static final TokenRefusal MISSING =
            of("missing", "A bearer token is required: send the header Authorization: Bearer, followed by the token.");
    static final TokenRefusal NO_BEARER =
            of("no-bearer", "The header Authorization must occur once: the word Bearer, a space and the token.");
    static final TokenRefusal FORMAT =
            of("format", "The token is not a signed JSON Web Token: three base64url parts separated by dots.");
    static final TokenRefusal SIGNATURE =
            of("signature", "The signature of the token does not verify with the configured key.");
    static final TokenRefusal SUBJECT = of(
            "sub",
            "The claim sub must be a text of 1 to 255 characters that is not blank, has no control characters and does"
                    + " not begin with key:, as the actors of API keys do.");

    static final TokenRefusal NO_TOKENS = of(
            "no-tokens",
            "This service is not set up to verify JSON Web Tokens: send an API key, which begins with pmse_.");
    public static final TokenRefusal KEY_FORMAT = of(
            "key-format",
            "The API key is not complete: pmse_ is followed by 55 letters, digits, hyphens and underscores.");
    public static final TokenRefusal KEY_UNKNOWN =
            of("key-unknown", "There is no such API key, or it has been revoked.");

    /** @param at when the API key expired */
    public static TokenRefusal keyExpired(Instant at) {
        return of("expired", "The API key expired at " + at + ".");
    }

    /** @param allowed the algorithms that the service is configured for */
    static TokenRefusal algorithm(String allowed) {
        return of("algorithm", "The token must be signed with " + allowed + ".");
    }

    /** @param allowed the algorithms that the service is configured for */
    static TokenRefusal of(InvalidJwtException failure, String allowed) {
        if (failure.getCause() instanceof InvalidAlgorithmException) {
            return algorithm(allowed);
        }
        if (failure.hasErrorCode(ErrorCodes.SIGNATURE_INVALID) || failure.hasErrorCode(ErrorCodes.SIGNATURE_MISSING)) {
            return SIGNATURE;
        }
        var wrong = failure.getErrorDetails().stream()
                .map(error -> claim(error.getErrorCode(), failure))
                .distinct()
                .toList();
        if (wrong.isEmpty() || wrong.contains(FORMAT)) {
            return FORMAT;
        }
        var details = new StringJoiner(" ");
        wrong.forEach(one -> details.add(one.detail));
        return new TokenRefusal(
                wrong.stream().flatMap(one -> one.reasons.stream()).toList(), details.toString());
    }

    private static TokenRefusal claim(int errorCode, InvalidJwtException failure) {
        return switch (errorCode) {
            case ErrorCodes.EXPIRED -> of("expired", "The token expired" + expiry(failure) + ".");
            case ErrorCodes.EXPIRATION_MISSING -> of("exp", "The token has no claim exp.");
            case ErrorCodes.NOT_YET_VALID -> of("not-yet-valid", "The token is not valid yet, by its claim nbf.");
            case ErrorCodes.SUBJECT_MISSING -> of("sub", "The token has no claim sub.");
            case ErrorCodes.ISSUER_MISSING, ErrorCodes.ISSUER_INVALID ->
                of("iss", "The claim iss of the token is not the configured issuer.");
            case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID ->
                of("aud", "The claim aud of the token does not contain the configured audience.");
            case ErrorCodes.MALFORMED_CLAIM ->
                of(
                        "claim-type",
                        "A claim of the token has the wrong type: exp and nbf are numbers of seconds, sub, iss"
                                + " and aud are texts.");
            default -> FORMAT;
        };
    }

    private static String expiry(InvalidJwtException failure) {
        try {
            var expired = failure.getJwtContext().getJwtClaims().getExpirationTime();
            return " at " + Instant.ofEpochSecond(Math.max(0, expired.getValue()));
        } catch (MalformedClaimException e) {
            return "";
        }
    }

    private static TokenRefusal of(String reason, String detail) {
        return new TokenRefusal(List.of(reason), detail);
    }

    /** This refusal as the exception that Quarkus expects. */
    public AuthenticationFailedException asFailure() {
        return new AuthenticationFailedException(detail, Map.of(KEY, this));
    }

    static @Nullable TokenRefusal of(AuthenticationFailedException failure) {
        return failure.getAttribute(KEY);
    }

    /** Stores the refusal with the request for the answer, because Quarkus replaces the failure by another one before that. */
    static void remember(AuthenticationFailedException failure, RoutingContext routing) {
        var refusal = of(failure);
        if (refusal != null) {
            routing.put(KEY, refusal);
        }
    }

    /** Why this request is answered with 401. */
    public static TokenRefusal of(RoutingContext routing) {
        @Nullable TokenRefusal refusal = routing.get(KEY);
        if (refusal != null) {
            return refusal;
        }
        return routing.request().headers().contains(HttpHeaders.AUTHORIZATION) ? NO_BEARER : MISSING;
    }

    /** The challenge of RFC 6750: an error code only if a token was sent. */
    public String challenge() {
        return equals(MISSING) ? "Bearer" : "Bearer error=\"invalid_token\", error_description=\"" + detail + "\"";
    }
}
