package downsampling.processor.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import downsampling.processor.audit.Account.Column;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * An account as it is printed.
 *
 * @param topic the input
 * @param notes what the audit could not see
 */
record AccountReport(String topic, Account account, List<String> notes) {
    private static final JsonFactory JSON = new JsonFactory();

    /** For a person: a row for each partition, then what is wrong. */
    String table() {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        List<Column> columns = Stream.of(Column.values())
                .filter(column -> column != Column.CUT && column != Column.DUPLICATE || account.total(column) > 0)
                .toList();
        int width = Math.max(12, topic.length());
        out.print(pad(topic, -width));
        columns.forEach(column -> out.print(pad(column.title(), 12)));
        out.println();
        account.partitions().forEach(partition -> row(out, "partition " + partition.number, columns, width, partition));
        account.rekeyed().forEach(partition -> row(out, "rekeyed " + partition.number, columns, width, partition));
        out.print(pad("all", -width));
        columns.forEach(column -> out.print(pad(String.format("%,d", account.total(column)), 12)));
        out.println();
        out.println();
        if (hasMore()) {
            int first = Math.max(
                    width,
                    account.books().stream()
                            .mapToInt(book -> book.topic.length())
                            .max()
                            .orElse(0));
            out.println(pad("", -first) + pad("summaries", 12) + pad("revisions", 12));
            account.books()
                    .forEach(book -> out.println(pad(book.topic, -first)
                            + pad(String.format("%,d", book.summaries()), 12)
                            + pad(String.format("%,d", book.revisions()), 12)));
            out.println();
        }
        if (account.silent() + account.back() > 0) {
            out.printf("Sensors were silent %,d times, and back %,d times.%n%n", account.silent(), account.back());
        }
        account.faults().forEach(out::println);
        notes.forEach(note -> out.println("note: " + note));
        out.println(
                account.isBalanced()
                        ? String.format("Every reading is accounted for; %,d summaries, none twice.", summaries())
                        : "NOT every reading is accounted for.");
        return text.toString();
    }

    /** Of the windows that readings are counted in. */
    private long summaries() {
        return account.books().get(0).summaries();
    }

    /** Whether there are other summaries than one for each window. */
    private boolean hasMore() {
        return account.books().size() > 1 || account.books().get(0).revisions() > 0;
    }

    private static void row(
            PrintWriter out, String name, List<Column> columns, int width, Account.Partition partition) {
        out.print(pad(name, -width));
        columns.forEach(column -> out.print(pad(String.format("%,d", partition.get(column)), 12)));
        out.println();
    }

    private static String pad(String text, int width) {
        return String.format("%" + width + "s", text);
    }

    /** For a program. */
    String json() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
            out.writeStartObject();
            out.writeBooleanField("balanced", account.isBalanced());
            out.writeStringField("topic", topic);
            out.writeObjectFieldStart("total");
            row(out, account::total);
            out.writeNumberField("summaries", summaries());
            out.writeEndObject();
            rows(out, "partitions", account.partitions());
            if (!account.rekeyed().isEmpty()) {
                rows(out, "rekeyed", account.rekeyed());
            }
            if (hasMore()) {
                out.writeArrayFieldStart("levels");
                for (Account.Book book : account.books()) {
                    out.writeStartObject();
                    out.writeStringField("topic", book.topic);
                    out.writeNumberField("summaries", book.summaries());
                    out.writeNumberField("revisions", book.revisions());
                    out.writeEndObject();
                }
                out.writeEndArray();
            }
            if (account.silent() + account.back() > 0) {
                out.writeObjectFieldStart("status");
                out.writeNumberField("silent", account.silent());
                out.writeNumberField("back", account.back());
                out.writeEndObject();
            }
            out.writeArrayFieldStart("faults");
            for (Account.Fault fault : account.faults()) {
                out.writeStartObject();
                out.writeStringField("kind", fault.kind().title());
                out.writeStringField("where", fault.where());
                out.writeStringField("expected", fault.expected());
                out.writeStringField("found", fault.found());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeArrayFieldStart("notes");
            for (String note : notes) {
                out.writeString(note);
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        return text + System.lineSeparator();
    }

    private static void rows(JsonGenerator out, String name, List<Account.Partition> partitions) throws IOException {
        out.writeArrayFieldStart(name);
        for (Account.Partition partition : partitions) {
            out.writeStartObject();
            out.writeNumberField("partition", partition.number);
            row(out, partition::get);
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void row(JsonGenerator out, Function<Column, Long> row) throws IOException {
        for (Column column : Column.values()) {
            out.writeNumberField(column == Column.NOT_YET ? "notYet" : column.title(), row.apply(column));
        }
    }
}
