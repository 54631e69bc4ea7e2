package org.pmsevents.app;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.apikey.ApiKeyRules;
import org.pmsevents.apikey.KeyText;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.tracing.TraceId;

/**
 * The command {@code create-key}: makes an API key and prints it, for whoever has no key or token yet to make one over HTTP. It migrates
 * the database first, as {@code migrate} does.
 */
final class CreateKeyCommand {
    static final String NAME = "create-key";
    static final String USAGE = NAME + " --name first --roles admin";

    private CreateKeyCommand() {}

    /**
     * A valid command.
     *
     * @param roles at least one
     */
    record Wanted(String name, List<String> roles) {}

    /** The command after its name; throws {@link IllegalArgumentException} with a sentence if it can't be understood. */
    static Wanted parse(List<String> arguments) {
        @Nullable String name = null;
        @Nullable String roles = null;
        var words = new ArrayList<String>();
        arguments.forEach(argument ->
                words.addAll(argument.startsWith("--") ? List.of(argument.split("=", 2)) : List.of(argument)));
        for (int i = 0; i < words.size(); i += 2) {
            var value = i + 1 < words.size() ? words.get(i + 1) : "";
            switch (words.get(i)) {
                case "--name" -> name = value;
                case "--roles" -> roles = value;
                default ->
                    throw new IllegalArgumentException(
                            NAME + " has no option " + words.get(i) + ". Use it as in: " + USAGE);
            }
        }
        if (name == null || !ApiKeyRules.isName(name)) {
            throw new IllegalArgumentException(
                    "--name must be " + ApiKeyRules.NAME_RULE + ". Use " + NAME + " as in: " + USAGE);
        }
        var given = roles == null ? List.<String>of() : List.of(roles.split(","));
        if (given.isEmpty() || !Roles.all().containsAll(given)) {
            throw new IllegalArgumentException("--roles must be one or several of " + String.join(", ", Roles.all())
                    + ", separated by commas. Use " + NAME + " as in: " + USAGE);
        }
        return new Wanted(name, given.stream().distinct().toList());
    }

    /** Exits with 0 and the key as the last line of the output, or with 1 and one line that gives the reason. */
    static void run(Wanted wanted) {
        var key = KeyText.random();
        // what is logged is not mixed with the key, so that a script can read it
        System.setProperty("quarkus.log.console.stderr", "true");
        // afterMigrate__create_key.sql asks for it; there is neither a space nor a quote in any of these
        MigrateCommand.run(
                "SET pms_events.create_key = '"
                        + String.join(
                                " ",
                                key.id(),
                                wanted.name(),
                                HexFormat.of().formatHex(key.hash()),
                                String.join(",", wanted.roles()),
                                TraceId.random())
                        + "'",
                () -> {
                    System.err.println("The key " + wanted.name() + " (id " + key.id()
                            + ") is made. It is shown this once; whoever has it has its roles: "
                            + String.join(", ", wanted.roles()) + ".");
                    System.out.println(key.text());
                });
    }
}
