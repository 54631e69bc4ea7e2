package org.pmsevents.transfer.file;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.pmsevents.Pure;

/** Whatever is written as CSV is read as it was, in pieces of any size; what is no CSV is cut as the library cuts it. */
@Pure
class CsvRoundTripTest {
    @Provide
    Arbitrary<List<List<String>>> rows() {
        return texts("ab,;\"'\n\r\t =€ä").list().ofSize(3).list().ofMinSize(1).ofMaxSize(8);
    }

    /** Without CR: the library loses a record whose last field ends with a quoted CR and whose line ends with LF. */
    @Provide
    Arbitrary<String> files() {
        return texts("ab,\"\n");
    }

    private static Arbitrary<String> texts(String letters) {
        return Arbitraries.strings().withChars(letters.toCharArray()).ofMaxLength(12);
    }

    @Property(tries = 500)
    void whatIsWrittenIsRead(
            @ForAll("rows") List<List<String>> rows,
            @ForAll @IntRange(min = 1, max = 9) int pieces,
            @ForAll LineDelimiter end)
            throws IOException {
        var text = new StringWriter();
        var writer = CsvWriter.builder().fieldSeparator(';').lineDelimiter(end).build(text);
        rows.forEach(row -> writer.writeRecord(row));
        writer.close();
        var read = cut(text.toString(), ';', pieces).stream()
                .map(record -> Columns.split(record.text(), ';'))
                .toList();
        assertThat(read).isEqualTo(rows);
    }

    @Property(tries = 500)
    void recordsEndWhereTheLibraryEndsThem(
            @ForAll("files") String file, @ForAll @IntRange(min = 1, max = 9) int pieces) {
        var records = cut(file, ',', pieces);
        if (records.stream().anyMatch(record -> record.fault() != null)) {
            return;
        }
        var expected = new ArrayList<List<String>>();
        CsvReader.builder()
                .skipEmptyLines(false)
                .allowMissingFields(true)
                .allowExtraFields(true)
                .ofCsvRecord(file)
                .forEach(record -> expected.add(record.getFields()));
        assertThat(records.stream()
                        .map(record -> Columns.split(record.text(), ','))
                        .toList())
                .isEqualTo(expected);
    }

    private static List<RawRecord> cut(String file, char separator, int pieces) {
        var bytes = file.getBytes(StandardCharsets.UTF_8);
        var records = new ArrayList<RawRecord>();
        var splitter = RecordSplitter.csv(separator, 0, 1);
        for (int from = 0; from <= bytes.length; from += pieces) {
            splitter.feed(Arrays.copyOfRange(bytes, from, Math.min(from + pieces, bytes.length)));
            if (from + pieces > bytes.length) {
                splitter.end();
            }
            for (var record = splitter.next(); record != null; record = splitter.next()) {
                records.add(record);
            }
        }
        return records;
    }
}
