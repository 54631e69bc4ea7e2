package org.pmsevents.product.price;

import java.util.Arrays;
import java.util.Currency;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The currencies in which something can have a price: those of ISO 4217 that are the money of a country today, by the tables of the JDK.
 * Codes for metals, tests, funds and no currency are none, nor is money that is no longer in use.
 */
public final class Currencies {
    /** What a code must be, as text. */
    public static final String RULE = "Must be the ISO 4217 code of money that is in use today, such as EUR.";

    /** The digits after the point that ISO 4217 gives each currency. */
    private static final Map<String, Integer> DIGITS = Arrays.stream(Locale.getISOCountries())
            .map(Currencies::of)
            .filter(Objects::nonNull)
            .distinct()
            .filter(currency -> currency.getDefaultFractionDigits() >= 0)
            .collect(Collectors.toUnmodifiableMap(Currency::getCurrencyCode, Currency::getDefaultFractionDigits));

    private Currencies() {}

    /** How many digits after the point an amount may have; empty if this is no currency for prices. */
    public static OptionalInt digits(String code) {
        var digits = DIGITS.get(code);
        return digits == null ? OptionalInt.empty() : OptionalInt.of(digits);
    }

    /** What an amount must be, as text. */
    public static String precision(String code, int digits) {
        return digits == 0
                ? "An amount of " + code + " has no digits after the point."
                : "An amount of " + code + " has at most " + digits + " digits after the point.";
    }

    private static @Nullable Currency of(String country) {
        return Currency.getInstance(new Locale("", country));
    }
}
