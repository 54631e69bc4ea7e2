package org.pmsevents.transfer.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;

/** Files as people send them: each value is what was meant, or refused with its line, its column and what to do. */
@Pure
class DirtyFilesTest {
    private static final String HEADER = "sku,name,price,currency\n";

    private static FileReading.Read read(String file, ImportOptions options) {
        FileReading.Read read = null;
        for (int pieces : new int[] {1, 7, 1 << 20}) {
            var next = FileReading.read(file.getBytes(StandardCharsets.UTF_8), null, pieces, options);
            if (read != null) {
                assertThat(shown(next)).as("in pieces of %d", pieces).isEqualTo(shown(read));
            }
            read = next;
        }
        return java.util.Objects.requireNonNull(read);
    }

    private static List<String> shown(FileReading.Read read) {
        return read.lines().stream()
                .map(line -> line.number() + ": " + line.tree() + line.fault() + line.raw())
                .toList();
    }

    private static FileReading.Read read(String file) {
        return read(file, FileReading.products());
    }

    private static ObjectNode only(FileReading.Read read) {
        var line = read.only();
        assertThat(line.fault()).isNull();
        return java.util.Objects.requireNonNull(line.tree());
    }

    private static AppException refusal(byte[] file, @Nullable String charset, ImportOptions options) {
        return catchThrowableOfType(AppException.class, () -> FileReading.read(file, charset, 5, options));
    }

    private static AppException refusal(String file) {
        return refusal(file.getBytes(StandardCharsets.UTF_8), null, FileReading.products());
    }

