package org.pmsevents.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The source text of the service, as far as documentation has to agree with it: which calls it makes with which texts. */
final class SourceText {
    static final Path MAIN = Path.of("src", "main", "java");

    private static final Pattern COMMENT = Pattern.compile("^\\s*/\\*.*?\\*/|^\\s*//.*?$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern TYPE_ARGUMENTS = Pattern.compile("(?<=\\w)<[\\w, ?.]*>");
    private static final Pattern CALL = Pattern.compile("(?:(\\w+)\\.|([.)]))?\\b(\\w+)\\(");
    private static final Pattern CONSTANT =
            Pattern.compile("static final String ([A-Z_]+) = \"([^\"]*)\";");
    private static final Pattern TEXTS = Pattern.compile("\"([^\"]*)\"|\\b(?:([A-Z]\\w+)\\.)?([A-Z][A-Z_]+)\\b");

    /** By class. */
    private final Map<String, String> files = new TreeMap<>();

    private final Map<String, String> constants = new HashMap<>();
    private final List<Call> calls = new ArrayList<>();

    /**
     * A call, or a declaration.
     *
     * @param file the class whose file it stands in
     * @param on what it is called on; empty for a call without that, or on the result of another call
     */
    record Call(String file, String on, String name, List<String> arguments) {
        boolean isOf(String declaredIn, String method, int count) {
            return name.equals(method)
                    && arguments.size() == count
                    && (on.isEmpty()
                            ? file.equals(declaredIn) || method.equals(declaredIn)
                            : on.equals(declaredIn) || Character.isLowerCase(on.charAt(0)));
        }
    }

    /** A parameter of a method or record. */
    record Parameter(String declaredIn, String method, int count, int index) {}

    SourceText() {
        filesUnder(MAIN, ".java").forEach(file -> {
            var name = file.getFileName().toString().replace(".java", "");
            var code = COMMENT.matcher(read(file)).replaceAll("");
            files.put(name, TYPE_ARGUMENTS.matcher(code).replaceAll(""));
        });
        files.forEach((file, text) -> {
            CONSTANT.matcher(text)
                    .results()
                    .forEach(constant -> constants.put(file + "." + constant.group(1), constant.group(2)));
            CALL.matcher(text).results().forEach(call -> {
                var on = call.group(1) == null ? call.group(2) == null ? "" : "result" : call.group(1);
                calls.add(new Call(file, on, call.group(3), arguments(text, call.end())));
            });
        });
    }

    static List<Path> filesUnder(Path folder, String ending) {
        try (var found = Files.walk(folder)) {
            return found.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Splits what is in parentheses by its commas; a comma in a text or in inner parentheses is none. */
    private static List<String> arguments(String text, int start) {
        var arguments = new ArrayList<String>();
        int depth = 0;
        int from = start;
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\'') {
                i = endOfText(text, i);
            } else if (c == '(' || c == '{' || c == '[') {
                depth++;
            } else if (depth > 0 && (c == ')' || c == '}' || c == ']')) {
                depth--;
            } else if (depth == 0 && (c == ',' || c == ')')) {
                arguments.add(text.substring(from, i).strip());
                from = i + 1;
                if (c == ')') {
                    break;
                }
            }
        }
        return List.copyOf(arguments);
    }

    private static int endOfText(String text, int start) {
        var quote = text.startsWith("\"\"\"", start) ? "\"\"\"" : text.substring(start, start + 1);
        int end = start + quote.length();
        while (!text.startsWith(quote, end)) {
            end += text.charAt(end) == '\\' ? 2 : 1;
        }
        return end + quote.length() - 1;
    }

    /** The text of a class's file, without comments and type arguments. */
    String of(String file) {
        return files.getOrDefault(file, "");
    }

    List<Call> calls(Predicate<Call> which) {
        return calls.stream().filter(which).toList();
    }

    /** Every parameter that is declared so, such as {@code String code}. */
    List<Parameter> parameters(String declaration) {
        var found = new ArrayList<Parameter>();
        for (var each : calls) {
            for (int i = 0; i < each.arguments().size(); i++) {
                if (each.arguments().get(i).replaceFirst("^@\\w+ ", "").equals(declaration)) {
                    found.add(new Parameter(each.file(), each.name(), each.arguments().size(), i));
                }
            }
        }
        return found;
    }

    /** The calls that give a parameter a value. */
    List<Call> callsWith(Parameter parameter) {
        return calls(call -> call.isOf(parameter.declaredIn(), parameter.method(), parameter.count()));
    }

    private static String withoutCalls(String expression) {
        var inner = expression.replaceAll("\\([^()]*\\)", "");
        return inner.equals(expression) ? expression : withoutCalls(inner);
    }

    /** The texts that an argument can be, as far as they are written there or are constants; none for a variable. */
    Set<String> texts(Call call, int argument) {
        var found = new LinkedHashSet<String>();
        TEXTS.matcher(withoutCalls(call.arguments().get(argument))).results().forEach(text -> {
            if (text.group(1) != null) {
                found.add(text.group(1));
            } else {
                var file = text.group(2) == null ? call.file() : text.group(2);
                var constant = constants.get(file + "." + text.group(3));
                if (constant != null) {
                    found.add(constant);
                }
            }
        });
        return found;
    }
}
