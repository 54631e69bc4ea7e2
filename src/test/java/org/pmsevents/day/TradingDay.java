package org.pmsevents.day;

import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The invoice lines of a day as a shop wrote them down, dirt included, parted into those that move goods and those that don't. */
final class TradingDay {
    /** What the shop booked under a code although it lies on no shelf. */
    private static final Set<String> NO_GOODS =
            Set.of("POST", "DOT", "C2", "D", "M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK");

    private static final CsvSchema WITH_HEADER = CsvSchema.emptySchema().withHeader();

    private final List<InvoiceLine> lines = new ArrayList<>();
    private final Map<Refusal, List<Integer>> refused = new EnumMap<>(Refusal.class);
    private final Map<String, Goods> goods = new LinkedHashMap<>();

    private TradingDay() {}

    /** @param csv with the header of the Online Retail data set */
    static TradingDay read(Reader csv) throws IOException {
        var day = new TradingDay();
        try (var rows =
                new CsvMapper().readerForMapOf(String.class).with(WITH_HEADER).<Map<String, String>>readValues(csv)) {
            for (int number = 2; rows.hasNextValue(); number++) {
                day.take(number, rows.nextValue());
            }
        }
        return day;
    }

    /** Its beginning, up to so many of the lines that move goods. */
    TradingDay first(int count) {
        var part = new TradingDay();
        lines.stream().limit(count).forEach(part::take);
        return part;
    }

    private void take(int number, Map<String, String> row) {
        var sku = row.get("StockCode").strip();
        var quantity = quantity(row.get("Quantity"));
        var price = price(row.get("UnitPrice"));
        if (sku.isEmpty()) {
            refuse(Refusal.NO_CODE, number);
        } else if (NO_GOODS.contains(sku)) {
            refuse(Refusal.NO_GOODS, number);
        } else if (quantity == 0) {
            refuse(Refusal.NO_QUANTITY, number);
        } else if (price.signum() <= 0) {
            refuse(Refusal.NO_PRICE, number);
        } else {
            take(new InvoiceLine(
                    number, row.get("InvoiceNo"), sku, row.get("Description").strip(), quantity, price));
        }
    }

    private void refuse(Refusal why, int number) {
        refused.computeIfAbsent(why, key -> new ArrayList<>()).add(number);
    }

    private void take(InvoiceLine line) {
        lines.add(line);
        goods.merge(line.sku(), first(line), TradingDay::named);
    }

    /** Without a description the code is the name: a sale must not fail for it, and the product can be renamed. */
    private static Goods first(InvoiceLine line) {
        var name = line.description().isEmpty() ? line.sku() : line.description();
        return new Goods(line.sku(), name, line.price());
    }

    /** The price of the first sight, and the first name that is more than the code. */
    private static Goods named(Goods known, Goods seen) {
        return known.name().equals(known.sku()) ? new Goods(known.sku(), seen.name(), known.price()) : known;
    }

    private static int quantity(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static BigDecimal price(String text) {
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException e) {
            return BigDecimal.ZERO;
        }
    }

    /** How many lines the file has, without its header. */
    int read() {
        return lines.size() + refused.values().stream().mapToInt(List::size).sum();
    }

    /** The lines that move goods, in the order of the file. */
    List<InvoiceLine> lines() {
        return lines;
    }

    /** The numbers of the lines that are not sent. */
    List<Integer> refused(Refusal why) {
        return refused.getOrDefault(why, List.of());
    }

    /** One for each code, in the order of their first sight; {@code 85123A} and {@code 85123a} are two. */
    Collection<Goods> goods() {
        return goods.values();
    }
}