    /** All say the same product. */
    static Stream<Arguments> sameProduct() {
        return Stream.of(
                arguments("plain", HEADER + "A-1,Tea,1.50,EUR\n"),
                arguments("no line break at the end", HEADER + "A-1,Tea,1.50,EUR"),
                arguments("byte order mark", "\uFEFF" + HEADER + "A-1,Tea,1.50,EUR\n"),
                arguments("CRLF", "sku,name,price,currency\r\nA-1,Tea,1.50,EUR\r\n"),
                arguments("CR", "sku,name,price,currency\rA-1,Tea,1.50,EUR\r"),
                arguments("semicolons", "sku;name;price;currency\nA-1;Tea;1.50;EUR\n"),
                arguments("tabs", "sku\tname\tprice\tcurrency\nA-1\tTea\t1.50\tEUR\n"),
                arguments("bars", "sku|name|price|currency\nA-1|Tea|1.50|EUR\n"),
                arguments(
                        "quotes everywhere",
                        "\"sku\",\"name\",\"price\",\"currency\"\n\"A-1\",\"Tea\",\"1.50\",\"EUR\"\n"),
                arguments("another order", "price,currency,sku,name\n1.50,EUR,A-1,Tea\n"),
                arguments("capitals and spaces", " SKU , Name ,PRICE,Currency\nA-1,Tea, 1.50 ,EUR\n"),
                arguments("names of the API", "sku,name,price.amount,price.currency\nA-1,Tea,1.50,EUR\n"),
                arguments("empty lines", "\n\n" + HEADER + "\n  \n,,,\nA-1,Tea,1.50,EUR\n\n"),
                arguments("empty fields at the end", HEADER + "A-1,Tea,1.50,EUR,,,\n"),
                arguments(
                        "what was refused before",
                        "sku,name,price,currency,import.line,import.column,import.code,import.detail\nA-1,Tea,1.50,EUR,7,price,number,\"x, y\"\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sameProduct")
    void aFileSaysWhatItSays(String what, String file) {
        var product = only(read(file));
        assertThat(product.toString())
                .as(what)
                .isEqualTo("{\"sku\":\"A-1\",\"name\":\"Tea\",\"price\":{\"amount\":1.50,\"currency\":\"EUR\"}}");
    }

    @Test
    void aHeaderInAnotherLanguageIsMapped() {
        var product = only(read(
                "Artikel;Bezeichnung;Preis;Lagerplatz;Farbe\nA-1;Tea;1.50;R7;red\n",
                new ImportOptions(
                        ImportKind.PRODUCTS,
                        false,
                        false,
                        false,
                        NumberText.PLAIN,
                        "EUR",
                        FileReading.products(
                                        "artikel:sku",
                                        "BEZEICHNUNG:name",
                                        "Preis:price",
                                        "Lagerplatz:-",
                                        "Farbe:attributes.color")
                                .map())));
        assertThat(product.toString())
                .isEqualTo("{\"sku\":\"A-1\",\"name\":\"Tea\",\"price\":{\"amount\":1.50,\"currency\":\"EUR\"},"
                        + "\"attributes\":{\"color\":\"red\"}}");
    }

    @Test
    void quotesAndLineBreaksWithinFieldsAreText() {
        var read = read(HEADER + "A-1,\"5\"\" pipe,\r\nlong\",1,EUR\nA-2,5\" pipe,1,EUR\n");
        assertThat(read.lines()).extracting(Line::number).containsExactly(2L, 4L);
        assertThat(read.lines())
                .extracting(line -> line.tree().get("name").asText())
                .containsExactly("5\" pipe,\r\nlong", "5\" pipe");
    }

    /** Text of a price, how it is to be read, and the price; null if it is refused. */
    static Stream<Arguments> numbers() {
        return Stream.of(
                arguments("12", "PLAIN", "12"),
                arguments("12.50", "PLAIN", "12.50"),
                arguments("+1", "PLAIN", "1"),
                arguments("1.2E+3", "PLAIN", "1200"),
                arguments("1,5", "PLAIN", null),
                arguments("1.234,56", "PLAIN", null),
                arguments("1,234.56", "PLAIN", null),
                arguments("1 234", "PLAIN", null),
                arguments("1.", "PLAIN", null),
                arguments(".5", "PLAIN", null),
                arguments("0x10", "PLAIN", null),
                arguments("NaN", "PLAIN", null),
                arguments("1e999999999", "PLAIN", null),
                arguments("€5", "PLAIN", null),
                arguments("\u0661", "PLAIN", null),
                arguments("1.234,56", "COMMA", "1234.56"),
                arguments("1.234", "COMMA", "1234"),
                arguments("1.234.567,8", "COMMA", "1234567.8"),
                arguments("1\u00A0234,5", "COMMA", "1234.5"),
                arguments("1'234,5", "COMMA", "1234.5"),
                arguments("12,50", "COMMA", "12.50"),
                arguments("12.50", "COMMA", null),
                arguments("1.23.456", "COMMA", null),
                arguments("1.234'567", "COMMA", null),
                arguments("1,234,56", "COMMA", null),
                arguments("1,234.56", "POINT", "1234.56"),
                arguments("1,5", "POINT", null),
                arguments("1.234,56", "POINT", null));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void aNumberIsReadAsSaidOrRefused(String text, String numbers, @Nullable String expected) {
        var line = read(
                        HEADER.replace(',', ';') + "A-1;Tea;" + text + ";EUR\n",
                        FileReading.options(ImportKind.PRODUCTS, NumberText.valueOf(numbers)))
                .only();
        if (expected == null) {
            assertThat(line.tree()).isNull();
            assertThat(line.fault()).extracting(Fault::column, Fault::code).containsExactly("price", "number");
        } else {
            assertThat(line.tree().at("/price/amount").decimalValue()).isEqualByComparingTo(expected);
        }
    }

    @Test
    void whoWritesCommasIsToldHowToSayIt() {
        var fault =
                read("sku;name;price;currency\nA-1;Tea;1.234,56;EUR\n").only().fault();
        assertThat(fault.detail()).contains("decimal=comma").contains("decimal=point");
    }

    /** A file with one bad record between two good ones, with the code, the column and the line of what is refused. */
    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("A,Tea,1", "too-few-fields", "currency"),
                arguments("A,Tea,1,EUR,7", "too-many-fields", null),
                arguments("A,\"Tea\" x,1,EUR", "text-after-quote", null),
                arguments("A,\"Tea\nB,\"bar\",1,EUR", "text-after-quote", null),
                arguments("A,T\0a,1,EUR", "invalid-text", "name"),
                arguments("1.23457E+12,Tea,1,EUR", "shortened-number", "sku"),
                arguments("A,Te" + "\u0301".repeat(70) + ",1,EUR", "invalid-text", "name"),
                arguments("A," + "x".repeat(RecordSplitter.LONGEST) + ",1,EUR", "line-too-long", null),
                arguments("A,\"" + "x\n".repeat(RecordSplitter.LONGEST) + "\",1,EUR", "line-too-long", null));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void aBadLineIsRefusedAloneByLineAndColumn(String bad, String code, @Nullable String column) {
        var file = HEADER + "G-1,Good,1,EUR\n" + bad + "\nG-2,Good,1,EUR\n";
        var lines = FileReading.read(file.getBytes(StandardCharsets.UTF_8), null, 64 * 1024, FileReading.products())
                .lines();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1).number()).isEqualTo(3);
        assertThat(lines.get(1).fault()).extracting(Fault::column, Fault::code).containsExactly(column, code);
        assertThat(lines.get(2).tree().get("sku").asText()).isEqualTo("G-2");
        assertThat(lines.get(2).number()).isEqualTo(4 + bad.lines().count() - 1);
        assertThat(lines.get(1).raw().length()).isLessThanOrEqualTo(Math.max(1_000, Math.min(bad.length(), 2_000)));
    }

