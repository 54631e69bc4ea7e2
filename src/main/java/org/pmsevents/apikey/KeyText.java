package org.pmsevents.apikey;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;
import org.pmsevents.http.security.ApiKeyVerifier;

/**
 * The text of an API key: {@code pmse_}, the id of 12 characters, and 32 random bytes in base64url. A plain SHA-256 of it is stored: a
 * slow hash makes guessing dearer, and nobody guesses 256 random bits.
 *
 * @param id the part by which the key is looked up; not secret
 * @param text what the caller sends; never stored or logged
 */
public record KeyText(String id, String text) {
    private static final int ID_LENGTH = 12;
    private static final int SECRET_BYTES = 32;
    private static final String ID_CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz";
    private static final Pattern COMPLETE =
            Pattern.compile(ApiKeyVerifier.START + "([0-9a-z]{" + ID_LENGTH + "})[A-Za-z0-9_-]{43}");

    /** A new key. */
    public static KeyText random() {
        var random = new SecureRandom();
        var id = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_CHARACTERS.charAt(random.nextInt(ID_CHARACTERS.length())));
        }
        var secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return new KeyText(
                id.toString(),
                ApiKeyVerifier.START
                        + id
                        + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    static boolean isComplete(String text) {
        return COMPLETE.matcher(text).matches();
    }

    static boolean isId(String id) {
        return id.length() == ID_LENGTH && id.chars().allMatch(c -> ID_CHARACTERS.indexOf(c) >= 0);
    }

    /** The key with this text, which is complete. */
    static KeyText of(String text) {
        int start = ApiKeyVerifier.START.length();
        return new KeyText(text.substring(start, start + ID_LENGTH), text);
    }

    /** What is stored of it: 32 bytes. */
    public byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The id only: the text is secret. */
    @Override
    public String toString() {
        return ApiKeyVerifier.START + id;
    }
}