    @Test
    void aQuoteThatIsNeverClosedIsToldByItsLine() {
        var lines = read(HEADER + "A,Tea,1,EUR\nB,\"Tea,1,EUR\nC,Tea,1,EUR\n").lines();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(1).number()).isEqualTo(3);
        assertThat(lines.get(1).fault().code()).isEqualTo("unclosed-quote");
        assertThat(lines.get(1).fault().detail()).contains("line 3");
    }

    @Test
    void aLineOfManyMegabytesTakesNoMoreMemoryThanALongOne() {
        var splitter = RecordSplitter.csv(',', 0, 1);
        var piece = "x".repeat(256 * 1024).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 1_200; i++) {
            splitter.feed(piece);
            assertThat(splitter.next()).isNull();
            assertThat(splitter.held()).isLessThan(4 * RecordSplitter.LONGEST);
        }
        splitter.feed("\nB".getBytes(StandardCharsets.UTF_8));
        splitter.end();
        var record = splitter.next();
        assertThat(record.fault().code()).isEqualTo("line-too-long");
        assertThat(record.end()).isEqualTo(1_200L * piece.length + 1);
        assertThat(splitter.next().text()).isEqualTo("B");
        assertThat(splitter.next()).isNull();
    }

    static Stream<Arguments> headers() {
        return Stream.of(
                arguments("", "empty"),
                arguments("\n\n", "empty"),
                arguments("A-1,Tea,1,EUR\n", "map=Artikel:sku"),
                arguments("sku\nA-1\n", "name, price, currency"),
                arguments("sku,name,price,currency,colour\n", "\"colour\""),
                arguments("sku,name,price,currency,sku\n", "both sku"),
                arguments("sku,\"name,price,currency\nA,B,C,D\n", "quote"),
                arguments("sku,name,price\n", "currency=EUR"));
    }

    @ParameterizedTest
    @MethodSource("headers")
    void aFirstLineThatCantBeUsedIsRefusedWithWhatToDo(String file, String told) {
        var refusal = refusal(file);
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.code()).isEqualTo("import-header");
        assertThat(refusal.detail()).contains(told);
    }

    @Test
    void aMapThatLeadsNowhereIsRefused() {
        var file = HEADER.getBytes(StandardCharsets.UTF_8);
        assertThat(refusal(file, null, FileReading.products("Nmae:name")).detail())
                .contains("nmae");
        assertThat(refusal(file, null, FileReading.products("name:nmae")).violations())
                .extracting(violation -> violation.pointer())
                .containsExactly("?map");
    }

    @Test
    void whatIsNotKnownIsLeftOutWhereThatIsSaid() {
        assertThat(only(read("sku,name,price,currency,x,y\nA,Tea,1,EUR,2,3\n", FileReading.products("*:-")))
                        .has("x"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ISO-8859-1", "windows-1252", "UTF-16", "UTF-16LE", "UTF-16BE", "utf-8"})
    void theCodingThatIsNamedIsTaken(String coding) {
        var file = (HEADER + "A-1,Käse,1,EUR\n").getBytes(Charset.forName(coding));
        for (int pieces : new int[] {1, 3, 1000}) {
            var read = FileReading.read(file, coding, pieces, FileReading.products());
            assertThat(only(read).get("name").asText()).isEqualTo("Käse");
            assertThat(read.coding()).startsWith(coding.toLowerCase(Locale.ROOT));
        }
    }

    @Test
    void windowsHasTheSignOfTheEuro() {
        var file = (HEADER + "A-1,5 € – „x“,1,EUR\n").getBytes(Charset.forName("windows-1252"));
        assertThat(only(FileReading.read(file, "windows-1252", 4, FileReading.products()))
                        .get("name")
                        .asText())
                .isEqualTo("5 € – „x“");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE"})
    void aByteOrderMarkOfUtf16SaysWhatItIs(String coding) {
        var file = ("\uFEFF" + HEADER + "A-1,Käse,1,EUR\n").getBytes(Charset.forName(coding));
        var read = FileReading.read(file, null, 1, FileReading.products());
        assertThat(only(read).get("name").asText()).isEqualTo("Käse");
        assertThat(read.coding()).isEqualTo(coding.toLowerCase(Locale.ROOT));
    }

    @Test
    void bytesThatAreNotUtf8AreRefusedByTheirPlaceAndNeverGuessed() {
        var file = (HEADER + "A-1,Käse,1,EUR\n").getBytes(StandardCharsets.ISO_8859_1);
        var refusal = refusal(file, null, FileReading.products());
        assertThat(refusal.code()).isEqualTo("import-text");
        assertThat(refusal.detail()).contains("0xE4 in line 2, column 6").contains("charset=windows-1252");
        assertThat(refusal(new byte[] {'a', (byte) 0x81}, "windows-1252", FileReading.products())
                        .detail())
                .contains("line 1, column 2");
        assertThat(refusal(new byte[] {'a', (byte) 0xC3}, null, FileReading.products())
                        .code())
                .isEqualTo("import-text");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"=1+1", "+1", "-1", "@x", "'=x", "''", "'", "\tx", "\rx", "'s-Hertogenbosch", "007", "'007", "x"
            })
    void whatASpreadsheetWouldRunIsGuardedAndComesBack(String text) {
        var guarded = "=+-@\t\r'".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        assertThat(Cells.unguarded(guarded)).isEqualTo(text);
    }

    @Test
    void whatIsWrittenByHandKeepsItsApostropheAndItsZeros() {
        assertThat(only(read(HEADER + "'00123,'s-Hertogenbosch,1,EUR\n")).toString())
                .contains("\"'00123\"")
                .contains("\"'s-Hertogenbosch\"");
    }

    @Test
    void tagsAndAttributesAreJsonOrPlain() {
        var file = "sku,name,price,currency,tags,attributes,attributes.Size\n"
                + "A,Tea,1,EUR,\"[\"\"a|b\"\",\"\"c\"\"]\",\"{\"\"n\"\":1.50}\",XL\n"
                + "B,Tea,1,EUR, a | b ||a,,\n"
                + "C,Tea,1,EUR,[a,{},\n";
        var lines = read(file).lines();
        assertThat(lines.get(0).tree().toString())
                .endsWith("\"tags\":[\"a|b\",\"c\"],\"attributes\":{\"n\":1.50,\"Size\":\"XL\"}}");
        assertThat(lines.get(1).tree().toString()).endsWith("\"tags\":[\"a\",\"b\"],\"attributes\":null}");
        assertThat(lines.get(2).fault())
                .extracting(Fault::column, Fault::code)
                .containsExactly("tags", "malformed-json");
    }

    @Test
    void countsAndThresholdsTakeTheirColumnsOfAnExport() {
        var file = "sku,location,onHand,threshold\nA,main,5,2\n";
        assertThat(only(read(file, FileReading.options(ImportKind.COUNTS, NumberText.PLAIN)))
                        .toString())
                .isEqualTo("{\"sku\":\"A\",\"location\":\"main\",\"onHand\":5}");
        assertThat(only(read(file, FileReading.options(ImportKind.THRESHOLDS, NumberText.PLAIN)))
                        .toString())
                .isEqualTo("{\"sku\":\"A\",\"location\":\"main\",\"threshold\":2}");
    }

    @Test
    void linesOfJsonAreReadStrictly() {
        var options =
                new ImportOptions(ImportKind.COUNTS, false, true, false, NumberText.PLAIN, null, java.util.Map.of());
        var lines = read(
                        "{\"sku\":\"A\",\"onHand\":1,\"import\":{\"line\":3}}\r\n\n[1]\n{\"sku\":\"A\",\"sku\":\"B\"}\n{\"a\n",
                        options)
                .lines();
        assertThat(lines.get(0).tree().toString()).isEqualTo("{\"sku\":\"A\",\"onHand\":1}");
        assertThat(lines)
                .extracting(line -> line.number() + " "
                        + (line.fault() == null ? "" : line.fault().code()))
                .containsExactly("1 ", "3 type", "4 duplicate-key", "5 malformed-json");
    }

    @Test
    void anExportOfShopifyIsTakenAsItIs() {
        var file = """
                Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,Status
                shirt,Shirt,"<p>Soft, ""really""
                </p>",Acme,Shirts,"summer, cotton",TRUE,Color,Red,Size,S,SH-R-S,200,4,19.90,https://x/1.png,active
                shirt,,,,,,,,Red,,M,SH-R-M,200,0,19.90,https://x/2.png,
                shirt,,,,,,,,Blue,,M,,200,0,19.90,,
                shirt,,,,,,,,,,,,,,,https://x/3.png,
                mug,Mug,,,,,TRUE,Title,Default Title,,,MUG,,3,8,,draft
                """;
        var options =
                new ImportOptions(ImportKind.PRODUCTS, false, false, true, NumberText.PLAIN, "EUR", java.util.Map.of());
        var lines = read(file, options).lines();
        assertThat(lines).extracting(Line::number).containsExactly(2L, 4L, 5L, 7L);
        assertThat(lines.get(1).tree().toString())
                .isEqualTo(
                        "{\"sku\":\"SH-R-M\",\"name\":\"Shirt - Red / M\",\"description\":\"<p>Soft, \\\"really\\\"\\n</p>\","
                                + "\"price\":{\"amount\":19.90,\"currency\":\"EUR\"},\"tags\":[\"summer\",\"cotton\"],"
                                + "\"attributes\":{\"handle\":\"shirt\",\"vendor\":\"Acme\",\"type\":\"Shirts\",\"image\":\"https://x/1.png\","
                                + "\"options\":{\"Color\":\"Red\",\"Size\":\"M\"}},\"status\":\"published\"}");
        assertThat(lines.get(2).tree().has("sku")).isFalse();
        assertThat(lines.get(3).tree().get("name").asText()).isEqualTo("Mug");
        var counts =
                new ImportOptions(ImportKind.COUNTS, false, false, true, NumberText.PLAIN, null, java.util.Map.of());
        assertThat(read(file, counts).lines().get(0).tree().toString()).isEqualTo("{\"sku\":\"SH-R-S\",\"onHand\":4}");
    }

    @Test
    void theFileOfTheGuideIsRead() throws java.io.IOException {
        var file = java.nio.file.Files.readAllBytes(java.nio.file.Path.of("src/test/resources/import/products.csv"));
        var map = FileReading.products("StockCode:sku", "Description:name", "UnitPrice:price")
                .map();
        var read = FileReading.read(
                file,
                null,
                64 * 1024,
                new ImportOptions(ImportKind.PRODUCTS, false, false, false, NumberText.PLAIN, "GBP", map));
        assertThat(read.lines()).hasSize(200).allMatch(line -> line.fault() == null);
        assertThat(read.lines().get(0).tree().toString())
                .isEqualTo("{\"sku\":\"85123A\",\"name\":\"WHITE HANGING HEART T-LIGHT HOLDER\","
                        + "\"price\":{\"amount\":2.55,\"currency\":\"GBP\"}}");
    }
}
